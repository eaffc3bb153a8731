// Step "flatten": splitters below splitters become one, and what nothing leads to any more is dropped.

import type { HeaderModifiers } from '../entries/http-headers.ts'
import { scaledWeight } from '../entries/service-splitter.ts'
import type { ChainNode, ChainSplit, ChainTarget } from './chain.ts'

/** A split as it is, or, where it leads to a splitter, that splitter's splits with their share of it. */
export function flattenSplit(parent: ChainSplit, next: ChainNode | undefined): readonly ChainSplit[] {
  if (next?.Type !== 'splitter') return [parent]
  return next.Splits.map(child => ({
    Definition: {
      ...child.Definition,
      ...optional('RequestHeaders', mergeHeaders(parent.Definition.RequestHeaders, child.Definition.RequestHeaders)),
      ...optional('ResponseHeaders', mergeHeaders(child.Definition.ResponseHeaders, parent.Definition.ResponseHeaders)),
    },
    Weight: Math.round((scaledWeight(parent.Weight) * scaledWeight(child.Weight)) / 10_000) / 100,
    NextNode: child.NextNode,
  }))
}

function optional<K extends string>(name: K, value: HeaderModifiers | undefined): { [P in K]?: HeaderModifiers } {
  // A computed key widens to string; the object has the one key K or none.
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: HeaderModifiers }
}

/** Both sets of changes as one; where both say something about a header, `winner` is heard. */
function mergeHeaders(other: HeaderModifiers | undefined, winner: HeaderModifiers | undefined) {
  if (other === undefined || winner === undefined) return winner ?? other
  const remove = new Set([...(other.Remove ?? []), ...(winner.Remove ?? [])])
  return {
    ...(other.Add || winner.Add ? { Add: { ...other.Add, ...winner.Add } } : {}),
    ...(other.Set || winner.Set ? { Set: { ...other.Set, ...winner.Set } } : {}),
    ...(remove.size > 0 ? { Remove: [...remove] } : {}),
  }
}

interface Graph {
  readonly nodes: Readonly<Record<string, ChainNode>>
  readonly targets: Readonly<Record<string, ChainTarget>>
}

/** The nodes that can be reached from `start`, and the targets these use, each sorted by key. */
export function reachable(
  start: string,
  nodes: ReadonlyMap<string, ChainNode>,
  targets: ReadonlyMap<string, ChainTarget>,
): Graph {
  const keptNodes = new Map<string, ChainNode>()
  const pending = [start]
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    const node = nodes.get(key)
    if (node === undefined || keptNodes.has(key)) continue
    keptNodes.set(key, node)
    pending.push(...nextNodes(node))
  }
  const used = new Set([...keptNodes.values()].flatMap(targetsOf))
  return {
    nodes: sorted(keptNodes),
    targets: sorted(new Map([...targets].filter(([id]) => used.has(id)))),
  }
}

function nextNodes(node: ChainNode): readonly string[] {
  switch (node.Type) {
    case 'router':
      return node.Routes.map(route => route.NextNode)
    case 'splitter':
      return node.Splits.map(split => split.NextNode)
    case 'resolver':
      return []
  }
}

function targetsOf(node: ChainNode): readonly string[] {
  if (node.Type !== 'resolver') return []
  return [node.Resolver.Target, ...(node.Resolver.Failover?.Targets ?? [])]
}

function sorted<T>(map: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
}
