// Route configurations in their simplest form, and the pieces that all of them share. Routes of discovery chains: chain-routes.ts.

import {
  type Route,
  type RouteMatch,
  RouteMatchSchema,
  RouteSchema,
} from '../../gen/envoy/config/route/v3/route_components_pb.ts'
import { type RouteConfiguration, RouteConfigurationSchema } from '../../gen/envoy/config/route/v3/route_pb.ts'
import { create } from './create-message.ts'
import { protoDuration } from './duration.ts'

export interface SingleRoute {
  /** Name of the route configuration. */
  readonly name: string
  readonly virtualHost: string
  readonly cluster: string
  /** Only this path; all of them unless given. */
  readonly path?: string | undefined
  /** 0 means no limit; undefined leaves Envoy's default. */
  readonly timeoutMs?: number | undefined
  readonly idleTimeoutMs?: number | undefined
  /** Request headers that are not passed on. */
  readonly removedHeaders?: readonly string[]
}

/** Routes that send everything, or one path, to one cluster. */
export function singleRoute(options: SingleRoute): RouteConfiguration {
  const { cluster, path, timeoutMs, idleTimeoutMs, removedHeaders = [] } = options
  const route = create(RouteSchema, {
    match: path === undefined ? matchAll() : create(RouteMatchSchema, { pathSpecifier: { case: 'path', value: path } }),
    requestHeadersToRemove: [...removedHeaders],
    action: {
      case: 'route',
      value: {
        clusterSpecifier: { case: 'cluster', value: cluster },
        timeout: timeoutMs === undefined ? undefined : protoDuration(timeoutMs),
        idleTimeout: idleTimeoutMs === undefined ? undefined : protoDuration(idleTimeoutMs),
      },
    },
  })
  return oneHost({ name: options.name, virtualHost: options.virtualHost, routes: [route] })
}

export interface OneHost {
  readonly name: string
  readonly virtualHost: string
  readonly routes: readonly Route[]
  /** Makes Envoy refuse routes to clusters it does not know; undefined leaves its default. */
  readonly validateClusters?: boolean | undefined
}

/** A route configuration with one virtual host for all domains. */
export function oneHost({ name, virtualHost, routes, validateClusters }: OneHost): RouteConfiguration {
  return create(RouteConfigurationSchema, {
    name,
    virtualHosts: [{ name: virtualHost, domains: ['*'], routes: [...routes] }],
    validateClusters,
  })
}

export function matchAll(): RouteMatch {
  return create(RouteMatchSchema, { pathSpecifier: { case: 'prefix', value: '/' } })
}
