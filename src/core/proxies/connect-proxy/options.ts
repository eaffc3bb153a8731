// Options of a sidecar: what its Proxy.Config says, read weakly, with the defaults filled in.

import type { Issue } from '../../../lib/schema.ts'
import { opaqueConfig } from '../../envoy/opaque-config.ts'
import { type Protocol, protocolOf } from '../../envoy/protocol.ts'
import type { ProxyConfig } from '../../model/proxy-config.ts'
import { fetchTimeout, timeoutOr } from '../parts/timeouts.ts'

export interface SidecarOptions {
  readonly protocol: Protocol
  readonly bindAddress: string | undefined
  readonly bindPort: number | undefined
  readonly localConnectTimeoutMs: number
  /** Inbound requests; 0 means no limit, undefined Envoy's default. */
  readonly localRequestTimeoutMs: number | undefined
  readonly localIdleTimeoutMs: number | undefined
  /** 0 means no limit. */
  readonly maxInboundConnections: number
  readonly exactBalance: boolean
  readonly maxRequestHeadersKb: number | undefined
  readonly fetchTimeoutMs: number | undefined
  readonly publicListenerJson: string | undefined
  readonly listenerTracingJson: string | undefined
  readonly localClusterJson: string | undefined
  readonly issues: readonly Issue[]
}

/** Reads the options of a sidecar. What cannot be read is in `issues` and has its default. */
export function sidecarOptions(proxy: ProxyConfig): SidecarOptions {
  const config = opaqueConfig(proxy.Config, 'Proxy.Config')
  return {
    protocol: protocolOf(config.text('protocol')),
    bindAddress: config.text('bind_address') || undefined,
    bindPort: config.integer('bind_port') || undefined,
    localConnectTimeoutMs: timeoutOr(config.integer('local_connect_timeout_ms')),
    localRequestTimeoutMs: atLeastZero(config.integer('local_request_timeout_ms')),
    localIdleTimeoutMs: atLeastZero(config.integer('local_idle_timeout_ms')),
    maxInboundConnections: Math.max(0, config.integer('max_inbound_connections') ?? 0),
    exactBalance: config.text('balance_inbound_connections') === 'exact_balance',
    maxRequestHeadersKb: config.integer('max_request_headers_kb'),
    fetchTimeoutMs: fetchTimeout(config),
    publicListenerJson: config.text('envoy_public_listener_json') || undefined,
    listenerTracingJson: config.text('envoy_listener_tracing_json') || undefined,
    localClusterJson: config.text('envoy_local_cluster_json') || undefined,
    issues: config.issues,
  }
}

function atLeastZero(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.max(0, value)
}
