// The resources of one type, joined from the lists of all parts: the same array for as long as all lists are the same.

import type { Resource, ResourceType } from '../../envoy/resource.ts'
import type { PartCache } from '../part-cache.ts'

export function joinLists(
  parts: PartCache,
  type: ResourceType,
  lists: readonly (readonly Resource[])[],
): readonly Resource[] {
  return parts.use(`all:${type}`, lists, () => distinctNames(lists.flat()))
}

/** Of several resources with one name the first: two upstreams may lead to the same cluster. */
export function distinctNames(resources: readonly Resource[]): readonly Resource[] {
  const names = new Set(resources.map(resource => resource.name))
  if (names.size === resources.length) return resources
  return resources.filter(resource => names.delete(resource.name))
}
