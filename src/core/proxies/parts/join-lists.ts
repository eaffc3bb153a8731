// The resources of one type, joined from the lists of all parts: the same array for as long as all lists are the same.

import type { Resource, ResourceType } from '../../envoy/resource.ts'
import type { PartCache } from '../part-cache.ts'

/** Of several resources with one name the first stays: two upstreams may lead to the same cluster. */
export function joinLists(
  parts: PartCache,
  type: ResourceType,
  lists: readonly (readonly Resource[])[],
): readonly Resource[] {
  return parts.use(`all:${type}`, lists, () => {
    const all = lists.flat()
    const names = new Set(all.map(resource => resource.name))
    if (names.size === all.length) return all
    return all.filter(resource => names.delete(resource.name))
  })
}
