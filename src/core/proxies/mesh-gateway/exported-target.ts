// Part of a mesh gateway: where the chain of an exported service leads. Only targets of this datacenter and partition count: what
// comes from a peer is never handed on to yet another place.

import type { ChainTarget, CompiledChain, ResolverNode } from '../../chain/chain.ts'
import { resolverCluster } from '../../envoy/chain-clusters.ts'
import { envoyId } from '../../envoy/names.ts'
import { type ServiceName, serviceKey } from '../../model/tenancy.ts'
import { upstreamChain } from '../../queries/upstream-chain.ts'
import { defineQuery, type View } from '../../store/view.ts'

export interface ExportedTarget {
  readonly name: string
  readonly node: ResolverNode
  readonly target: ChainTarget
}

/** Every target of a service's chain that a peer may be led to. */
export const exportedTargets = defineQuery<ServiceName, readonly ExportedTarget[]>({
  name: 'mesh-gateway-exported-targets',
  key: serviceKey,
  run(view, service) {
    const chain = exportedChainOf(view, service)
    return Object.values(chain?.Nodes ?? {}).flatMap((node): readonly ExportedTarget[] => {
      if (chain === undefined || node.Type !== 'resolver') return []
      const name = exportedCluster(chain, node)
      const target = chain.Targets[node.Resolver.Target]
      return name === undefined || target === undefined ? [] : [{ name, node, target }]
    })
  },
})

/** The chain of a service as its peers meet it; undefined when the entries contradict each other. */
export function exportedChainOf(view: View, service: ServiceName): CompiledChain | undefined {
  const { Name, Namespace: namespace, Partition: partition } = service
  const { datacenter } = view.self
  const compiled = view.derive(upstreamChain, { service: Name, namespace, partition, datacenter, overrides: {} })
  return compiled.ok ? compiled.chain : undefined
}

/** The cluster of a resolver; undefined when it leads out of this datacenter or partition. Failovers do not count. */
export function exportedCluster(chain: CompiledChain, node: ResolverNode): string | undefined {
  const target = chain.Targets[node.Resolver.Target]
  if (target === undefined || target.Peer) return undefined
  if (target.Datacenter !== chain.Datacenter || target.Partition !== chain.Partition) return undefined
  const name = resolverCluster(chain, node)
  return name === undefined ? undefined : `exported~${name}`
}

/** How the routes of an exported service are called. */
export function exportedRouteName({ Name: name, Namespace: namespace, Partition: partition }: ServiceName): string {
  return envoyId({ name, namespace, partition, peer: '', datacenter: '' })
}
