// Puts together the upstreams of a proxy: each as registered, over what the service's service-defaults say about it.

import { formatDuration } from '../../lib/duration.ts'
import type { PassiveHealthCheck, UpstreamConfig } from '../entries/upstream-config.ts'
import type { MeshGatewayMode } from '../model/mesh-gateway-mode.ts'
import { MESH_GATEWAY_MODES } from '../model/mesh-gateway-mode.ts'
import type { ProxyConfig, Upstream } from '../model/proxy-config.ts'
import type { Tenancy } from '../model/tenancy.ts'
import { type CentralConfig, present } from './merge-proxy-config.ts'

const NANOSECONDS_PER_MILLISECOND = 1e6

/** The merged upstreams; undefined when there are none. Every upstream comes out with its final mesh-gateway mode. */
export function mergeUpstreams(
  registered: ProxyConfig,
  tenancy: Tenancy,
  central: CentralConfig,
): readonly Upstream[] | undefined {
  return registered.Upstreams?.map(upstream => {
    const override = overrideFor(upstream, tenancy, central)
    const defaults = central.serviceDefaults?.UpstreamConfig?.Defaults
    const Config = Object.assign(Object.create(null), opaqueOf(defaults), opaqueOf(override), upstream.Config)
    const Mode = upstreamMode(upstream, override, registered, central)
    return { ...upstream, Config, MeshGateway: { ...present('Mode', Mode) } }
  })
}

/**
 * The mode of one upstream, the most specific place that sets it: the upstream itself, its override in service-defaults, the
 * registration, the upstream defaults of service-defaults, service-defaults, proxy-defaults.
 */
function upstreamMode(
  upstream: Upstream,
  override: UpstreamConfig | undefined,
  registered: ProxyConfig,
  { serviceDefaults, proxyDefaults }: CentralConfig,
): MeshGatewayMode | undefined {
  const mode =
    upstream.MeshGateway.Mode ||
    configuredMode(upstream) ||
    override?.MeshGateway?.Mode ||
    registered.MeshGateway.Mode ||
    serviceDefaults?.UpstreamConfig?.Defaults?.MeshGateway?.Mode ||
    serviceDefaults?.MeshGateway.Mode ||
    proxyDefaults?.MeshGateway.Mode
  return mode || undefined
}

/** `Config { mesh_gateway { mode = … } }`, an older spelling of the upstream's own mode. */
function configuredMode(upstream: Upstream): MeshGatewayMode | undefined {
  const block: unknown = upstream.Config?.mesh_gateway
  if (typeof block !== 'object' || block === null) return undefined
  const entry = Object.entries(block).find(([key]) => key.toLowerCase() === 'mode')
  return MESH_GATEWAY_MODES.find(mode => mode === entry?.[1])
}

function overrideFor(upstream: Upstream, tenancy: Tenancy, central: CentralConfig): UpstreamConfig | undefined {
  const namespace = upstream.DestinationNamespace || tenancy.Namespace
  const partition = upstream.DestinationPartition || tenancy.Partition
  return central.serviceDefaults?.UpstreamConfig?.Overrides?.find(
    override =>
      override.Name === upstream.DestinationName &&
      override.Peer === (upstream.DestinationPeer ?? '') &&
      (override.Namespace || tenancy.Namespace) === namespace &&
      (override.Partition || tenancy.Partition) === partition,
  )
}

/** Central upstream options under the keys that an upstream's own Config uses. */
function opaqueOf(config: UpstreamConfig | undefined): Readonly<Record<string, unknown>> {
  if (config === undefined) return {}
  const limits = config.Limits
  return {
    ...present('envoy_listener_json', config.EnvoyListenerJSON),
    ...present('envoy_cluster_json', config.EnvoyClusterJSON),
    ...present('protocol', config.Protocol),
    ...present('connect_timeout_ms', config.ConnectTimeoutMs),
    ...present('balance_outbound_connections', config.BalanceOutboundConnections),
    ...present(
      'limits',
      limits && {
        ...present('max_connections', limits.MaxConnections),
        ...present('max_pending_requests', limits.MaxPendingRequests),
        ...present('max_concurrent_requests', limits.MaxConcurrentRequests),
      },
    ),
    ...present('passive_health_check', config.PassiveHealthCheck && opaqueHealthCheck(config.PassiveHealthCheck)),
  }
}

function opaqueHealthCheck(check: PassiveHealthCheck): Readonly<Record<string, unknown>> {
  return {
    ...present('interval', durationText(check.Interval)),
    ...present('max_failures', check.MaxFailures || undefined),
    ...present('enforcing_consecutive_5xx', check.EnforcingConsecutive5xx),
    ...present('max_ejection_percent', check.MaxEjectionPercent),
    ...present('base_ejection_time', durationText(check.BaseEjectionTime)),
  }
}

function durationText(nanoseconds: number | undefined): string | undefined {
  return nanoseconds === undefined ? undefined : formatDuration(nanoseconds / NANOSECONDS_PER_MILLISECOND)
}
