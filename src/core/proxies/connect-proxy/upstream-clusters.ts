// Part of a sidecar: the clusters of one upstream, towards its instances. Sidecars that dial the same service the same way have the
// same clusters but for the certificate inside, so these are made once for all of them.

import type { CompiledChain } from '../../chain/chain.ts'
import { type ChainCluster, chainClusters, type TargetCluster } from '../../envoy/chain-clusters.ts'
import { type Endpoints, makeAggregateCluster, makeCluster } from '../../envoy/cluster.ts'
import { IdentityTemplate } from '../../envoy/identity-template.ts'
import { loadAssignment } from '../../envoy/load-assignment.ts'
import { isHttp2, protocolOf } from '../../envoy/protocol.ts'
import type { Resource } from '../../envoy/resource.ts'
import { type TlsIdentity, upstreamTls } from '../../envoy/tls.ts'
import { spiffeUri } from '../../model/spiffe.ts'
import { fromHatch, HATCHES } from './hatches.ts'
import type { Outbound, Way } from './outbound.ts'
import type { UpstreamConfig } from './upstream-config.ts'

type Templates = readonly IdentityTemplate[]

/** By the chain, which sidecars share, and by all else that shows in its clusters; gone when the chain is. */
const shared = new WeakMap<CompiledChain, { readonly peers: Way['peers']; readonly byKey: Map<string, Templates> }>()

/** Ways to dial one service that are remembered; more than that are made anew for each sidecar. */
const MOST_WAYS = 64

/** The clusters of an upstream, or the one the user wrote for it. */
export function upstreamClusters(config: UpstreamConfig, way: Way, outbound: Outbound): readonly Resource[] {
  return templatesOf(config, way, outbound).map(template => template.fill(outbound.fill))
}

function templatesOf(config: UpstreamConfig, way: Way, outbound: Outbound): Templates {
  let known = shared.get(way.chain)
  if (known === undefined || known.peers !== way.peers) {
    known = { peers: way.peers, byKey: new Map() }
    shared.set(way.chain, known)
  }
  const { limits, outlierDetection, clusterJson } = config.options
  const key = `${outbound.clustersKey}${JSON.stringify([limits, outlierDetection, clusterJson, config.chain.peer])}`
  const before = known.byKey.get(key)
  if (before !== undefined) return before
  const made = makeTemplates(config, way, outbound)
  if (known.byKey.size < MOST_WAYS) known.byKey.set(key, made)
  return made
}

function makeTemplates(config: UpstreamConfig, way: Way, outbound: Outbound): Templates {
  const { chain } = way
  const custom = chain.Default ? fromHatch(HATCHES.cluster, config.options.clusterJson) : undefined
  return chainClusters(chain).map(cluster => {
    return new IdentityTemplate('cluster', outbound.roots, identity => {
      if (custom === undefined || cluster.kind !== 'target') {
        return upstreamCluster(cluster, config, way, { ...outbound, identity })
      }
      // Whatever else users change, it is the mesh that decides whom a proxy trusts.
      return { ...custom, transportSocket: targetTls(cluster, way, { ...outbound, identity }) }
    })
  })
}

type Dialling = Outbound & { readonly identity: TlsIdentity }

function upstreamCluster(cluster: ChainCluster, config: UpstreamConfig, way: Way, dialling: Dialling) {
  if (cluster.kind === 'failover') return makeAggregateCluster(cluster)
  const { limits, outlierDetection } = config.options
  const isPeer = config.chain.peer !== ''
  return makeCluster({
    name: cluster.name,
    altStatName: !isPeer,
    endpoints: endpointsOf(cluster, way, dialling),
    connectTimeoutMs: cluster.connectTimeoutMs,
    noPanic: true,
    limits,
    // A peer's health says little about single requests, so all of its gateways may be left out for failing them.
    outlierDetection: isPeer ? { ...outlierDetection, maxEjectionPercent: 100 } : outlierDetection,
    loadBalancer: cluster.loadBalancer,
    protocol: isHttp2(protocolOf(way.chain.Protocol)) ? 'http2' : undefined,
    tls: targetTls(cluster, way, dialling),
  })
}

function endpointsOf({ name, target }: TargetCluster, { peers }: Way, { fetchTimeoutMs }: Dialling): Endpoints {
  const hosts = peers[target.ID]?.hosts
  if (hosts === undefined) return { by: 'eds', fetchTimeoutMs }
  return { by: 'dns', strict: false, assignment: loadAssignment(name, hosts) }
}

/** Mutual TLS with the target itself, whatever lies between; at a peer with what the peer says stands for it. */
function targetTls({ target }: TargetCluster, { peers }: Way, { identity, params, trustDomain }: Dialling) {
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
