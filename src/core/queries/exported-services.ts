// What a partition exports, with wildcards resolved to the services there are; and what it may import.

import { consumersOf } from '../entries/partition-exports.ts'
import { DEFAULT_NAMESPACE, joinKey } from '../model/tenancy.ts'
import { defineQuery, type View } from '../store/view.ts'
import { configEntry, samenessGroupOf } from './config-entry.ts'
import { partitions } from './tenancy.ts'

export interface ExportedService {
  readonly service: string
  readonly namespace: string
  /** Both sorted. */
  readonly peers: readonly string[]
  readonly partitions: readonly string[]
}

/** Every exported service of a partition, by namespace and name. */
export const exportedServices = defineQuery<string, readonly ExportedService[]>({
  name: 'exported-services',
  key: name => name,
  run(view, partition) {
    const entry = configEntry(view, 'exported-services', partition, {
      Partition: partition,
      Namespace: DEFAULT_NAMESPACE,
    })
    const found = new Map<string, { service: string; namespace: string; peers: Set<string>; partitions: Set<string> }>()
    for (const each of entry?.Services ?? []) {
      const namespace = each.Namespace || DEFAULT_NAMESPACE
      const consumers = consumersOf(each, partition, name => samenessGroupOf(view, name, partition))
      const names = each.Name === '*' ? namesToExport(view, partition, namespace) : [{ service: each.Name, namespace }]
      for (const name of names) {
        const key = joinKey(name.namespace, name.service)
        const known = found.get(key) ?? { ...name, peers: new Set<string>(), partitions: new Set<string>() }
        for (const peer of consumers.peers) known.peers.add(peer)
        for (const consumer of consumers.partitions) known.partitions.add(consumer)
        found.set(key, known)
      }
    }
    return [...found.keys()].sort().flatMap(key => {
      const each = found.get(key)
      if (each === undefined) return []
      return [{ ...each, peers: [...each.peers].sort(), partitions: [...each.partitions].sort() }]
    })
  },
})

export interface ImportedService {
  readonly service: string
  readonly namespace: string
  readonly fromPartition: string
}

/** Every service that other partitions of the datacenter export to this one. */
export const importedServices = defineQuery<string, readonly ImportedService[]>({
  name: 'imported-services',
  key: name => name,
  run: (view, partition) =>
    view.derive(partitions, undefined).flatMap(({ Name }) => {
      if (Name === partition) return []
      return view
        .derive(exportedServices, Name)
        .filter(each => each.partitions.includes(partition))
        .map(({ service, namespace }) => ({ service, namespace, fromPartition: Name }))
    }),
})

/** What a wildcard stands for: services with instances of their own, and those that only entries describe. */
function namesToExport(view: View, partition: string, namespace: string) {
  const inScope = (row: { readonly Namespace: string }) => namespace === '*' || row.Namespace === namespace
  const rows = view.list('services', 'kind', joinKey(partition, '', '')).filter(inScope)
  const names = rows.map(row => ({ service: row.Service, namespace: row.Namespace }))
  for (const kind of ['service-resolver', 'service-router', 'service-splitter'] as const) {
    const entries = view.list('entries', 'kind', joinKey(kind, partition)).filter(inScope)
    names.push(...entries.map(entry => ({ service: entry.Name, namespace: entry.Namespace })))
  }
  return names.filter(name => name.service !== 'consul')
}
