// Protobuf writes map entries in the order of insertion; versions are hashes of bytes, so maps must be in one order.

import type { DescField, DescMessage, Message, MessageShape } from '@bufbuild/protobuf'

type Fields = Record<string, unknown>
/** Gives back its argument when there was nothing to sort. */
type Sorter = (message: Fields) => Fields
type FieldSorter = (value: unknown) => unknown

const sorters = new Map<DescMessage, Sorter>()

/** The message with all its maps in the order of their keys: itself when they are already, else a copy where it differs. */
export function sortMaps<S extends DescMessage>(schema: S, message: MessageShape<S>): MessageShape<S> {
  return sorterOf(schema)(message as Message & Fields) as MessageShape<S>
}

function sorterOf(schema: DescMessage): Sorter {
  const known = sorters.get(schema)
  if (known !== undefined) return known
  let compiled: Sorter | undefined
  const sorter: Sorter = message => (compiled ??= compile(schema))(message)
  sorters.set(schema, sorter)
  return sorter
}

function compile(schema: DescMessage): Sorter {
  const fields = schema.fields.filter(holdsMaps)
  const plain = fields
    .filter(field => field.oneof === undefined)
    .map(field => [field.localName, fieldSorter(field)] as const)
  const inOneofs = new Map(
    fields.filter(field => field.oneof !== undefined).map(field => [field.localName, fieldSorter(field)]),
  )
  const oneofs = schema.oneofs.filter(oneof => oneof.fields.some(field => inOneofs.has(field.localName)))

  return message => {
    let result = message
    const put = (name: string, value: unknown): void => {
      if (result === message) result = Object.assign(Object.create(Object.getPrototypeOf(message)), message)
      result[name] = value
    }
    for (const [name, sort] of plain) {
      const value = message[name]
      const sorted = value === undefined ? value : sort(value)
      if (sorted !== value) put(name, sorted)
    }
    for (const { localName } of oneofs) {
      const chosen = message[localName] as { readonly case?: string; readonly value?: unknown }
      const sort = chosen.case === undefined ? undefined : inOneofs.get(chosen.case)
      const sorted = sort === undefined ? chosen.value : sort(chosen.value)
      if (sorted !== chosen.value) put(localName, { case: chosen.case, value: sorted })
    }
    return result
  }
}

function fieldSorter(field: DescField): FieldSorter {
  const sort = field.message === undefined ? undefined : messageSorter(field, field.message)
  if (field.fieldKind === 'map') return value => sortEntries(value as Fields, sort)
  if (field.fieldKind === 'list') return value => sortList(value as unknown[], sort)
  return value => (sort === undefined ? value : sort(value))
}

/** A Struct is kept as plain JSON, except inside the messages that define it. */
function messageSorter(field: DescField, schema: DescMessage): FieldSorter {
  const isJson = schema.typeName === 'google.protobuf.Struct' && field.parent.typeName !== 'google.protobuf.Value'
  if (isJson) return sortJson
  const sort = sorterOf(schema)
  return value => sort(value as Fields)
}

function sortJson(value: unknown): unknown {
  if (Array.isArray(value)) return sortList(value, sortJson)
  return typeof value === 'object' && value !== null ? sortEntries(value as Fields, sortJson) : value
}

function sortList(list: unknown[], sort: FieldSorter | undefined): unknown[] {
  if (sort === undefined) return list
  const sorted = list.map(sort)
  return sorted.every((item, index) => item === list[index]) ? list : sorted
}

function sortEntries(map: Fields, sort: FieldSorter | undefined): Fields {
  const keys = Object.keys(map)
  const values = sort === undefined ? keys.map(key => map[key]) : keys.map(key => sort(map[key]))
  const inOrder = keys.every((key, index) => index === 0 || keys[index - 1]! < key)
  if (inOrder && values.every((value, index) => value === map[keys[index]!])) return map

  const entries = keys.map((key, index) => [key, values[index]] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const mapHolders = new Map<DescMessage, boolean>()

/** Whether a field is a map or can, at any depth, hold one. */
function holdsMaps(field: DescField): boolean {
  if (field.fieldKind === 'map') return true
  if (field.message === undefined) return false
  const seen = new Set<DescMessage>()
  const found = searchMaps(field.message, seen)
  if (!found) for (const schema of seen) mapHolders.set(schema, false)
  return found
}

function searchMaps(schema: DescMessage, seen: Set<DescMessage>): boolean {
  const known = mapHolders.get(schema)
  if (known !== undefined || seen.has(schema)) return known ?? false
  seen.add(schema)
  const found = schema.fields.some(
    field => field.fieldKind === 'map' || (field.message !== undefined && searchMaps(field.message, seen)),
  )
  if (found) mapHolders.set(schema, true)
  return found
}
