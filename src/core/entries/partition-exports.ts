// What an exported-services entry lets another partition use. What a consumer makes of that: `../queries/partition-exports.ts`.

import { DEFAULT_NAMESPACE, type Tenancy } from '../model/tenancy.ts'
import type { NewEntry } from './define-entry.ts'
import type { ExportedService, ExportedServices } from './exported-services.ts'
import { groupMembers, type SamenessGroup } from './sameness-group.ts'

/** `<namespace>/<name>` of what is exported to a partition, where each part may be `*`; sorted. */
export type ExportPatterns = readonly string[]

/** A sameness group of the exporting partition, by name. */
export type GroupLookup = (name: string) => NewEntry<SamenessGroup> | undefined

/** Who may use a service, with sameness groups resolved; the exporting partition itself is no consumer. Both sorted. */
export interface Consumers {
  readonly partitions: readonly string[]
  readonly peers: readonly string[]
}

export function consumersOf(service: ExportedService, exporter: string, groupOf: GroupLookup): Consumers {
  const members = service.Consumers.flatMap(({ Partition, Peer, SamenessGroup: name }) => {
    if (name === undefined) return [{ Partition, Peer }]
    const group = groupOf(name)
    return group === undefined ? [] : groupMembers(group)
  })
  const partitions = new Set(members.flatMap(member => member.Partition || []))
  partitions.delete(exporter)
  const peers = new Set(members.flatMap(member => member.Peer || []))
  return { partitions: [...partitions].sort(), peers: [...peers].sort() }
}

/** The patterns of an entry for one consumer. */
export function exportPatterns(
  entry: NewEntry<ExportedServices> | undefined,
  consumer: string,
  groupOf: GroupLookup,
): ExportPatterns {
  if (entry === undefined) return []
  const exported = (entry.Services ?? []).filter(service =>
    consumersOf(service, entry.Partition, groupOf).partitions.includes(consumer),
  )
  return exported.map(service => `${service.Namespace || DEFAULT_NAMESPACE}/${service.Name}`).sort()
}

/** True when some pattern means the service. */
export function isMeant(
  patterns: ExportPatterns,
  service: Pick<Tenancy, 'Namespace'> & { readonly Name: string },
): boolean {
  return patterns.some(each => {
    const slash = each.indexOf('/')
    const namespace = each.slice(0, slash)
    const name = each.slice(slash + 1)
    return (namespace === '*' || namespace === service.Namespace) && (name === '*' || name === service.Name)
  })
}
