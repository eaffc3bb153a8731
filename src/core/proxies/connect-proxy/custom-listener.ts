// A public listener that users wrote themselves. TLS and intentions are still ours: they go into every filter chain.

import { clone } from '@bufbuild/protobuf'
import type { TransportSocket } from '../../../gen/envoy/config/core/v3/base_pb.ts'
import type { Filter, FilterChain } from '../../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import { type Listener, ListenerSchema } from '../../../gen/envoy/config/listener/v3/listener_pb.ts'
import type { RBAC } from '../../../gen/envoy/config/rbac/v3/rbac_pb.ts'
import { HttpConnectionManagerSchema } from '../../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import { unpackAs } from '../../envoy/any.ts'
import { networkFilter, networkRbacFilter } from '../../envoy/filter.ts'
import { httpRbacFilter } from '../../envoy/http-filter.ts'

export interface Guard {
  readonly tls: TransportSocket
  readonly rules: RBAC
  /** Whether requests are judged or connections. */
  readonly layer: 'l4' | 'l7'
}

/** The listener with TLS and the rules in front of each of its chains. */
export function guardListener(listener: Listener, guard: Guard): Listener {
  const guarded = clone(ListenerSchema, listener)
  guarded.filterChains = guarded.filterChains.map(chain => guardChain(chain, guard))
  if (guarded.defaultFilterChain) guarded.defaultFilterChain = guardChain(guarded.defaultFilterChain, guard)
  return guarded
}

function guardChain(chain: FilterChain, { tls, rules, layer }: Guard): FilterChain {
  const judged = layer === 'l7' ? guardRequests(chain.filters, rules) : undefined
  // Without an HTTP connection manager there are no requests to judge, so connections are.
  return { ...chain, transportSocket: tls, filters: judged ?? [networkRbacFilter(rules), ...chain.filters] }
}

/** The filters with the rules first in every HTTP connection manager; undefined when there is none. */
function guardRequests(filters: readonly Filter[], rules: RBAC): Filter[] | undefined {
  let found = false
  const guarded = filters.map(filter => {
    const manager =
      filter.configType.case === 'typedConfig' && unpackAs(HttpConnectionManagerSchema, filter.configType.value)
    if (!manager) return filter
    found = true
    const httpFilters = [httpRbacFilter(rules), ...manager.httpFilters]
    return networkFilter(filter.name, HttpConnectionManagerSchema, { ...manager, httpFilters })
  })
  return found ? guarded : undefined
}
