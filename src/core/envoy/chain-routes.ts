// The routes of a discovery chain: which cluster, or which share of which clusters, a request goes to.

import {
  type Route,
  type RouteAction,
  RouteActionSchema,
  RouteSchema,
  WeightedClusterSchema,
} from '../../gen/envoy/config/route/v3/route_components_pb.ts'
import type { ChainNode, ChainRoute, CompiledChain, ResolverNode, SplitterNode } from '../chain/chain.ts'
import type { LoadBalancer } from '../entries/load-balancer.ts'
import { scaledWeight } from '../entries/service-splitter.ts'
import { unreachable } from '../model/fault.ts'
import { resolverCluster } from './chain-clusters.ts'
import { create } from './create-message.ts'
import { millisecondsOf, protoDuration } from './duration.ts'
import { hashPolicies } from './hash-policy.ts'
import { headerChanges } from './header-changes.ts'
import { matchAll } from './route.ts'
import { destinationAction, routeMatch } from './route-definition.ts'

/** How the cluster of a resolver is called by the proxy that the routes are for; undefined when it has none. */
export type ClusterName = (chain: CompiledChain, node: ResolverNode) => string | undefined

/** The routes of a chain in the order they are tried. Those that lead nowhere are left out. */
export function chainRoutes(chain: CompiledChain, clusterName: ClusterName = resolverCluster): readonly Route[] {
  const start = chain.Nodes[chain.StartNode]
  if (start === undefined) return []
  if (start.Type === 'router') return start.Routes.flatMap(route => routerRoute(chain, route, clusterName) ?? [])

  const target = nodeAction(chain, start, clusterName)
  if (target === undefined) return []
  // Below a router or splitter the timeout of a resolver does not count.
  const timeout = start.Type === 'resolver' ? millisecondsOf(start.Resolver.RequestTimeout) : undefined
  const action = create(RouteActionSchema, {
    ...target,
    timeout: timeout === undefined || timeout <= 0 ? undefined : protoDuration(timeout),
  })
  return [create(RouteSchema, { match: matchAll(), action: { case: 'route', value: action } })]
}

function routerRoute(chain: CompiledChain, { Definition, NextNode }: ChainRoute, name: ClusterName): Route | undefined {
  const next = chain.Nodes[NextNode]
  const target = next && nodeAction(chain, next, name)
  if (target === undefined) return undefined
  const { RequestHeaders, ResponseHeaders } = Definition.Destination ?? {}
  const action = create(RouteActionSchema, { ...target, ...destinationAction(Definition.Destination) })
  return create(RouteSchema, {
    match: routeMatch(Definition.Match?.HTTP),
    action: { case: 'route', value: action },
    ...headerChanges(RequestHeaders, ResponseHeaders),
  })
}

type Target = Pick<RouteAction, 'clusterSpecifier' | 'hashPolicy'>

function nodeAction(chain: CompiledChain, node: ChainNode, name: ClusterName): Target | undefined {
  switch (node.Type) {
    case 'resolver':
      return resolverAction(name(chain, node), node.LoadBalancer)
    case 'splitter':
      return splitterAction(chain, node, name)
    case 'router':
      throw new Error(`router ${node.Name} is not the start of the chain of ${chain.ServiceName}`)
    default:
      return unreachable(node)
  }
}

function resolverAction(cluster: string | undefined, loadBalancer: LoadBalancer | undefined): Target | undefined {
  if (cluster === undefined) return undefined
  return { clusterSpecifier: { case: 'cluster', value: cluster }, hashPolicy: hashPolicies(loadBalancer) }
}

function splitterAction(chain: CompiledChain, node: SplitterNode, clusterName: ClusterName): Target | undefined {
  const clusters = node.Splits.flatMap(split => {
    const next = chain.Nodes[split.NextNode]
    const name = next?.Type === 'resolver' ? clusterName(chain, next) : undefined
    if (name === undefined) return []
    const { RequestHeaders, ResponseHeaders } = split.Definition
    return [{ name, weight: scaledWeight(split.Weight), ...headerChanges(RequestHeaders, ResponseHeaders) }]
  })
  if (clusters.length === 0) return undefined
  const value = create(WeightedClusterSchema, { clusters })
  return { clusterSpecifier: { case: 'weightedClusters', value }, hashPolicy: hashPolicies(node.LoadBalancer) }
}
