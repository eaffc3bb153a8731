// Gathers what Envoy's bootstrap is built from: flags, environment, the proxy's registration and the agent's own answer.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { BootstrapInput, IpAddress, PrometheusTls } from '../../../../core/bootstrap/bootstrap-input.ts'
import { Fault } from '../../../../core/model/fault.ts'
import { accessLogs } from '../../../../core/model/proxy-config.ts'
import type { FlagValues } from '../../../../lib/go-flags.ts'
import type { JsonObject } from '../../../../lib/json-value.ts'
import { decode } from '../../../../lib/schema.ts'
import type { ClientOptions } from '../../../../rim/client/client-options.ts'
import { readCertificates } from '../../../../rim/client/client-options.ts'
import { type Fields, fields, text } from '../../../answer.ts'
import type { envoyFlags } from './envoy-flags.ts'
import { grpcTarget } from './grpc-target.ts'
import { type Lookup, resolveHost } from './resolve-host.ts'

const COLLECTOR_KEY = 'envoy_telemetry_collector_bind_socket_dir'
const INGRESS_READY_PORT = 8443

export type EnvoyFlagValues = FlagValues<typeof envoyFlags>

export interface ParamSources {
  readonly flags: EnvoyFlagValues
  readonly env: Readonly<Record<string, string | undefined>>
  readonly client: ClientOptions
  readonly lookup: Lookup
  /** The proxy's registration, merged with central configuration unless that was refused. */
  readonly service: Fields
  /** The agent's answer about itself. */
  readonly self: Fields
}

/** The input of the bootstrap builder. Throws Fault('invalid') for flags that do not fit together. */
export async function bootstrapParams(sources: ParamSources): Promise<BootstrapInput> {
  const { flags, env, client, lookup, service, self } = sources
  const proxy = fields(service.Proxy)
  const proxyId = text(service.ID)
  const name = text(proxy.DestinationServiceName) || text(service.Service)
  const config = fields(proxy.Config) as JsonObject
  const namespace = text(service.Namespace) || client.query.ns || 'default'
  const ready = readyAddress(flags, service)
  const logs = decode(accessLogs, proxy.AccessLogs ?? {}, { weak: true })
  const socketDirectory = text(config[COLLECTOR_KEY])
  return {
    proxyId,
    cluster: name || proxyId,
    sourceService: name,
    ...(flags['node-name'] === '' ? {} : { nodeName: flags['node-name'] }),
    namespace,
    partition: text(service.Partition) || client.query.partition || 'default',
    datacenter: text(fields(self.Config).Datacenter) || text(service.Datacenter),
    token: client.token,
    admin: { ...(await adminAddress(flags['admin-bind'], lookup)), accessLogPath: flags['admin-access-log-path'] },
    ...(logs.ok ? { accessLogs: logs.value } : {}),
    grpc: await grpcTarget(flags, { env, client, self, lookup }),
    config,
    env,
    omitDeprecatedTags: flags['omit-deprecated-tags'],
    prometheus: prometheus(flags),
    ...(ready === undefined ? {} : { ready }),
    ...(socketDirectory === ''
      ? {}
      : { telemetryCollectorSocket: collectorSocket(socketDirectory, namespace, proxyId) }),
  }
}

async function adminAddress(written: string, lookup: Lookup): Promise<IpAddress> {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(written)
  const port = Number(match?.[3])
  if (!match || port > 65535)
    throw new Fault('invalid', `-admin-bind ${JSON.stringify(written)}: expected address:port`)
  return { address: await resolveHost(match[1] || match[2] || '0.0.0.0', lookup), port }
}

/** Ingress gateways serve /ready always, the others where they are told to. */
function readyAddress(flags: EnvoyFlagValues, service: Fields): IpAddress | undefined {
  const address = flags['envoy-ready-bind-address']
  const port = flags['envoy-ready-bind-port']
  if (service.Kind !== 'ingress-gateway') {
    if ((address === '') !== (port === undefined)) {
      throw new Fault('invalid', '-envoy-ready-bind-address and -envoy-ready-bind-port go together')
    }
    return address === '' || port === undefined ? undefined : { address, port }
  }
  const lan = text(fields(fields(service.TaggedAddresses).lan).Address) || text(service.Address) || '127.0.0.1'
  return { address: address || lan, port: port ?? INGRESS_READY_PORT }
}

function prometheus(flags: EnvoyFlagValues): BootstrapInput['prometheus'] {
  const backendPort = flags['prometheus-backend-port']
  const scrapePath = flags['prometheus-scrape-path']
  if (!scrapePath.startsWith('/'))
    throw new Fault('invalid', `-prometheus-scrape-path ${scrapePath}: must start with /`)
  const tls = prometheusTls(flags)
  return { scrapePath, ...(backendPort === undefined ? {} : { backendPort }), ...(tls === undefined ? {} : { tls }) }
}

function prometheusTls(flags: EnvoyFlagValues): PrometheusTls | undefined {
  const certFile = flags['prometheus-cert-file']
  const keyFile = flags['prometheus-key-file']
  const caFile = flags['prometheus-ca-file']
  const caPath = flags['prometheus-ca-path']
  if (certFile === '' && keyFile === '' && caFile === '' && caPath === '') return undefined
  if (certFile === '' || keyFile === '' || (caFile === '') === (caPath === '')) {
    const all = '-prometheus-cert-file, -prometheus-key-file and one of -prometheus-ca-file and -prometheus-ca-path'
    throw new Fault('invalid', `TLS of the metrics listener needs ${all}`)
  }
  const ca = caFile === '' ? { pem: readCertificates('', caPath).join('\n') } : { file: caFile }
  return { certFile, keyFile, ca }
}

/** Named by a hash, since a Unix socket path has room for about a hundred characters. */
function collectorSocket(directory: string, namespace: string, proxyId: string): string {
  const hash = createHash('sha1').update(`${namespace}_${proxyId}`).digest('base64url')
  return join(directory, `${hash}.sock`)
}
