// What a bootstrap is built from: addresses already resolved, files already read.

import type { JsonObject } from '../../lib/json-value.ts'
import type { AccessLogs } from '../model/proxy-config.ts'

export interface IpAddress {
  readonly address: string
  readonly port: number
}

export interface BootstrapInput {
  readonly proxyId: string
  /** Envoy's `node.cluster`: the service a sidecar stands before, or the gateway's own. */
  readonly cluster: string
  /** The service that the tag `consul.source.service` names; empty leaves the tag out. */
  readonly sourceService: string
  /** The catalog node of a proxy that no local agent registered. */
  readonly nodeName?: string
  readonly namespace: string
  readonly partition: string
  readonly datacenter: string
  readonly token: string
  readonly admin: IpAddress & { readonly accessLogPath: string }
  readonly accessLogs?: AccessLogs
  readonly grpc: {
    readonly target: IpAddress | { readonly socketPath: string }
    /** PEM of the authorities to trust; present exactly when the stream is to use TLS. */
    readonly caPem?: string
  }
  /** The merged `Proxy.Config` of the registration. */
  readonly config: JsonObject
  /** Environment variables that statistics addresses may refer to. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly omitDeprecatedTags: boolean
  readonly prometheus: {
    /** A local port that serves merged metrics instead of Envoy's own. */
    readonly backendPort?: number
    readonly scrapePath: string
    readonly tls?: PrometheusTls
  }
  /** Where to serve `/ready`, if anywhere; wins over the settings in `config`. */
  readonly ready?: IpAddress
  /** The Unix socket of the telemetry collector listener, when one is configured. */
  readonly telemetryCollectorSocket?: string
}

export interface PrometheusTls {
  readonly certFile: string
  readonly keyFile: string
  /** A file, or the PEM text of several. */
  readonly ca: { readonly file: string } | { readonly pem: string }
}
