// One config entry, with the type of its kind.

import { entryKey } from '../entries/define-entry.ts'
import type { EntryKindName, EntryOfKind } from '../entries/index.ts'
import { DEFAULT_NAMESPACE, joinKey, type Tenancy } from '../model/tenancy.ts'
import type { State } from '../store/view.ts'

/** The entry of a kind and name, or undefined. */
export function configEntry<K extends EntryKindName>(
  state: State,
  kind: K,
  name: string,
  tenancy: Tenancy,
): EntryOfKind<K> | undefined {
  const row = state.get('entries', entryKey(kind, name, tenancy.Partition, tenancy.Namespace))
  // The key contains the kind, so the row is of that kind.
  return row?.Kind === kind ? (row as EntryOfKind<K>) : undefined
}

/** The proxy-defaults of a partition. */
export function proxyDefaultsOf(state: State, partition: string): EntryOfKind<'proxy-defaults'> | undefined {
  return configEntry(state, 'proxy-defaults', 'global', { Partition: partition, Namespace: DEFAULT_NAMESPACE })
}

/** The mesh entry of a partition. */
export function meshOf(state: State, partition: string): EntryOfKind<'mesh'> | undefined {
  return configEntry(state, 'mesh', 'mesh', { Partition: partition, Namespace: DEFAULT_NAMESPACE })
}

/** A sameness group of a partition, by name. */
export function samenessGroupOf(
  state: State,
  name: string,
  partition: string,
): EntryOfKind<'sameness-group'> | undefined {
  return configEntry(state, 'sameness-group', name, { Partition: partition, Namespace: DEFAULT_NAMESPACE })
}

/** The sameness group that services of a partition fail over to when nothing else is said. */
export function defaultSamenessGroupOf(state: State, partition: string): EntryOfKind<'sameness-group'> | undefined {
  for (const entry of state.list('entries', 'kind', joinKey('sameness-group', partition))) {
    if (entry.Kind === 'sameness-group' && entry.DefaultForFailover) return entry
  }
  return undefined
}
