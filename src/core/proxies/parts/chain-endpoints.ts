// The endpoints of all clusters of a discovery chain, shared by every proxy of a partition that uses the chain.

import { chainClusters } from '../../envoy/chain-clusters.ts'
import type { Resource } from '../../envoy/resource.ts'
import { joinKey } from '../../model/tenancy.ts'
import { sameResource, targetEndpoints } from '../../queries/endpoints.ts'
import { type ChainArg, chainKey, upstreamChain } from '../../queries/upstream-chain.ts'
import { defineQuery } from '../../store/view.ts'

export interface ChainEndpointsArg {
  readonly chain: ChainArg
  /** Where the proxies are. */
  readonly partition: string
}

/** One resource for each cluster whose endpoints are known; empty when the chain does not compile. */
export const chainEndpoints = defineQuery<ChainEndpointsArg, readonly Resource[]>({
  name: 'chain-endpoints',
  key: arg => joinKey(arg.partition, chainKey(arg.chain)),
  run(view, { chain, partition }) {
    const compiled = view.derive(upstreamChain, chain)
    if (!compiled.ok) return []
    return chainClusters(compiled.chain).flatMap(cluster => {
      if (cluster.kind !== 'target') return []
      const { Service, Namespace, Partition, Datacenter, Peer, Subset, MeshGateway } = cluster.target
      const endpoints = view.derive(targetEndpoints, {
        clusterName: cluster.name,
        service: { Name: Service, Namespace, Partition, Peer: Peer ?? '' },
        datacenter: Datacenter,
        filter: Subset.Filter ?? '',
        onlyPassing: Subset.OnlyPassing ?? false,
        mode: MeshGateway.Mode ?? '',
        partition,
      })
      return endpoints ?? []
    })
  },
  equal: (before, after) =>
    before.length === after.length && before.every((resource, i) => sameResource(resource, after[i])),
})
