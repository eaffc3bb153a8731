// Whether Envoy could tell two lists of resources apart.

import type { Resource } from '../../envoy/resource.ts'
import { sameResource } from '../../queries/endpoints.ts'

interface Parts {
  readonly clusters: readonly Resource[]
  readonly endpoints: readonly Resource[]
  readonly routes?: readonly Resource[]
}

/** True when nothing of one differs from the other. */
export function sameParts(before: Parts, after: Parts): boolean {
  return (
    sameList(before.clusters, after.clusters) &&
    sameList(before.endpoints, after.endpoints) &&
    sameList(before.routes ?? [], after.routes ?? [])
  )
}

function sameList(before: readonly Resource[], after: readonly Resource[]): boolean {
  return before.length === after.length && before.every((resource, i) => sameResource(resource, after[i]))
}
