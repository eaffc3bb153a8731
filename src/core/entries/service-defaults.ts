// service-defaults: protocol and proxy options of one service, and its wishes about upstreams.

import { type Issue, int, list, string, withDefault } from '../../lib/schema.ts'
import { canRead, canWrite } from '../acl/permission.ts'
import { meshGatewayConfig } from '../model/mesh-gateway-mode.ts'
import { exposeConfig, PROXY_MODES, transparentProxyConfig } from '../model/proxy-config.ts'
import { defineEntry, type EntryOf, type NewEntry } from './define-entry.ts'
import { checkDestination, destination } from './destination.ts'
import { checkExtensions, envoyExtension } from './envoy-extensions.ts'
import { checkRateLimits, rateLimits } from './rate-limits.ts'
import { keepZero, sparse } from './sparse.ts'
import { CONNECTION_BALANCE, checkUpstreams, upstreamConfiguration } from './upstream-config.ts'

const fields = {
  Protocol: string({ lower: true }),
  Mode: string({ allowed: PROXY_MODES }),
  TransparentProxy: withDefault(sparse(transparentProxyConfig.fields), {}),
  MutualTLSMode: string({ allowed: ['', 'strict', 'permissive'] }),
  MeshGateway: withDefault(sparse(meshGatewayConfig.fields), {}),
  Expose: withDefault(sparse(exposeConfig.fields), {}),
  ExternalSNI: string(),
  UpstreamConfig: upstreamConfiguration,
  Destination: destination,
  MaxInboundConnections: int({ min: 0 }),
  LocalConnectTimeoutMs: int({ min: 0 }),
  LocalRequestTimeoutMs: int({ min: 0 }),
  BalanceInboundConnections: string({ allowed: CONNECTION_BALANCE }),
  RateLimits: rateLimits,
  EnvoyExtensions: list(envoyExtension),
  MaxRequestHeadersKB: keepZero(int({ min: 0, max: 2 ** 32 - 1 })),
} as const

export type ServiceDefaults = EntryOf<'service-defaults', typeof fields>

export const serviceDefaults = defineEntry({
  kind: 'service-defaults',
  fields,
  shown: { Protocol: '' },
  check,
  read: name => canRead('service', name),
  write: name => canWrite('service', name),
})

const PROTOCOLS = ['', 'tcp', 'http', 'http2', 'grpc']

function check(entry: NewEntry<ServiceDefaults>): Issue[] {
  const issues: Issue[] = []
  if (entry.Name === '*') {
    issues.push({ path: 'Name', message: 'service-defaults name must be the name of a service, and not a wildcard' })
  }
  if (!PROTOCOLS.includes(entry.Protocol ?? '')) {
    const message = `invalid value for protocol: ${entry.Protocol}; allowed are tcp, http, http2, grpc`
    issues.push({ path: 'Protocol', message })
  }
  if (entry.Destination !== undefined && entry.UpstreamConfig !== undefined) {
    const message = 'UpstreamConfig and Destination are mutually exclusive for service defaults'
    issues.push({ path: 'Destination', message })
  }
  return [
    ...issues,
    ...checkUpstreams(entry.UpstreamConfig ?? {}),
    ...checkDestination(entry.Destination),
    ...checkRateLimits(entry.RateLimits),
    ...checkExtensions(entry.EnvoyExtensions ?? []),
  ]
}
