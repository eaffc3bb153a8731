// Options of every gateway kind: what its Proxy.Config says, read weakly, with the defaults filled in.

import type { Issue } from '../../../lib/schema.ts'
import type { KeepaliveOptions } from '../../envoy/keepalive.ts'
import { type OpaqueConfig, opaqueConfig } from '../../envoy/opaque-config.ts'
import type { ProxyConfig } from '../../model/proxy-config.ts'
import { fetchTimeout, timeoutOr } from './timeouts.ts'

export interface GatewayOptions {
  /** Also listen on every tagged address. */
  readonly bindTaggedAddresses: boolean
  readonly bindAddresses: readonly BindAddress[]
  /** Do not listen on the service's own address. */
  readonly noDefaultBind: boolean
  /** Resolve host names to all of their addresses, not to one. */
  readonly strictDns: boolean
  readonly connectTimeoutMs: number
  /** Towards gateways of other datacenters. */
  readonly remoteKeepalive: KeepaliveOptions | undefined
  readonly maxRequestHeadersKb: number | undefined
  readonly fetchTimeoutMs: number | undefined
  readonly issues: readonly Issue[]
}

export interface BindAddress {
  readonly name: string
  readonly address: string
  readonly port: number
}

/** Reads the options of a gateway. What cannot be read is in `issues` and has its default. */
export function gatewayOptions(proxy: ProxyConfig): GatewayOptions {
  const config = opaqueConfig(proxy.Config, 'Proxy.Config')
  return {
    bindTaggedAddresses:
      config.boolean('envoy_gateway_bind_tagged_addresses', 'envoy_mesh_gateway_bind_tagged_addresses') ?? false,
    bindAddresses: bindAddresses(config),
    noDefaultBind: config.boolean('envoy_gateway_no_default_bind', 'envoy_mesh_gateway_no_default_bind') ?? false,
    strictDns: config.text('envoy_dns_discovery_type')?.toLowerCase() === 'strict_dns',
    connectTimeoutMs: timeoutOr(config.integer('connect_timeout_ms')),
    remoteKeepalive: keepalive(config),
    maxRequestHeadersKb: config.integer('max_request_headers_kb'),
    fetchTimeoutMs: fetchTimeout(config),
    issues: config.issues,
  }
}

function bindAddresses(config: OpaqueConfig): readonly BindAddress[] {
  const addresses = config.object('envoy_gateway_bind_addresses', 'envoy_mesh_gateway_bind_addresses')
  return (addresses?.entries() ?? []).flatMap(([name]) => {
    const bind = addresses?.object(name)
    return bind === undefined ? [] : [{ name, address: bind.text('Address') ?? '', port: bind.integer('Port') ?? 0 }]
  })
}

function keepalive(config: OpaqueConfig): KeepaliveOptions | undefined {
  if (config.boolean('envoy_gateway_remote_tcp_enable_keepalive') !== true) return undefined
  return {
    timeSeconds: config.integer('envoy_gateway_remote_tcp_keepalive_time') || undefined,
    intervalSeconds: config.integer('envoy_gateway_remote_tcp_keepalive_interval') || undefined,
    probes: config.integer('envoy_gateway_remote_tcp_keepalive_probes') || undefined,
  }
}
