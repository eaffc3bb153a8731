// Part of a sidecar: one upstream, with its listener for the application and its clusters towards the instances.

import type { Filter } from '../../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import type { CompiledChain } from '../../chain/chain.ts'
import { logSinks } from '../../envoy/access-log.ts'
import { pipeAddress, socketAddress } from '../../envoy/address.ts'
import { type ChainCluster, chainClusters, resolverCluster, type TargetCluster } from '../../envoy/chain-clusters.ts'
import { type Endpoints, makeAggregateCluster, makeCluster } from '../../envoy/cluster.ts'
import { filterChain, tcpProxyFilter } from '../../envoy/filter.ts'
import { httpConnectionManager, type RouteSource } from '../../envoy/http-connection-manager.ts'
import { makeListener } from '../../envoy/listener.ts'
import { loadAssignment } from '../../envoy/load-assignment.ts'
import { makeResource } from '../../envoy/make-resource.ts'
import { listenerName, pipeListenerName, upstreamLabels } from '../../envoy/names.ts'
import { isHttp, isHttp2, protocolOf } from '../../envoy/protocol.ts'
import type { Resource } from '../../envoy/resource.ts'
import { singleRoute } from '../../envoy/route.ts'
import { upstreamTls } from '../../envoy/tls.ts'
import { spiffeUri } from '../../model/spiffe.ts'
import { fromHatch, HATCHES } from './hatches.ts'
import type { Outbound, Way } from './outbound.ts'
import type { UpstreamConfig } from './upstream-config.ts'

const LOOPBACK = '127.0.0.1'

/** The clusters of an upstream, or the one the user wrote for it. */
export function upstreamClusters(config: UpstreamConfig, way: Way, outbound: Outbound): readonly Resource[] {
  const { chain } = way
  const custom = chain.Default ? fromHatch(HATCHES.cluster, config.options.clusterJson) : undefined
  return chainClusters(chain).map(cluster => {
    if (custom === undefined || cluster.kind !== 'target') {
      return makeResource('cluster', upstreamCluster(cluster, config, way, outbound))
    }
    // Whatever else users change, it is the mesh that decides whom a proxy trusts.
    return makeResource('cluster', { ...custom, transportSocket: targetTls(cluster, way, outbound) })
  })
}

function upstreamCluster(cluster: ChainCluster, config: UpstreamConfig, way: Way, outbound: Outbound) {
  if (cluster.kind === 'failover') return makeAggregateCluster(cluster)
  const { limits, outlierDetection } = config.options
  const isPeer = config.chain.peer !== ''
  return makeCluster({
    name: cluster.name,
    altStatName: !isPeer,
    endpoints: endpointsOf(cluster, way, outbound),
    connectTimeoutMs: cluster.connectTimeoutMs,
    noPanic: true,
    limits,
    // A peer's health says little about single requests, so all of its gateways may be left out for failing them.
    outlierDetection: isPeer ? { ...outlierDetection, maxEjectionPercent: 100 } : outlierDetection,
    loadBalancer: cluster.loadBalancer,
    protocol: isHttp2(protocolOf(way.chain.Protocol)) ? 'http2' : undefined,
    tls: targetTls(cluster, way, outbound),
  })
}

function endpointsOf({ name, target }: TargetCluster, { peers }: Way, { fetchTimeoutMs }: Outbound): Endpoints {
  const hosts = peers[target.ID]?.hosts
  if (hosts === undefined) return { by: 'eds', fetchTimeoutMs }
  return { by: 'dns', strict: false, assignment: loadAssignment(name, hosts) }
}

/** Mutual TLS with the target itself, whatever lies between; at a peer with what the peer says stands for it. */
function targetTls({ target }: TargetCluster, { peers }: Way, { identity, params, trustDomain }: Outbound) {
  const sni = target.SNI ?? ''
  const peer = peers[target.ID]
  if (peer !== undefined)
    return upstreamTls({ identity, params, serverRoots: peer.roots, sni, serverIds: peer.serverIds })
  const serverId = spiffeUri({
    kind: 'service',
    trustDomain,
    partition: target.Partition,
    namespace: target.Namespace,
    datacenter: target.Datacenter,
    service: target.Service,
  })
  return upstreamTls({ identity, params, sni, serverIds: [serverId] })
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
