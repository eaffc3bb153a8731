// Which clusters a discovery chain needs and what each of them is for. What they contain is for the proxy kinds to say.

import type { ChainTarget, CompiledChain, ResolverNode } from '../chain/chain.ts'
import type { LoadBalancer } from '../entries/load-balancer.ts'
import { millisecondsOf } from './duration.ts'

export type ChainCluster = TargetCluster | FailoverCluster

/** The endpoints of one target. */
export interface TargetCluster {
  readonly kind: 'target'
  readonly name: string
  readonly connectTimeoutMs: number
  readonly loadBalancer: LoadBalancer | undefined
  readonly target: ChainTarget
}

/** Tries other clusters in order. */
export interface FailoverCluster {
  readonly kind: 'failover'
  readonly name: string
  readonly connectTimeoutMs: number
  readonly members: readonly string[]
}

const DEFAULT_CONNECT_TIMEOUT_MS = 5000

/** The clusters of a chain, by the order of its nodes' keys; one resolver makes one, or with failover one and its members. */
export function chainClusters(chain: CompiledChain): readonly ChainCluster[] {
  const keys = Object.keys(chain.Nodes).sort()
  return keys.flatMap(key => {
    const node = chain.Nodes[key]
    return node?.Type === 'resolver' ? resolverClusters(chain, node) : []
  })
}

/**
 * The cluster that a resolver stands for: its target's server name, behind the hash of what the caller changed in the chain.
 * Undefined for a peer's service, whose names come with the peer's data.
 */
export function resolverCluster(chain: CompiledChain, node: ResolverNode): string | undefined {
  const name = chain.Targets[node.Resolver.Target]?.Name
  if (name === undefined) return undefined
  return chain.CustomizationHash === undefined ? name : `${chain.CustomizationHash}~${name}`
}

function resolverClusters(chain: CompiledChain, node: ResolverNode): readonly ChainCluster[] {
  const base = resolverCluster(chain, node)
  const primary = chain.Targets[node.Resolver.Target]
  if (base === undefined || primary === undefined) return []
  const connectTimeoutMs = millisecondsOf(node.Resolver.ConnectTimeout) ?? DEFAULT_CONNECT_TIMEOUT_MS
  const common = { kind: 'target' as const, connectTimeoutMs, loadBalancer: node.LoadBalancer }
  const others = (node.Resolver.Failover?.Targets ?? []).flatMap(id => chain.Targets[id] ?? [])
  if (others.length === 0) return [{ ...common, name: base, target: primary }]

  // Targets whose names are not known yet are left out before the members are numbered.
  const usable = [primary, ...others].filter(target => target.Name !== undefined)
  const members = usable.map((target, i) => ({ ...common, name: `failover-target~${i}~${base}`, target }))
  return [{ kind: 'failover', name: base, connectTimeoutMs, members: members.map(member => member.name) }, ...members]
}
