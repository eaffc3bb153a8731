// What a proxy kind is: a query that gathers everything the proxy needs, and a pure build of its resources.

import type { Issue } from '../../lib/schema.ts'
import type { ResourceSet } from '../envoy/resource.ts'
import type { Waiting } from '../model/fact.ts'
import type { ServiceInstance, ServiceKind } from '../model/service.ts'
import type { View } from '../store/view.ts'
import type { PartCache } from './part-cache.ts'

export interface ProxyDefinition<S> {
  readonly kind: ServiceKind
  /**
   * Reads everything the proxy needs; waits, instead of answering in part, while something essential is not known. Runs for
   * every change of anything it reads: what takes work belongs into queries. `key` is the table key of `proxy`.
   */
  snapshot(view: View, proxy: ServiceInstance, key: string): S | Waiting
  /** Builds the resources. Parts whose inputs are the same objects as last time come from `parts` unchanged. */
  resources(snapshot: S, parts: PartCache): ResourceSet
  /** What of the configuration could not be used, for the operator to see. */
  issues(snapshot: S): readonly Issue[]
}

/** Defines a proxy kind. Put it in a folder named after the kind and add it to the list in `index.ts`. */
export function defineProxy<S>(definition: ProxyDefinition<S>): ProxyDefinition<S> {
  return definition
}

export function isWaiting<S>(snapshot: S | Waiting): snapshot is Waiting {
  return typeof snapshot === 'object' && snapshot !== null && 'waiting' in snapshot
}
