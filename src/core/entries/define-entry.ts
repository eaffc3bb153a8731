// What a config-entry kind is. From one definition come decoding, the row type, the API, the CLI and the permissions.

import {
  type Decoded,
  decode,
  type Fields,
  type Issue,
  map,
  type ObjectOf,
  type ObjectSchema,
  required,
  string,
} from '../../lib/schema.ts'
import type { Permission } from '../acl/permission.ts'
import type { Indexed } from '../model/row.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION, joinKey } from '../model/tenancy.ts'
import { sparse } from './sparse.ts'

/** What every entry carries, whatever its kind. */
export interface EntryHeader extends Indexed {
  readonly Name: string
  readonly Partition: string
  readonly Namespace: string
  readonly Meta?: Readonly<Record<string, string>>
}

export type EntryOf<K extends string, F extends Fields> = EntryHeader & { readonly Kind: K } & ObjectOf<F>

/** An entry as decoded, before the store gives it indexes. */
export type NewEntry<E extends EntryHeader> = E extends EntryHeader ? Omit<E, keyof Indexed> : never

export interface EntryDefinition<K extends string, F extends Fields> {
  readonly kind: K
  /** The only name the kind may have (`global`, `mesh`); absent for kinds named after a service. */
  readonly fixedName?: string
  /** The kind is about a whole partition: its entries are in no namespace but the default one. */
  readonly scope?: 'partition'
  /** The kind's JSON has no `Name`. */
  readonly nameless?: true
  readonly fields: F
  /** What the JSON shows of fields that are empty, where it shows them all the same. */
  readonly shown?: Readonly<Record<string, unknown>>
  readonly aliases?: Readonly<Record<string, string>>
  /** Brings an entry into its stored form (sorting, defaults that depend on other fields). */
  normalize?(entry: NewEntry<EntryOf<K, F>>): NewEntry<EntryOf<K, F>>
  /** Rules inside one entry. Rules across entries live with the discovery chain. */
  check(entry: NewEntry<EntryOf<K, F>>): readonly Issue[]
  read(name: string): Permission
  write(name: string): Permission
  /** What writing this very entry needs besides `write(name)`. */
  writeAlso?(entry: NewEntry<EntryOf<K, F>>): readonly Permission[]
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
  const schema = sparse(
    {
      Kind: required(string()),
      Name: string(),
      Partition: string(),
      Namespace: string(),
      ...definition.fields,
      Meta: map(string()),
    } as Fields,
    { ignored: READ_ONLY, ...(definition.aliases ? { aliases: definition.aliases } : {}) },
  )
  return { ...definition, schema, decode: input => decodeDocument(definition, schema, input) }
}

function decodeDocument<K extends string, F extends Fields>(
  definition: EntryDefinition<K, F>,
  schema: ObjectSchema<Fields>,
  input: unknown,
): Decoded<NewEntry<EntryOf<K, F>>> {
  const decoded = decode(schema, input, { weak: true })
  if (!decoded.ok) return decoded
  const entry = inStoredOrder(definition, decoded.value)
  // Decoded by the header's own schemas above.
  const header = decoded.value as Partial<EntryHeader>
  const issues = [
    ...checkName(definition.fixedName, header.Name ?? definition.fixedName ?? ''),
    ...checkScope(definition, header.Namespace ?? DEFAULT_NAMESPACE),
    ...definition.check(entry),
    ...checkMeta(header.Meta ?? {}),
  ]
  if (issues.length > 0) return { ok: false, issues }
  return { ok: true, value: definition.normalize ? definition.normalize(entry) : entry }
}

/** Header first, then the fields in the order of the definition, so that equal entries also print alike. */
function inStoredOrder<K extends string, F extends Fields>(
  definition: EntryDefinition<K, F>,
  decoded: Readonly<Record<string, unknown>>,
): NewEntry<EntryOf<K, F>> {
  const entry: Record<string, unknown> = {
    Kind: definition.kind,
    Name: decoded.Name ?? definition.fixedName ?? '',
    Partition: decoded.Partition ?? DEFAULT_PARTITION,
    Namespace: decoded.Namespace ?? DEFAULT_NAMESPACE,
  }
  for (const name of [...Object.keys(definition.fields), 'Meta']) {
    if (Object.hasOwn(decoded, name)) entry[name] = decoded[name]
  }
  // The schema was made of the header and F, so the decoded object has exactly that type.
  return entry as unknown as NewEntry<EntryOf<K, F>>
}

function checkName(fixedName: string | undefined, name: string): Issue[] {
  if (name === '') return [{ path: 'Name', message: 'is required' }]
  if (fixedName === undefined || name === fixedName) return []
  return [{ path: 'Name', message: `invalid name ("${name}"), only "${fixedName}" is supported` }]
}

function checkScope(
  { kind, scope }: { readonly kind: string; readonly scope?: 'partition' },
  namespace: string,
): Issue[] {
  if (scope === undefined || namespace === DEFAULT_NAMESPACE) return []
  return [{ path: 'Namespace', message: `${kind} is about a whole partition, not about the namespace "${namespace}"` }]
}

function checkMeta(meta: Readonly<Record<string, string>>): Issue[] {
  const issues: Issue[] = []
  const pairs = Object.entries(meta)
  if (pairs.length > META_LIMITS.pairs) issues.push({ path: 'Meta', message: `at most ${META_LIMITS.pairs} pairs` })
  for (const [key, value] of pairs) {
    const path = `Meta[${JSON.stringify(key.slice(0, 20))}]`
    if (key.length > META_LIMITS.key) issues.push({ path, message: `key is longer than ${META_LIMITS.key}` })
    if (value.length > META_LIMITS.value) issues.push({ path, message: `value is longer than ${META_LIMITS.value}` })
  }
  return issues
}

/** The table key of an entry. Entries of fixed name are one per partition or cluster, so the namespace still counts. */
export function entryKey(kind: string, name: string, partition: string, namespace: string): string {
  return joinKey(kind, partition, namespace, name)
}
