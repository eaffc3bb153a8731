// Part of a sidecar: one upstream, with its listener for the application and its clusters towards the instances.

import type { Filter } from '../../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import type { CompiledChain } from '../../chain/chain.ts'
import { logSinks } from '../../envoy/access-log.ts'
import { pipeAddress, socketAddress } from '../../envoy/address.ts'
import { type ChainCluster, chainClusters, resolverCluster, type TargetCluster } from '../../envoy/chain-clusters.ts'
import { makeAggregateCluster, makeCluster } from '../../envoy/cluster.ts'
import { filterChain, tcpProxyFilter } from '../../envoy/filter.ts'
import { httpConnectionManager, type RouteSource } from '../../envoy/http-connection-manager.ts'
import { makeListener } from '../../envoy/listener.ts'
import { makeResource } from '../../envoy/make-resource.ts'
import { listenerName, pipeListenerName, upstreamLabels } from '../../envoy/names.ts'
import { isHttp, isHttp2, type Protocol, protocolOf } from '../../envoy/protocol.ts'
import type { Resource } from '../../envoy/resource.ts'
import { singleRoute } from '../../envoy/route.ts'
import { upstreamTls } from '../../envoy/tls.ts'
import { spiffeUri } from '../../model/spiffe.ts'
import { fromHatch, HATCHES } from './hatches.ts'
import type { Outbound } from './outbound.ts'
import type { UpstreamConfig } from './upstream-config.ts'

const LOOPBACK = '127.0.0.1'

/** The clusters of an upstream, or the one the user wrote for it. */
export function upstreamClusters(
  config: UpstreamConfig,
  chain: CompiledChain,
  outbound: Outbound,
): readonly Resource[] {
  const protocol = protocolOf(chain.Protocol)
  const custom = chain.Default ? fromHatch(HATCHES.cluster, config.options.clusterJson) : undefined
  return chainClusters(chain).map(cluster => {
    if (custom === undefined || cluster.kind !== 'target') {
      return makeResource('cluster', upstreamCluster(cluster, protocol, config, outbound))
    }
    // Whatever else users change, it is the mesh that decides whom a proxy trusts.
    return makeResource('cluster', { ...custom, transportSocket: targetTls(cluster, outbound) })
  })
}

function upstreamCluster(cluster: ChainCluster, protocol: Protocol, config: UpstreamConfig, outbound: Outbound) {
  if (cluster.kind === 'failover') return makeAggregateCluster(cluster)
  return makeCluster({
    name: cluster.name,
    altStatName: true,
    endpoints: { by: 'eds', fetchTimeoutMs: outbound.fetchTimeoutMs },
    connectTimeoutMs: cluster.connectTimeoutMs,
    noPanic: true,
    limits: config.options.limits,
    outlierDetection: config.options.outlierDetection,
    loadBalancer: cluster.loadBalancer,
    protocol: isHttp2(protocol) ? 'http2' : undefined,
    tls: targetTls(cluster, outbound),
  })
}

/** Mutual TLS with the target itself, whatever lies between. */
function targetTls({ target }: TargetCluster, { identity, params, trustDomain }: Outbound) {
  const serverId = spiffeUri({
    kind: 'service',
    trustDomain,
    partition: target.Partition,
    namespace: target.Namespace,
    datacenter: target.Datacenter,
    service: target.Service,
  })
  return upstreamTls({ identity, params, sni: target.SNI ?? '', serverIds: [serverId] })
}

/** The listener of an upstream, or the one the user wrote for it; undefined when it has neither a port nor a socket. */
export function upstreamListener(
  config: UpstreamConfig,
  chain: CompiledChain,
  outbound: Outbound,
): Resource | undefined {
  const custom = chain.Default ? fromHatch(HATCHES.listener, config.options.listenerJson) : undefined
  if (custom !== undefined) return makeResource('listener', custom)
  const bind = bindOf(config)
  if (bind === undefined) return undefined
  const logs = logSinks(outbound.accessLogs)
  const listener = makeListener({
    ...bind,
    direction: 'outbound',
    filterChains: [filterChain({ filters: [upstreamFilter(config, chain, outbound)] })],
    accessLogs: logs.listener,
    exactBalance: config.options.exactBalance,
  })
  return makeResource('listener', listener)
}

function upstreamFilter(config: UpstreamConfig, chain: CompiledChain, outbound: Outbound): Filter {
  const statPrefix = `upstream.${upstreamLabels(chain)}`
  const protocol = protocolOf(chain.Protocol)
  const accessLogs = logSinks(outbound.accessLogs).filters
  const cluster = startCluster(chain)
  if (!isHttp(protocol)) return tcpProxyFilter({ cluster, statPrefix, accessLogs })
  const routes: RouteSource = chain.Default
    ? {
        by: 'inline',
        config: singleRoute({ name: config.id, virtualHost: upstreamLabels(chain), cluster }),
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
