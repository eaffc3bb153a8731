// What a config-entry kind is. From one definition come decoding, the row type, the API, the CLI and the permissions.

import {
  type Decoded,
  decode,
  type Fields,
  type Issue,
  map,
  type ObjectOf,
  type ObjectSchema,
  object,
  required,
  string,
} from '../../lib/schema.ts'
import type { Permission } from '../acl/permission.ts'
import type { Indexed } from '../model/row.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION, joinKey } from '../model/tenancy.ts'

/** What every entry carries, whatever its kind. */
export interface EntryHeader extends Indexed {
  readonly Name: string
  readonly Partition: string
  readonly Namespace: string
  readonly Meta?: Readonly<Record<string, string>>
}

export type EntryOf<K extends string, F extends Fields> = EntryHeader & { readonly Kind: K } & ObjectOf<F>

/** An entry as decoded, before the store gives it indexes. */
export type NewEntry<E extends EntryHeader> = Omit<E, keyof Indexed>

export interface EntryDefinition<K extends string, F extends Fields> {
  readonly kind: K
  /** The only name the kind may have (`global`, `mesh`); absent for kinds named after a service. */
  readonly fixedName?: string
  readonly fields: F
  readonly aliases?: Readonly<Record<string, string>>
  /** Brings an entry into its stored form (sorting, defaults that depend on other fields). */
  normalize?(entry: NewEntry<EntryOf<K, F>>): NewEntry<EntryOf<K, F>>
  /** Rules inside one entry. Rules across entries live with the discovery chain. */
  check(entry: NewEntry<EntryOf<K, F>>): readonly Issue[]
  read(name: string): Permission
  write(name: string): Permission
}

export interface EntryKind<K extends string = string, F extends Fields = Fields> extends EntryDefinition<K, F> {
  readonly schema: ObjectSchema<Fields>
  /** Decodes a document in any spelling (CamelCase, snake_case, HCL blocks) into a checked, normalised entry. */
  decode(input: unknown): Decoded<NewEntry<EntryOf<K, F>>>
}

const META_LIMITS = { pairs: 64, key: 128, value: 512 }

const READ_ONLY = ['CreateIndex', 'ModifyIndex', 'Hash', 'Status', 'ServiceMeta']

/** Defines a kind. Put it in a file named after the kind and add it to the list in `index.ts`. */
export function defineEntry<const K extends string, const F extends Fields>(
  definition: EntryDefinition<K, F>,
): EntryKind<K, F> {
  const schema = object(
    {
      Kind: required(string()),
      Name: string(),
      Partition: string(),
      Namespace: string(),
      Meta: map(string()),
      ...definition.fields,
    } as Fields,
    { ignored: READ_ONLY, ...(definition.aliases ? { aliases: definition.aliases } : {}) },
  )
  return { ...definition, schema, decode: input => decodeEntry(definition, schema, input) }
}

function decodeEntry<K extends string, F extends Fields>(
  definition: EntryDefinition<K, F>,
  schema: ObjectSchema<Fields>,
  input: unknown,
): Decoded<NewEntry<EntryOf<K, F>>> {
  const decoded = decode(schema, input, { weak: true })
  if (!decoded.ok) return decoded
  const fields: Record<string, unknown> = decoded.value
  const name = typeof fields.Name === 'string' ? fields.Name : ''
  const full = {
    Partition: DEFAULT_PARTITION,
    Namespace: DEFAULT_NAMESPACE,
    ...fields,
    Kind: definition.kind,
    Name: name === '' ? (definition.fixedName ?? '') : name,
  }
  // The schema was made of the header and F, so the decoded object has exactly that type.
  const entry = full as unknown as NewEntry<EntryOf<K, F>>
  const issues = [...checkHeader(definition.fixedName, entry), ...definition.check(entry)]
  if (issues.length > 0) return { ok: false, issues }
  return { ok: true, value: definition.normalize ? definition.normalize(entry) : entry }
}

function checkHeader(fixedName: string | undefined, entry: NewEntry<EntryHeader>): Issue[] {
  const issues: Issue[] = []
  if (entry.Name === '') issues.push({ path: 'Name', message: 'is required' })
  if (fixedName !== undefined && entry.Name !== fixedName) {
    issues.push({ path: 'Name', message: `invalid name ("${entry.Name}"), only "${fixedName}" is supported` })
  }
  const meta = Object.entries(entry.Meta ?? {})
  if (meta.length > META_LIMITS.pairs) issues.push({ path: 'Meta', message: `at most ${META_LIMITS.pairs} pairs` })
  for (const [key, value] of meta) {
    if (key.length > META_LIMITS.key) issues.push({ path: 'Meta', message: `key "${key.slice(0, 20)}..." is too long` })
    if (value.length > META_LIMITS.value) issues.push({ path: `Meta["${key}"]`, message: 'value is longer than 512' })
  }
  return issues
}

/** The table key of an entry. Entries of fixed name are one per partition or cluster, so the namespace still counts. */
export function entryKey(kind: string, name: string, partition: string, namespace: string): string {
  return joinKey(kind, partition, namespace, name)
}
