// How a sidecar reaches what an upstream names: the discovery chain with the names that its peers' services have here. A service
// of a peer is reached by a chain too, the shortest there is: how requests for it go on is the peer's business.

import { formatDuration } from '../../../lib/duration.ts'
import type { ChainTarget, CompiledChain } from '../../chain/chain.ts'
import type { ChainOverrides } from '../../chain/customization.ts'
import { DEFAULT_CONNECT_TIMEOUT, type TargetSpec, targetId } from '../../chain/target.ts'
import type { MeshGatewayMode } from '../../model/mesh-gateway-mode.ts'
import { joinKey, type ServiceName } from '../../model/tenancy.ts'
import { type ChainArg, chainKey, upstreamChain } from '../../queries/upstream-chain.ts'
import { defineQuery, type View } from '../../store/view.ts'
import { type PeerTarget, peerTarget } from './peer-target.ts'

export interface ReachArg extends ChainArg {
  /** Whose service it is; '' for one of this cluster. */
  readonly peer: string
}

export type Reach =
  | {
      readonly ok: true
      /** Peers' services have a name and an SNI as far as they are known. */
      readonly chain: CompiledChain
      /** Those that are known, by target. */
      readonly peers: Readonly<Record<string, PeerTarget>>
    }
  | { readonly ok: false; readonly message: string }

export const reach = defineQuery<ReachArg, Reach>({
  name: 'reach',
  key: reachKey,
  run(view, arg) {
    if (arg.peer !== '') return reachPeer(view, arg)
    const compiled = view.derive(upstreamChain, arg)
    return compiled.ok ? withPeers(view, compiled.chain) : compiled
  },
})

/** All that decides how something is reached. */
export function reachKey(arg: ReachArg): string {
  return joinKey(arg.peer, chainKey(arg))
}

const NO_PEERS: Readonly<Record<string, PeerTarget>> = {}

function withPeers(view: View, chain: CompiledChain): Reach {
  const theirs = Object.values(chain.Targets).filter(target => target.Peer)
  if (theirs.length === 0) return { ok: true, chain, peers: NO_PEERS }
  const found = theirs.flatMap((target): readonly (readonly [ChainTarget, PeerTarget])[] => {
    const peer = view.derive(peerTarget, { service: serviceOf(target), mode: target.MeshGateway.Mode ?? '' })
    return peer === undefined ? [] : [[target, peer]]
  })
  const named = found.map(
    ([target, peer]) => [target.ID, { ...target, Name: peer.clusterName, SNI: peer.sni }] as const,
  )
  return {
    ok: true,
    chain: { ...chain, Targets: { ...chain.Targets, ...Object.fromEntries(named) } },
    peers: Object.fromEntries(found.map(([target, peer]) => [target.ID, peer])),
  }
}

/** The service that a target stands for. */
export function serviceOf({ Service, Namespace, Partition, Peer = '' }: ChainTarget): ServiceName {
  return { Name: Service, Namespace, Partition, Peer }
}

function reachPeer(view: View, arg: ReachArg): Reach {
  const { service, namespace, partition, peer, overrides } = arg
  const mode = overrides.meshGatewayMode ?? ''
  const found = view.derive(peerTarget, {
    service: { Name: service, Namespace: namespace, Partition: partition, Peer: peer },
    mode,
  })
  if (found === undefined) return { ok: false, message: unknownPeerService(service, peer) }
  const target = targetOf(arg, found, mode)
  return { ok: true, chain: chainTo(target, overrides.protocol || found.protocol), peers: { [target.ID]: found } }
}

/** Why a peer's service leads nowhere. */
export function unknownPeerService(service: string, peer: string): string {
  return `nothing is known about service "${service}" of peer "${peer}": is there a peering of this name, is the service exported to it, and does the peer have a mesh gateway?`
}

function targetOf(arg: ReachArg, { clusterName, sni }: PeerTarget, mode: MeshGatewayMode): ChainTarget {
  const { service, namespace, partition, peer, overrides } = arg
  const spec: TargetSpec = { service, subset: '', namespace, partition, datacenter: '', peer }
  return {
    ID: targetId(spec),
    Service: service,
    Namespace: namespace,
    Partition: partition,
    Datacenter: '',
    Peer: peer,
    MeshGateway: { Mode: mode },
    Subset: {},
    ConnectTimeout: timeoutOf(overrides),
    TransparentProxy: {},
    SNI: sni,
    Name: clusterName,
  }
}

function chainTo(target: ChainTarget, protocol: string): CompiledChain {
  const start = `resolver:${target.ID}`
  const resolver = { Default: true, ConnectTimeout: target.ConnectTimeout, Target: target.ID } as const
  return {
    ServiceName: target.Service,
    Namespace: target.Namespace,
    Partition: target.Partition,
    Datacenter: target.Datacenter,
    Default: true,
    Protocol: protocol || 'tcp',
    StartNode: start,
    Nodes: { [start]: { Type: 'resolver', Name: target.ID, Resolver: resolver } },
    Targets: { [target.ID]: target },
    AutoVirtualIPs: [],
    ManualVirtualIPs: [],
  }
}

function timeoutOf({ connectTimeoutMs }: ChainOverrides): string {
  return connectTimeoutMs ? formatDuration(connectTimeoutMs) : DEFAULT_CONNECT_TIMEOUT
}
