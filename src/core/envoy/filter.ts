// Network filters and filter chains.

import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import type { AccessLog } from '../../gen/envoy/config/accesslog/v3/accesslog_pb.ts'
import type { TransportSocket } from '../../gen/envoy/config/core/v3/base_pb.ts'
import {
  type Filter,
  type FilterChain,
  type FilterChainMatch,
  FilterChainMatchSchema,
  FilterChainSchema,
  FilterSchema,
  type ListenerFilter,
  ListenerFilterSchema,
} from '../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import type { RBAC as Rules } from '../../gen/envoy/config/rbac/v3/rbac_pb.ts'
import { TlsInspectorSchema } from '../../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.ts'
import { ConnectionLimitSchema } from '../../gen/envoy/extensions/filters/network/connection_limit/v3/connection_limit_pb.ts'
import { RBACSchema } from '../../gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.ts'
import { SniClusterSchema } from '../../gen/envoy/extensions/filters/network/sni_cluster/v3/sni_cluster_pb.ts'
import { TcpProxySchema } from '../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts'
import { cidrRange } from './address.ts'
import { anyOf } from './any.ts'
import { create } from './create-message.ts'
import { statName } from './names.ts'

/** A network filter of any type. */
export function networkFilter<D extends DescMessage>(name: string, schema: D, message: MessageShape<D>): Filter {
  return create(FilterSchema, { name, configType: { case: 'typedConfig', value: anyOf(schema, message) } })
}

export interface TcpProxyOptions {
  /** '' where a filter in front (such as sni_cluster) chooses. */
  readonly cluster: string
  readonly statPrefix: string
  readonly accessLogs: readonly AccessLog[]
}

/** Hands the connection to a cluster. */
export function tcpProxyFilter({ cluster, statPrefix, accessLogs }: TcpProxyOptions): Filter {
  const message = create(TcpProxySchema, {
    clusterSpecifier: { case: 'cluster', value: cluster },
    statPrefix: statName(statPrefix),
    accessLog: [...accessLogs],
  })
  return networkFilter('envoy.filters.network.tcp_proxy', TcpProxySchema, message)
}

/** Makes the name in the client's hello the cluster the connection goes to. */
export function sniClusterFilter(): Filter {
  return networkFilter('envoy.filters.network.sni_cluster', SniClusterSchema, create(SniClusterSchema))
}

/** Admits only connections that the rules allow. */
export function networkRbacFilter(rules: Rules): Filter {
  const message = create(RBACSchema, { rules, statPrefix: 'connect_authz' })
  return networkFilter('envoy.filters.network.rbac', RBACSchema, message)
}

/** Bounds how many connections may be open at once. */
export function connectionLimitFilter(maxConnections: number): Filter {
  const message = create(ConnectionLimitSchema, {
    maxConnections: BigInt(maxConnections),
    statPrefix: 'inbound_connection_limit',
  })
  return networkFilter('envoy.filters.network.connection_limit', ConnectionLimitSchema, message)
}

/** Reads the name in the client's hello, so that filter chains can be chosen by it. */
export function tlsInspector(): ListenerFilter {
  const value = anyOf(TlsInspectorSchema, create(TlsInspectorSchema))
  return create(ListenerFilterSchema, {
    name: 'envoy.filters.listener.tls_inspector',
    configType: { case: 'typedConfig', value },
  })
}

export interface ChainOptions {
  readonly filters: readonly Filter[]
  readonly match?: FilterChainMatch | undefined
  readonly tls?: TransportSocket | undefined
}

export function filterChain({ filters, match, tls }: ChainOptions): FilterChain {
  return create(FilterChainSchema, { filters: [...filters], filterChainMatch: match, transportSocket: tls })
}

/** Matches connections by the server name the client asks for; `*.x` stands for anything under x. */
export function serverNameMatch(serverNames: readonly string[]): FilterChainMatch {
  return create(FilterChainMatchSchema, { serverNames: [...serverNames] })
}

/** Matches connections by where they come from. */
export function sourceMatch(ranges: readonly { readonly address: string; readonly bits: number }[]): FilterChainMatch {
  return create(FilterChainMatchSchema, {
    sourcePrefixRanges: ranges.map(({ address, bits }) => cidrRange(address, bits)),
  })
}
