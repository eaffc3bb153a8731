// UpstreamConfig of service-defaults: how proxies of this service treat their upstreams, one by one or all of them.

import { durationNs, type Infer, type Issue, int, list, string, withDefault } from '../../lib/schema.ts'
import { meshGatewayConfig } from '../model/mesh-gateway-mode.ts'
import { keepZero, sparse } from './sparse.ts'

export const CONNECTION_BALANCE = ['', 'exact_balance'] as const

/** Limits of an upstream; a limit of 0 is a limit, an absent one is none. */
export const upstreamLimits = sparse({
  MaxConnections: keepZero(int({ min: 0 })),
  MaxPendingRequests: keepZero(int({ min: 0 })),
  MaxConcurrentRequests: keepZero(int({ min: 0 })),
})

/** When an instance that fails is left out for a while. Durations are whole nanoseconds. */
export const passiveHealthCheck = sparse({
  Interval: durationNs(),
  MaxFailures: withDefault(int({ min: 0 }), 0),
  EnforcingConsecutive5xx: keepZero(int({ min: 0, max: 100 })),
  MaxEjectionPercent: keepZero(int({ min: 0, max: 100 })),
  BaseEjectionTime: keepZero(durationNs()),
})

export type PassiveHealthCheck = Infer<typeof passiveHealthCheck>

const upstreamConfig = sparse({
  Name: string(),
  Partition: string(),
  Namespace: string(),
  Peer: withDefault(string(), ''),
  EnvoyListenerJSON: string(),
  EnvoyClusterJSON: string(),
  Protocol: string({ lower: true }),
  ConnectTimeoutMs: int({ min: 0 }),
  Limits: upstreamLimits,
  PassiveHealthCheck: passiveHealthCheck,
  MeshGateway: withDefault(sparse(meshGatewayConfig.fields), {}),
  BalanceOutboundConnections: string({ allowed: CONNECTION_BALANCE }),
})

/** Options for one upstream, or for all of them when it has no name. */
export type UpstreamConfig = Infer<typeof upstreamConfig>

export const upstreamConfiguration = sparse({ Overrides: list(upstreamConfig), Defaults: upstreamConfig })

/** Overrides name one upstream each, defaults name none. */
export function checkUpstreams(config: Infer<typeof upstreamConfiguration>): Issue[] {
  const overrides = (config.Overrides ?? []).flatMap((override, i) => {
    const path = `UpstreamConfig.Overrides[${i}].Name`
    const prefix = `error in upstream override for ${override.Name ?? ''}:`
    if (override.Name === undefined) return [{ path, message: `${prefix} Name is required` }]
    return override.Name === '*' ? [{ path, message: `${prefix} Wildcard name is not supported` }] : []
  })
  const named = (['Name', 'Namespace', 'Partition', 'Peer'] as const).filter(field => config.Defaults?.[field])
  const defaults = named.map(field => {
    return { path: `UpstreamConfig.Defaults.${field}`, message: `error in upstream defaults: ${field} must be empty` }
  })
  return [...overrides, ...defaults]
}
