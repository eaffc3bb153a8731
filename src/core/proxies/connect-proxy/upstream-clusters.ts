// Part of a sidecar: the clusters of one upstream, towards its instances. Sidecars that dial the same service the same way have the
// same clusters but for the certificate inside, and those towards most services differ in names only.

import type { TlsParameters } from '../../../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts'
import type { CompiledChain } from '../../chain/chain.ts'
import { chainClusters, type FailoverCluster, type TargetCluster } from '../../envoy/chain-clusters.ts'
import { type Endpoints, makeAggregateCluster, makeCluster } from '../../envoy/cluster.ts'
import { loadAssignment } from '../../envoy/load-assignment.ts'
import { isHttp2, protocolOf } from '../../envoy/protocol.ts'
import type { Resource } from '../../envoy/resource.ts'
import type { OwnCertificate } from '../../envoy/resource-template.ts'
import { type Form, Templates } from '../../envoy/templates.ts'
import { type TlsIdentity, upstreamTls } from '../../envoy/tls.ts'
import { spiffeUri } from '../../model/spiffe.ts'
import type { PeerTarget } from '../parts/peer-target.ts'
import { fromHatch, HATCHES } from './hatches.ts'
import type { Outbound, Way } from './outbound.ts'
import type { UpstreamConfig } from './upstream-config.ts'

/** By the chain, which sidecars share, and by all else that shows in its clusters; gone when the chain is. */
const shared = new WeakMap<
  CompiledChain,
  { readonly peers: Way['peers']; readonly byKey: Map<string, readonly Form[]> }
>()

/** Ways to dial one service that are remembered; more than that are looked up anew for each sidecar. */
const MOST_WAYS = 64

/** The clusters of an upstream, or the one the user wrote for it. */
export function upstreamClusters(config: UpstreamConfig, way: Way, outbound: Outbound): readonly Resource[] {
  return formsOf(config, way, outbound).map(form => form.resource(outbound.own))
}

function formsOf(config: UpstreamConfig, way: Way, outbound: Outbound): readonly Form[] {
  let known = shared.get(way.chain)
  if (known === undefined || known.peers !== way.peers) {
    known = { peers: way.peers, byKey: new Map() }
    shared.set(way.chain, known)
  }
  const { limits, outlierDetection, clusterJson } = config.options
  const key = `${outbound.clustersKey}${JSON.stringify([limits, outlierDetection, clusterJson, config.chain.peer])}`
  const before = known.byKey.get(key)
  if (before !== undefined) return before
  const made = chainClusters(way.chain).map(cluster => {
    return cluster.kind === 'failover' ? failoverForm(cluster) : targetForm(key, cluster, { config, way, outbound })
  })
  if (known.byKey.size < MOST_WAYS) known.byKey.set(key, made)
  return made
}

const failovers = new Templates<{ name: string }>('cluster')

function failoverForm({ name, connectTimeoutMs, members }: FailoverCluster): Form {
  return failovers.form(JSON.stringify([connectTimeoutMs, members]), { name }, values => {
    return makeAggregateCluster({ ...values, connectTimeoutMs, members })
  })
}

interface Dialling {
  readonly config: UpstreamConfig
  readonly way: Way
  readonly outbound: Outbound
}

/** What tells the clusters of most services apart. */
type TargetValues = { readonly name: string; readonly sni: string; readonly serverId: string }

const targets = new Templates<TargetValues>('cluster')

function targetForm(key: string, cluster: TargetCluster, dialling: Dialling): Form {
  const { name, target, connectTimeoutMs, loadBalancer } = cluster
  const { chain, peers } = dialling.way
  const more = [chain.Default, chain.Protocol, connectTimeoutMs, loadBalancer, peers[target.ID]]
  const values = { name, sni: target.SNI ?? '', serverId: serverIdOf(cluster, dialling.outbound) }
  return targets.form(`${key}${JSON.stringify(more)}`, values, (values, own) => {
    return targetCluster(cluster, dialling, values, own)
  })
}

function targetCluster(
  cluster: TargetCluster,
  dialling: Dialling,
  { name, ...server }: TargetValues,
  own: OwnCertificate,
) {
  const { config, way, outbound } = dialling
  const { limits, outlierDetection, clusterJson } = config.options
  const identity = { ...own, roots: outbound.roots }
  const tls = targetTls(way.peers[cluster.target.ID], { ...server, identity, params: outbound.params })
  const custom = way.chain.Default ? fromHatch(HATCHES.cluster, clusterJson) : undefined
  // Whatever else users change, it is the mesh that decides whom a proxy trusts.
  if (custom !== undefined) return { ...custom, transportSocket: tls }
  const isPeer = config.chain.peer !== ''
  return makeCluster({
    name,
    altStatName: !isPeer,
    endpoints: endpointsOf(name, way.peers[cluster.target.ID], outbound),
    connectTimeoutMs: cluster.connectTimeoutMs,
    noPanic: true,
    limits,
    // A peer's health says little about single requests, so all of its gateways may be left out for failing them.
    outlierDetection: isPeer ? { ...outlierDetection, maxEjectionPercent: 100 } : outlierDetection,
    loadBalancer: cluster.loadBalancer,
    protocol: isHttp2(protocolOf(way.chain.Protocol)) ? 'http2' : undefined,
    tls,
  })
}

function endpointsOf(name: string, peer: PeerTarget | undefined, { fetchTimeoutMs }: Outbound): Endpoints {
  const hosts = peer?.hosts
  if (hosts === undefined) return { by: 'eds', fetchTimeoutMs }
  return { by: 'dns', strict: false, assignment: loadAssignment(name, hosts) }
}

interface Server extends Omit<TargetValues, 'name'> {
  readonly identity: TlsIdentity
  readonly params: TlsParameters
}

/** Mutual TLS with the target itself, whatever lies between; at a peer with what the peer says stands for it. */
function targetTls(peer: PeerTarget | undefined, { serverId, ...common }: Server) {
  if (peer === undefined) return upstreamTls({ ...common, serverIds: [serverId] })
  return upstreamTls({ ...common, serverRoots: peer.roots, serverIds: peer.serverIds })
}

function serverIdOf({ target }: TargetCluster, { trustDomain }: Outbound): string {
  return spiffeUri({
    kind: 'service',
    trustDomain,
    partition: target.Partition,
    namespace: target.Namespace,
    datacenter: target.Datacenter,
    service: target.Service,
  })
}
