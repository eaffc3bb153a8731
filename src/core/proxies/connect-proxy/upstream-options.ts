// Options of one upstream: what its Config says, central defaults merged in, read weakly.

import type { Issue } from '../../../lib/schema.ts'
import type { Limits, OutlierOptions } from '../../envoy/cluster-protection.ts'
import { type OpaqueConfig, opaqueConfig } from '../../envoy/opaque-config.ts'
import type { Upstream } from '../../model/proxy-config.ts'

export interface UpstreamOptions {
  /** '' unless set: then the service's own protocol counts. */
  readonly protocol: string
  readonly connectTimeoutMs: number | undefined
  readonly limits: Limits
  readonly outlierDetection: OutlierOptions
  readonly exactBalance: boolean
  readonly listenerJson: string | undefined
  readonly clusterJson: string | undefined
  readonly issues: readonly Issue[]
}

export function upstreamOptions(upstream: Upstream): UpstreamOptions {
  const config = opaqueConfig(upstream.Config, `Upstreams[${upstream.DestinationName}].Config`)
  const timeout = config.integer('connect_timeout_ms')
  return {
    protocol: config.text('protocol')?.toLowerCase() ?? '',
    connectTimeoutMs: timeout === undefined || timeout < 1 ? undefined : timeout,
    limits: limits(config.object('limits')),
    outlierDetection: outliers(config.object('passive_health_check')),
    exactBalance: config.text('balance_outbound_connections') === 'exact_balance',
    listenerJson: config.text('envoy_listener_json') || undefined,
    clusterJson: config.text('envoy_cluster_json') || undefined,
    issues: config.issues,
  }
}

function limits(config: OpaqueConfig | undefined): Limits {
  return {
    maxConnections: config?.integer('max_connections'),
    maxPendingRequests: config?.integer('max_pending_requests'),
    maxRequests: config?.integer('max_concurrent_requests'),
  }
}

function outliers(config: OpaqueConfig | undefined): OutlierOptions {
  return {
    intervalMs: config?.duration('interval'),
    consecutive5xx: config?.integer('max_failures'),
    enforcingConsecutive5xx: config?.integer('enforcing_consecutive_5xx'),
    maxEjectionPercent: config?.integer('max_ejection_percent'),
    baseEjectionTimeMs: config?.duration('base_ejection_time'),
  }
}
