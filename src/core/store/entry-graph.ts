// The config entries of a state, as the rules across entries look at them.

import type { Issue } from '../../lib/schema.ts'
import type { EntryGraph, ServiceId } from '../chain/entries.ts'
import { checkEntryWrite } from '../chain/graph-check.ts'
import { entryKey, type NewEntry } from '../entries/define-entry.ts'
import type { ConfigEntry, EntryKindName, EntryOfKind } from '../entries/index.ts'
import { exportPatterns, isMeant } from '../entries/partition-exports.ts'
import { DEFAULT_NAMESPACE, joinKey } from '../model/tenancy.ts'
import { Overlay } from './overlay.ts'
import type { Write } from './store.ts'
import type { State } from './view.ts'

/** What some writes of one entry would break; `datacenter` is where chains are judged. */
export function brokenBy(
  state: State,
  writes: readonly Write[],
  changed: NewEntry<ConfigEntry>,
  datacenter: string,
): readonly Issue[] {
  if (writes.length === 0) return []
  const after = new Overlay(state)
  after.add(writes)
  return checkEntryWrite(entryGraph(after, changed.Partition), changed, datacenter)
}

const WITH_SERVICES = ['service-router', 'service-splitter', 'service-resolver', 'service-intentions'] as const

function entryGraph(state: State, partition: string): EntryGraph {
  const of = <K extends EntryKindName>(kind: K, service: ServiceId) =>
    isHidden(service) ? undefined : entryOf(state, kind, service)
  const single = <K extends EntryKindName>(kind: K, name: string, where: string) =>
    entryOf(state, kind, { Name: name, Partition: where, Namespace: DEFAULT_NAMESPACE })
  const isHidden = (service: ServiceId) => {
    if (service.Partition === partition) return false
    const exported = single('exported-services', service.Partition, service.Partition)
    const groupOf = (name: string) => single('sameness-group', name, service.Partition)
    return !isMeant(exportPatterns(exported, partition, groupOf), service)
  }
  const groups = (where: string) =>
    state.list('entries', 'kind', joinKey('sameness-group', where)).filter(entry => entry.Kind === 'sameness-group')
  return {
    isHidden,
    exportedServices: where => single('exported-services', where, where),
    samenessGroup: (name, where) => single('sameness-group', name, where),
    samenessGroups: groups,
    defaultSamenessGroup: where => groups(where).find(group => group.DefaultForFailover),
    router: service => of('service-router', service),
    splitter: service => of('service-splitter', service),
    resolver: service => of('service-resolver', service),
    serviceDefaults: service => of('service-defaults', service),
    intentions: service => of('service-intentions', service),
    proxyDefaults: where => single('proxy-defaults', 'global', where),
    mesh: where => single('mesh', 'mesh', where),
    *services() {
      for (const kind of WITH_SERVICES) yield* state.list('entries', 'kind', joinKey(kind, partition))
    },
  }
}

function entryOf<K extends EntryKindName>(state: State, kind: K, service: ServiceId): EntryOfKind<K> | undefined {
  const row = state.get('entries', entryKey(kind, service.Name, service.Partition, service.Namespace))
  // The key contains the kind, so the row is of that kind.
  return row?.Kind === kind ? (row as EntryOfKind<K>) : undefined
}
