// The configuration of one upstream of a sidecar, and what is known about where it leads.

import type { CompiledChain } from '../../chain/chain.ts'
import type { ChainOverrides } from '../../chain/customization.ts'
import { envoyId } from '../../envoy/names.ts'
import type { Resource } from '../../envoy/resource.ts'
import type { Upstream } from '../../model/proxy-config.ts'
import type { ServiceInstance } from '../../model/service.ts'
import { joinKey } from '../../model/tenancy.ts'
import { isExportedTo, isOutOfReach } from '../../queries/partition-exports.ts'
import { partition as partitionQuery } from '../../queries/tenancy.ts'
import { defineQuery, type View } from '../../store/view.ts'
import { chainEndpoints } from '../parts/chain-endpoints.ts'
import { chainRoute } from '../parts/chain-route.ts'
import type { PeerTarget } from '../parts/peer-target.ts'
import { type ReachArg, reach, reachKey, unknownPeerService } from '../parts/reach.ts'
import { type UpstreamOptions, upstreamOptions } from './upstream-options.ts'

export interface UpstreamConfig {
  /** How the upstream is called in Envoy. */
  readonly id: string
  readonly definition: Upstream
  readonly options: UpstreamOptions
  readonly chain: ReachArg
  /** Where the sidecar is. */
  readonly partition: string
  /** All that decides where the upstream leads, put into one string so that asking costs nothing more. */
  readonly key: string
}

/** Where an upstream leads. */
export type UpstreamState =
  | {
      readonly ok: true
      readonly chain: CompiledChain
      /** The peers' services among the chain's targets, by target. */
      readonly peers: Readonly<Record<string, PeerTarget>>
      readonly endpoints: readonly Resource[]
      /** Undefined where the listener has the routes inside, or has no use for any. */
      readonly route: Resource | undefined
      /** What of it leads nowhere, and why. */
      readonly problems: readonly string[]
    }
  | { readonly ok: false; readonly problem: string }

/** Shared by all sidecars whose upstream is configured alike. */
export const upstreamState = defineQuery<UpstreamConfig, UpstreamState>({
  name: 'upstream-state',
  key: config => config.key,
  run(view, { chain, id, partition }) {
    const reached = view.derive(reach, chain)
    if (!reached.ok) return { ok: false, problem: reached.message }
    const endpoints = view.derive(chainEndpoints, { chain, partition })
    const route = view.derive(chainRoute, { chain, name: id, partition })
    const problems = [...notExported(view, reached.chain, partition), ...unknownPeers(reached.chain)]
    return { ok: true, chain: reached.chain, peers: reached.peers, endpoints, route, problems }
  },
  equal: sameState,
})

/** Targets in other partitions that the sidecar's cannot have; nothing is behind them. */
function notExported(view: View, chain: CompiledChain, partition: string): readonly string[] {
  return Object.values(chain.Targets).flatMap(({ Service, Namespace, Partition, Peer, Datacenter: datacenter }) => {
    if (Peer) return []
    if (isOutOfReach(view, { Partition }, { datacenter, partition })) {
      const target = `${Partition}/${Namespace}/${Service} of datacenter "${datacenter}"`
      return [
        `${target} is out of reach of partition "${partition}": only default partitions are federated, peer the others`,
      ]
    }
    if (Partition !== partition && view.derive(partitionQuery, Partition) === undefined) {
      return [`there is no partition "${Partition}": create it, or correct the partition of the upstream`]
    }
    if (isExportedTo(view, { Name: Service, Namespace, Partition }, partition)) return []
    const target = `${Partition}/${Namespace}/${Service}`
    return [`${target} is not exported to partition "${partition}": add it to exported-services of "${Partition}"`]
  })
}

function unknownPeers({ Targets }: CompiledChain): readonly string[] {
  return Object.values(Targets).flatMap(({ Service, Peer, Name }) => {
    return Peer && Name === undefined ? [unknownPeerService(Service, Peer)] : []
  })
}

function sameState(a: UpstreamState, b: UpstreamState): boolean {
  if (!a.ok || !b.ok) return !a.ok && !b.ok && a.problem === b.problem
  const sameProblems = a.problems.join() === b.problems.join()
  const sameReach = a.chain === b.chain && a.peers === b.peers
  return sameReach && a.endpoints === b.endpoints && a.route === b.route && sameProblems
}

export function upstreamConfig(definition: Upstream, service: ServiceInstance, datacenter: string): UpstreamConfig {
  const options = upstreamOptions(definition)
  const namespace = definition.DestinationNamespace || service.Namespace
  const peer = definition.DestinationPeer ?? ''
  // What came from a peer is in the partition that has the peering.
  const partition = (peer === '' && definition.DestinationPartition) || service.Partition
  const name = definition.DestinationName
  const id = envoyId({ name, namespace, partition, peer, datacenter: definition.Datacenter ?? '' })
  const chain: ReachArg = {
    peer,
    service: name,
    namespace,
    partition,
    datacenter: definition.Datacenter || datacenter,
    overrides: overridesOf(definition, options),
    consumer: service.Partition,
  }
  return {
    id,
    definition,
    options,
    chain,
    partition: service.Partition,
    key: joinKey(id, service.Partition, reachKey(chain)),
  }
}

function overridesOf(definition: Upstream, options: UpstreamOptions): ChainOverrides {
  const mode = definition.MeshGateway.Mode
  return {
    ...(mode ? { meshGatewayMode: mode } : {}),
    ...(options.protocol === '' ? {} : { protocol: options.protocol }),
    ...(options.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: options.connectTimeoutMs }),
  }
}
