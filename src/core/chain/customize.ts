// Step "customize": the caller's overrides, applied to a finished graph. Those that change nothing do not count.

import { formatDuration } from '../../lib/duration.ts'
import type { ChainNode, ChainTarget } from './chain.ts'
import { type ChainOverrides, customizationHash } from './customization.ts'

interface Graph {
  readonly nodes: Readonly<Record<string, ChainNode>>
  readonly targets: Readonly<Record<string, ChainTarget>>
  readonly protocol: string
}

/** The graph with the overrides in it, and the hash of those that changed something ('' when none did). */
export function customize(graph: Graph, overrides: ChainOverrides): Graph & { readonly hash: string } {
  const { meshGatewayMode: mode, protocol, connectTimeoutMs } = overrides
  const timeout = connectTimeoutMs ? formatDuration(connectTimeoutMs) : undefined
  const nodes = timeout === undefined ? graph.nodes : mapValues(graph.nodes, node => withTimeout(node, timeout))
  const targets = mapValues(graph.targets, target => withMode(withTargetTimeout(target, timeout), mode))

  const changesTimeout = Object.entries(nodes).some(([key, node]) => node !== graph.nodes[key])
  const changesMode = Object.entries(targets).some(([id, target]) => {
    return target.MeshGateway.Mode !== graph.targets[id]?.MeshGateway.Mode
  })
  const effective = {
    ...(mode && changesMode ? { meshGatewayMode: mode } : {}),
    ...(protocol && protocol !== graph.protocol ? { protocol } : {}),
    ...(connectTimeoutMs && changesTimeout ? { connectTimeoutMs } : {}),
  }
  return { nodes, targets, protocol: protocol || graph.protocol, hash: customizationHash(effective) }
}

function withTimeout(node: ChainNode, timeout: string): ChainNode {
  if (node.Type !== 'resolver' || node.Resolver.ConnectTimeout === timeout) return node
  return { ...node, Resolver: { ...node.Resolver, ConnectTimeout: timeout } }
}

function withTargetTimeout(target: ChainTarget, timeout: string | undefined): ChainTarget {
  return timeout === undefined ? target : { ...target, ConnectTimeout: timeout }
}

/** Services outside the mesh are never reached through gateways. */
function withMode(target: ChainTarget, mode: ChainOverrides['meshGatewayMode']): ChainTarget {
  return !mode || target.External ? target : { ...target, MeshGateway: { Mode: mode } }
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
