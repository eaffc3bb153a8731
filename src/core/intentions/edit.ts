// Changing one intention, as the intentions API does, is changing the service-intentions entry of its destination.

import type { Decoded } from '../../lib/schema.ts'
import type { NewEntry } from '../entries/define-entry.ts'
import type { ServiceId } from '../entries/references.ts'
import { type IntentionSource, normalizeIntentions, type ServiceIntentions } from '../entries/service-intentions.ts'
import { checkIntentions, type SourceIdentity, sourceIdentity } from '../entries/service-intentions-check.ts'
import type { Unindexed } from '../model/row.ts'

type Entry = Unindexed<ServiceIntentions>

/** The entry of `destination` with `source` in it, in place of one with the same identity; or what is wrong with that. */
export function upsertSource(
  current: Entry | undefined,
  destination: ServiceId,
  source: IntentionSource,
): Decoded<NewEntry<ServiceIntentions>> {
  const entry = current ?? emptyEntry(destination)
  const others = entry.Sources.filter(each => !isSame(entry, each, source))
  const changed = { ...entry, Sources: [...others, source] }
  const issues = checkIntentions(changed, { legacy: true })
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value: normalizeIntentions(changed) }
}

export type SourceRemoval =
  | { readonly outcome: 'absent' }
  /** It was the last source, and an entry has at least one. */
  | { readonly outcome: 'entry-empty' }
  | { readonly outcome: 'removed'; readonly entry: Entry }

/** What becomes of an entry when one of its sources goes. */
export function deleteSource(current: Entry | undefined, source: SourceIdentity): SourceRemoval {
  if (current === undefined) return { outcome: 'absent' }
  const others = current.Sources.filter(each => !isSame(current, each, source))
  if (others.length === current.Sources.length) return { outcome: 'absent' }
  return others.length === 0
    ? { outcome: 'entry-empty' }
    : { outcome: 'removed', entry: { ...current, Sources: others } }
}

/** The source of an entry with the given identity. */
export function findSource(entry: Entry, source: SourceIdentity): IntentionSource | undefined {
  return entry.Sources.find(each => isSame(entry, each, source))
}

/** The source that the deprecated API made under an ID. */
export function findSourceById(entry: Entry, id: string): IntentionSource | undefined {
  return entry.Sources.find(each => each.LegacyID === id)
}

function isSame(entry: Entry, a: SourceIdentity, b: SourceIdentity): boolean {
  return JSON.stringify(sourceIdentity(a, entry)) === JSON.stringify(sourceIdentity(b, entry))
}

function emptyEntry({ Name, Namespace, Partition }: ServiceId): Entry {
  return { Kind: 'service-intentions', Name, Partition, Namespace, Sources: [] }
}
