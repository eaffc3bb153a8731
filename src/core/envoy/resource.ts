// What a proxy is told, in pieces that streams can share: one Envoy resource, encoded once, and the whole set of one proxy.
// Holds the types and names only; `make-resource.ts` makes them out of protobuf messages.

import type { Issue } from '../../lib/schema.ts'

export type ResourceType = 'secret' | 'cluster' | 'endpoints' | 'listener' | 'route'

/** Every type, in the order in which a proxy is to learn of them. */
export const resourceTypes: readonly ResourceType[] = ['secret', 'cluster', 'endpoints', 'listener', 'route']

/** The type URLs Envoy asks by. */
export const typeUrls: Readonly<Record<ResourceType, string>> = {
  secret: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
  cluster: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  endpoints: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  listener: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  route: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
}

/** A value for each type. */
export function perType<T>(make: (type: ResourceType) => T): Record<ResourceType, T> {
  return {
    secret: make('secret'),
    cluster: make('cluster'),
    endpoints: make('endpoints'),
    listener: make('listener'),
    route: make('route'),
  }
}

/**
 * One resource. Immutable, and meant to be shared: the same object given to a thousand proxies is encoded once. Whoever
 * builds resources keeps handing out the same object for as long as nothing about it changes; sessions compare by identity first.
 */
export interface Resource {
  readonly type: ResourceType
  readonly name: string
  /** Changes exactly when the encoded bytes change. */
  readonly version: string
  /** One `resources` field of a DeltaDiscoveryResponse, tag and length included; responses are such chunks side by side. */
  readonly chunk: Uint8Array
  /**
   * Names of the resources Envoy forgets when it is given this one: for a cluster that gets its endpoints by EDS the name it
   * asks for, for a listener the route configurations it asks for.
   */
  readonly children: readonly string[]
  /** Why Envoy would refuse it; a resource with issues is withheld. */
  readonly issues: readonly Issue[]
}

/** Everything one proxy is to hold. Keep the same array while nothing of that type has changed. */
export type ResourceSet = Readonly<Record<ResourceType, readonly Resource[]>> & {
  /** Types whose emptiness is a fact to be told, not a sign that something is not known yet. */
  readonly allowEmpty: ReadonlySet<ResourceType>
}
