// A secondary's config entries follow the primary's: the difference between the two, as one command.

import { deepEqual } from '../../lib/deep-equal.ts'
import { entryKey, type NewEntry } from '../entries/define-entry.ts'
import type { ConfigEntry } from '../entries/index.ts'
import { DEFAULT_PARTITION } from '../model/tenancy.ts'
import type { ReplaceEntriesCommand } from '../store/commands.ts'

/** The command that makes `own` equal to `primary` in the default partition; undefined when they are equal. */
export function replicateEntries(
  own: readonly ConfigEntry[],
  primary: readonly NewEntry<ConfigEntry>[],
): ReplaceEntriesCommand | undefined {
  const ownByKey = new Map(own.map(entry => [keyOf(entry), entry]))
  const wanted = new Set(primary.map(keyOf))
  const set = primary.filter(entry => !sameEntry(ownByKey.get(keyOf(entry)), entry)).map(withoutIndexes)
  const gone = own.filter(entry => entry.Partition === DEFAULT_PARTITION && !wanted.has(keyOf(entry)))
  if (set.length === 0 && gone.length === 0) return undefined
  return { type: 'replace-entries', set, remove: gone }
}

function keyOf(entry: Pick<ConfigEntry, 'Kind' | 'Name' | 'Partition' | 'Namespace'>): string {
  return entryKey(entry.Kind, entry.Name, entry.Partition, entry.Namespace)
}

function sameEntry(own: ConfigEntry | undefined, primary: NewEntry<ConfigEntry>): boolean {
  return own !== undefined && deepEqual(withoutIndexes(own), withoutIndexes(primary))
}

/** Each datacenter counts its own revisions: the primary's mean nothing here. */
function withoutIndexes(entry: NewEntry<ConfigEntry>): NewEntry<ConfigEntry> {
  const { CreateIndex, ModifyIndex, ...rest }: Record<string, unknown> = { ...entry }
  // Only the index fields were taken away, which NewEntry does not have.
  return rest as unknown as NewEntry<ConfigEntry>
}
