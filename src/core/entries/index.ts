// The registry of config-entry kinds. A new kind is one file, one import and one line in the list.

import type { EntryKind, EntryOf } from './define-entry.ts'
import { proxyDefaults } from './proxy-defaults.ts'

export const ENTRY_KINDS = [proxyDefaults] as const

type RowOf<D> = D extends EntryKind<infer K, infer F> ? EntryOf<K, F> : never

/** Any stored config entry; `Kind` tells which. */
export type ConfigEntry = RowOf<(typeof ENTRY_KINDS)[number]>

export type EntryKindName = ConfigEntry['Kind']

/** The entry type of one kind. */
export type EntryOfKind<K extends EntryKindName> = Extract<ConfigEntry, { readonly Kind: K }>

const BY_NAME: ReadonlyMap<string, EntryKind> = new Map(
  // Each kind's own types are narrower than the registry's; decoding checks the content at run time.
  ENTRY_KINDS.map(kind => [kind.kind, kind as unknown as EntryKind]),
)

/** The definition of a kind, or undefined when there is none of that name. */
export function entryKind(name: string): EntryKind | undefined {
  return BY_NAME.get(name)
}
