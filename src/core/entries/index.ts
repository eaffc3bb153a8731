// The registry of config-entry kinds. A new kind is one file, one import and one line in the list.

import { type Decoded, foldKey } from '../../lib/schema.ts'
import { sha256Hex } from '../../lib/sha256.ts'
import type { EntryKind, EntryOf, NewEntry } from './define-entry.ts'
import { exportedServices } from './exported-services.ts'
import { mesh } from './mesh.ts'
import { proxyDefaults } from './proxy-defaults.ts'
import { samenessGroup } from './sameness-group.ts'
import { serviceDefaults } from './service-defaults.ts'
import { serviceIntentions } from './service-intentions.ts'
import { serviceResolver } from './service-resolver.ts'
import { serviceRouter } from './service-router.ts'
import { serviceSplitter } from './service-splitter.ts'

export const ENTRY_KINDS = [
  exportedServices,
  mesh,
  proxyDefaults,
  samenessGroup,
  serviceDefaults,
  serviceIntentions,
  serviceResolver,
  serviceRouter,
  serviceSplitter,
] as const

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

/** Decodes an entry of whatever kind the document says it is, in any spelling. */
export function decodeEntry(input: unknown): Decoded<NewEntry<ConfigEntry>> {
  const name = kindIn(input)
  if (name === undefined) return refuse('Kind', 'Payload does not contain a kind/Kind key at the top level')
  const kind = entryKind(name)
  if (kind === undefined) {
    return refuse('Kind', `invalid config entry kind: ${name}; known are ${[...BY_NAME.keys()].join(', ')}`)
  }
  // The kind of that name decoded it, so it is an entry of that kind.
  return kind.decode(input) as Decoded<NewEntry<ConfigEntry>>
}

/** The JSON of an entry as the API shows it, with a hash of what it says; a tenancy only to those who asked for one. */
export function entryJson(entry: ConfigEntry, showsTenancy: boolean): Readonly<Record<string, unknown>> {
  const { CreateIndex, ModifyIndex, Partition, Namespace, Name, Kind, ...fields } = entry
  const kind = entryKind(Kind)
  const content = { Kind, ...(kind?.nameless ? undefined : { Name }), ...kind?.shown, ...fields }
  return {
    ...content,
    Hash: contentHash(content),
    ...(showsTenancy ? { Partition, Namespace } : undefined),
    CreateIndex,
    ModifyIndex,
  }
}

/** 52 bits: as much as a JSON number carries safely everywhere. */
function contentHash(content: object): number {
  return Number.parseInt(sha256Hex(new TextEncoder().encode(JSON.stringify(content))).slice(0, 13), 16)
}

function refuse(path: string, message: string): Decoded<never> {
  return { ok: false, issues: [{ path, message }] }
}

function kindIn(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined
  const found = Object.entries(input).find(([key]) => foldKey(key) === 'kind')?.[1]
  return typeof found === 'string' && found !== '' ? found : undefined
}
