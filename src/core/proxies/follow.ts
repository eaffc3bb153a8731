// What a server follows to keep one proxy configured: a query for everything the proxy is made of, and the building of its
// resources, which remembers the last build so that only what changed is made again.

import type { Issue } from '../../lib/schema.ts'
import type { ResourceSet } from '../envoy/resource.ts'
import type { Want } from '../model/fact.ts'
import type { ServiceKind } from '../model/service.ts'
import { defineQuery } from '../store/view.ts'
import { isWaiting } from './define-proxy.ts'
import { proxyKind } from './index.ts'
import { PartCache } from './part-cache.ts'

export type ProxyState =
  /** There is no such instance (any more). */
  | { readonly state: 'gone' }
  /** The instance is not a proxy of a kind that can be configured. */
  | { readonly state: 'unsupported'; readonly kind: ServiceKind }
  /** Something essential is not known yet. */
  | { readonly state: 'waiting'; readonly for: readonly Want[] }
  | ReadyProxy

export interface ReadyProxy {
  readonly state: 'ready'
  readonly kind: ServiceKind
  readonly snapshot: unknown
  /** What of the configuration could not be used. */
  readonly issues: readonly Issue[]
}

/** The state of a proxy by the table key of its instance. Follow it with `store.watch`, so that what it wants is fetched. */
export const proxySnapshot = defineQuery<string, ProxyState>({
  name: 'proxy-snapshot',
  key: instanceKey => instanceKey,
  run(view, instanceKey) {
    const service = view.get('services', instanceKey)
    if (service === undefined) return { state: 'gone' }
    const definition = proxyKind(service.Kind)
    if (definition === undefined) return { state: 'unsupported', kind: service.Kind }
    const snapshot: unknown = definition.snapshot(view, service, instanceKey)
    if (isWaiting(snapshot)) return { state: 'waiting', for: snapshot.waiting }
    return { state: 'ready', kind: service.Kind, snapshot, issues: definition.issues(snapshot) }
  },
  // Runs only when something it read has changed; comparing whole snapshots would cost more than a build that finds all its
  // parts unchanged.
  equal: (before, after) => before.state === 'gone' && after.state === 'gone',
})

/** The builds of one proxy, one after the other. */
export class ProxyBuild {
  #parts = new PartCache()
  #kind: ServiceKind = ''

  /** The resources for a snapshot. Lists of a type in which nothing changed are the same arrays as in the last build. */
  build({ kind, snapshot }: ReadyProxy): ResourceSet {
    const definition = proxyKind(kind)
    if (definition === undefined) throw new Error(`no proxy kind "${kind}"`)
    if (kind !== this.#kind) this.#parts = new PartCache()
    this.#kind = kind
    return this.#parts.building(() => definition.resources(snapshot, this.#parts))
  }
}
