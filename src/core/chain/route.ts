// Step "route": the router of the service the chain is for. Routers of other services are never entered.

import type { ServiceRoute } from '../entries/service-router.ts'
import type { Assembly } from './assembly.ts'
import type { ChainRoute } from './chain.ts'
import { resolve } from './resolve.ts'
import { split } from './split.ts'
import { redirectTarget } from './target.ts'

/** Adds the start of the chain, which is a router where the service has one, and returns its key. */
export function route(assembly: Assembly): string | undefined {
  const router = assembly.allowsRouting ? assembly.entries.router(assembly.service) : undefined
  if (router === undefined) return split(assembly, assembly.start)
  assembly.usesRouting = true
  const { service, namespace, partition } = assembly.start
  const routes = [...(router.Routes ?? []), implicitRoute(assembly)]
  return assembly.addNode({
    Type: 'router',
    Name: `${service}.${namespace}.${partition}`,
    Routes: routes.flatMap(definition => compileRoute(assembly, definition)),
  })
}

/** The last route: everything else goes to the service itself. */
function implicitRoute(assembly: Assembly): ServiceRoute {
  const { service, namespace, partition } = assembly.start
  return {
    Match: { HTTP: { PathPrefix: '/' } },
    Destination: { Service: service, Namespace: namespace, Partition: partition },
  }
}

function compileRoute(assembly: Assembly, definition: ServiceRoute): readonly ChainRoute[] {
  const { Service, ServiceSubset, Namespace, Partition } = definition.Destination ?? {}
  const target = redirectTarget(assembly.start, {
    ...(Service ? { Service } : {}),
    ...(ServiceSubset ? { ServiceSubset } : {}),
    ...(Namespace ? { Namespace } : {}),
    ...(Partition ? { Partition } : {}),
  })
  // A subset is a choice among instances, so the shares of a splitter do not apply to it.
  const next = target.subset === '' ? split(assembly, target) : resolve(assembly, target)
  return next === undefined ? [] : [{ Definition: definition, NextNode: next }]
}
