// Part of a sidecar: the listener of one upstream, for the application.

import type { Filter } from '../../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import type { CompiledChain } from '../../chain/chain.ts'
import { logSinks } from '../../envoy/access-log.ts'
import { pipeAddress, socketAddress } from '../../envoy/address.ts'
import { resolverCluster } from '../../envoy/chain-clusters.ts'
import { filterChain, tcpProxyFilter } from '../../envoy/filter.ts'
import { httpConnectionManager, type RouteSource } from '../../envoy/http-connection-manager.ts'
import { makeListener } from '../../envoy/listener.ts'
import { makeOwnResource } from '../../envoy/make-resource.ts'
import { listenerName, pipeListenerName, upstreamLabels } from '../../envoy/names.ts'
import { isHttp, protocolOf } from '../../envoy/protocol.ts'
import type { Resource } from '../../envoy/resource.ts'
import { singleRoute } from '../../envoy/route.ts'
import { fromHatch, HATCHES } from './hatches.ts'
import type { Outbound } from './outbound.ts'
import type { UpstreamConfig } from './upstream-config.ts'

const LOOPBACK = '127.0.0.1'

/** The listener of an upstream, or the one the user wrote for it; undefined when it has neither a port nor a socket. */
export function upstreamListener(
  config: UpstreamConfig,
  chain: CompiledChain,
  outbound: Outbound,
): Resource | undefined {
  const custom = chain.Default ? fromHatch(HATCHES.listener, config.options.listenerJson) : undefined
  if (custom !== undefined) return makeOwnResource('listener', () => custom)
  const bind = bindOf(config)
  if (bind === undefined) return undefined
  return makeOwnResource('listener', () => {
    const logs = logSinks(outbound.accessLogs)
    return makeListener({
      ...bind,
      direction: 'outbound',
      filterChains: [filterChain({ filters: [upstreamFilter(config, chain, outbound)] })],
      accessLogs: logs.listener,
      exactBalance: config.options.exactBalance,
    })
  })
}

function upstreamFilter(config: UpstreamConfig, chain: CompiledChain, outbound: Outbound): Filter {
  const { statPrefix, labels } = statNames(config, chain)
  const protocol = protocolOf(chain.Protocol)
  const accessLogs = logSinks(outbound.accessLogs).filters
  const cluster = startCluster(chain)
  if (!isHttp(protocol)) return tcpProxyFilter({ cluster, statPrefix, accessLogs })
  const routes: RouteSource = chain.Default
    ? {
        by: 'inline',
        config: singleRoute({ name: config.id, virtualHost: labels, cluster }),
      }
    : { by: 'rds', name: config.id, fetchTimeoutMs: outbound.fetchTimeoutMs }
  return httpConnectionManager({
    statPrefix,
    protocol,
    routes,
    tracing: outbound.tracing,
    maxRequestHeadersKb: outbound.maxRequestHeadersKb,
    accessLogs,
  })
}

/** What statistics and the inline virtual host are called after. */
function statNames({ chain: { service, namespace, peer } }: UpstreamConfig, chain: CompiledChain) {
  const labels = peer === '' ? upstreamLabels(chain) : `${service}.${namespace}.${peer}`
  return { labels, statPrefix: `${peer === '' ? 'upstream' : 'upstream_peered'}.${labels}` }
}

/** Where a chain that starts at a resolver leads; '' otherwise, and then routes decide. */
function startCluster(chain: CompiledChain): string {
  const start = chain.Nodes[chain.StartNode]
  return start?.Type === 'resolver' ? (resolverCluster(chain, start) ?? '') : ''
}

function bindOf({ id, definition }: UpstreamConfig) {
  const { LocalBindSocketPath: path, LocalBindPort: port } = definition
  if (path) {
    const mode = Number.parseInt(definition.LocalBindSocketMode || '0', 8) || 0
    return { name: pipeListenerName(id, path), address: pipeAddress(path, mode) }
  }
  if (!port) return undefined
  const address = definition.LocalBindAddress || LOOPBACK
  return { name: listenerName(id, address, port), address: socketAddress(address, port) }
}
