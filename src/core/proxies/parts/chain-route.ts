// The route configuration of a discovery chain, shared by every proxy of a partition that uses the chain under the same name.

import { chainRoutes } from '../../envoy/chain-routes.ts'
import { makeResource } from '../../envoy/make-resource.ts'
import { isHttp, protocolOf } from '../../envoy/protocol.ts'
import type { Resource } from '../../envoy/resource.ts'
import { oneHost } from '../../envoy/route.ts'
import { joinKey } from '../../model/tenancy.ts'
import { meshOf } from '../../queries/config-entry.ts'
import { sameResource } from '../../queries/endpoints.ts'
import { defineQuery } from '../../store/view.ts'
import { type ReachArg, reach, reachKey } from './reach.ts'

export interface ChainRouteArg {
  readonly chain: ReachArg
  /** What the upstream is called in Envoy; names the configuration and its virtual host. */
  readonly name: string
  /** Where the proxies are. */
  readonly partition: string
}

/** The routes; undefined where the listener has them inside, or has no use for any. */
export const chainRoute = defineQuery<ChainRouteArg, Resource | undefined>({
  name: 'chain-route',
  key: arg => joinKey(arg.name, arg.partition, reachKey(arg.chain)),
  run(view, { chain, name, partition }) {
    const reached = view.derive(reach, chain)
    if (!reached.ok || reached.chain.Default || !isHttp(protocolOf(reached.chain.Protocol))) return undefined
    const validateClusters = meshOf(view, partition)?.ValidateClusters || undefined
    const routes = chainRoutes(reached.chain)
    return makeResource('route', oneHost({ name, virtualHost: name, routes, validateClusters }))
  },
  equal: sameResource,
})
