// Step "split": a service's splitter, or its resolver where it has none.

import { isHashBased, type LoadBalancer } from '../entries/load-balancer.ts'
import type { ServiceSplit } from '../entries/service-splitter.ts'
import type { Assembly } from './assembly.ts'
import type { ChainSplit } from './chain.ts'
import { flattenSplit } from './flatten.ts'
import { resolve } from './resolve.ts'
import { redirectTarget, serviceOf, type TargetSpec } from './target.ts'

/** Adds the splitter of a service, or its resolver, and returns the key. */
export function split(assembly: Assembly, wanted: TargetSpec): string | undefined {
  const splitter = assembly.allowsRouting ? assembly.entries.splitter(serviceOf(wanted)) : undefined
  if (splitter === undefined) return resolve(assembly, wanted)
  assembly.usesRouting = true
  assembly.visit(serviceOf(wanted))

  const name = `${wanted.service}.${wanted.namespace}.${wanted.partition}`
  const key = `splitter:${name}`
  if (assembly.nodes.has(key)) return key
  if (assembly.openSplitters.includes(key)) {
    return assembly.fail(`detected circular reference: [${[...assembly.openSplitters, key].join(' -> ')}]`)
  }
  assembly.openSplitters.push(key)
  const splits = splitter.Splits.flatMap(each => compileSplit(assembly, wanted, each))
  assembly.openSplitters.pop()
  const balancer = hashBalancer(assembly, splits)
  return assembly.addNode({
    Type: 'splitter',
    Name: name,
    Splits: splits,
    ...(balancer ? { LoadBalancer: balancer } : {}),
  })
}

function compileSplit(assembly: Assembly, from: TargetSpec, definition: ServiceSplit): readonly ChainSplit[] {
  const to = redirectTarget(from, definition)
  const isOwn = to.service === from.service && to.namespace === from.namespace && to.partition === from.partition
  const next = isOwn || to.subset !== '' ? resolve(assembly, to) : split(assembly, to)
  if (next === undefined) return []
  return flattenSplit({ Definition: definition, Weight: definition.Weight, NextNode: next }, assembly.nodes.get(next))
}

/** Requests are hashed before they are split, so the first resolver that balances by hash decides how. */
function hashBalancer(assembly: Assembly, splits: readonly ChainSplit[]): LoadBalancer | undefined {
  const nodes = splits.map(each => assembly.nodes.get(each.NextNode))
  const balancers = nodes.map(node => (node?.Type === 'resolver' ? node.LoadBalancer : undefined))
  return balancers.find(isHashBased)
}
