// The endpoints of all clusters of a discovery chain, shared by every proxy of a partition that uses the chain.

import { chainClusters, type TargetCluster } from '../../envoy/chain-clusters.ts'
import type { Resource } from '../../envoy/resource.ts'
import { joinKey } from '../../model/tenancy.ts'
import { sameResource, targetEndpoints } from '../../queries/endpoints.ts'
import { defineQuery, type View } from '../../store/view.ts'
import { peerEndpoints } from './peer-target.ts'
import { type ReachArg, reach, reachKey, serviceOf } from './reach.ts'

export interface ChainEndpointsArg {
  readonly chain: ReachArg
  /** Where the proxies are. */
  readonly partition: string
}

/** One resource for each cluster whose endpoints are known; empty when nothing is reached. */
export const chainEndpoints = defineQuery<ChainEndpointsArg, readonly Resource[]>({
  name: 'chain-endpoints',
  key: arg => joinKey(arg.partition, reachKey(arg.chain)),
  run(view, { chain, partition }) {
    const reached = view.derive(reach, chain)
    if (!reached.ok) return []
    return chainClusters(reached.chain).flatMap(cluster => {
      return cluster.kind === 'target' ? (endpointsOf(view, cluster, partition) ?? []) : []
    })
  },
  equal: (before, after) =>
    before.length === after.length && before.every((resource, i) => sameResource(resource, after[i])),
})

function endpointsOf(view: View, { name, target }: TargetCluster, partition: string): Resource | undefined {
  const { Datacenter, Subset, MeshGateway } = target
  const common = { clusterName: name, service: serviceOf(target), mode: MeshGateway.Mode ?? '' }
  if (target.Peer) return view.derive(peerEndpoints, common)
  return view.derive(targetEndpoints, {
    ...common,
    datacenter: Datacenter,
    filter: Subset.Filter ?? '',
    onlyPassing: Subset.OnlyPassing ?? false,
    partition,
  })
}
