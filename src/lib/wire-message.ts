// Protobuf messages described by a table of field numbers: types, encoding and decoding from one place. For small protocols
// whose definition is a table in a document; Envoy's API is generated instead.

import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** How a value of one field is read and written. An absent field has the value `empty`, and that value is not written. */
interface Codec<T> {
  readonly wireType: WireType
  readonly empty: T
  isEmpty(value: T): boolean
  write(writer: BinaryWriter, value: T): void
  read(reader: BinaryReader, budget: Budget): T
}

export interface Field<T> {
  readonly number: number
  readonly empty: T
  write(writer: BinaryWriter, value: T): void
  /** Reads one occurrence and folds it into what was read before. */
  merge(reader: BinaryReader, before: T, wireType: WireType, budget: Budget): T
}

export type FieldTable = Readonly<Record<string, Field<unknown>>>

export type MessageOf<F extends FieldTable> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

/** Any fields of a message; the others are empty. */
export type Partially<M> = { readonly [K in keyof M]?: M[K] }

export interface MessageType<M> {
  readonly fields: FieldTable
  encode(message: Partially<M>): Uint8Array
  /** Unknown fields are skipped. Throws RangeError when the bytes are not such a message or are nested too deeply. */
  decode(bytes: Uint8Array): M
}

export type Infer<T> = T extends MessageType<infer M> ? M : never

/** How much nesting a message may still hold. */
interface Budget {
  readonly depth: number
}

const MAX_DEPTH = 32

/** Defines a message. */
export function message<const F extends FieldTable>(fields: F): MessageType<MessageOf<F>> {
  const byNumber = new Map(Object.entries(fields).map(([name, field]) => [field.number, { name, field }]))
  const inOrder = [...byNumber.values()].sort((a, b) => a.field.number - b.field.number)

  const write = (writer: BinaryWriter, value: Readonly<Record<string, unknown>>) => {
    for (const { name, field } of inOrder) if (value[name] !== undefined) field.write(writer, value[name])
  }
  const read = (reader: BinaryReader, end: number, budget: Budget) => {
    if (budget.depth <= 0) throw new RangeError('protobuf message is nested too deeply')
    const value: Record<string, unknown> = {}
    for (const { name, field } of inOrder) value[name] = field.empty
    while (reader.pos < end) {
      const [number, wireType] = reader.tag()
      const known = byNumber.get(number)
      if (known === undefined) reader.skip(wireType)
      else value[known.name] = known.field.merge(reader, value[known.name], wireType, { depth: budget.depth - 1 })
    }
    if (reader.pos !== end) throw new RangeError('protobuf message ends inside a field')
    // The loop above filled exactly the fields of F.
    return value as MessageOf<F>
  }

  const type: Nestable<MessageOf<F>> = {
    fields,
    encode(value) {
      const writer = new BinaryWriter()
      write(writer, value)
      return writer.finish()
    },
    decode: bytes => guarded(() => read(new BinaryReader(bytes), bytes.length, { depth: MAX_DEPTH })),
    [WRITE]: write,
    [READ]: read,
  }
  return type
}

const WRITE = Symbol('write')
const READ = Symbol('read')

interface Nestable<M> extends MessageType<M> {
  [WRITE](writer: BinaryWriter, value: Readonly<Record<string, unknown>>): void
  [READ](reader: BinaryReader, end: number, budget: Budget): M
}

/** The reader throws errors of several kinds for bytes that are no message. */
function guarded<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new RangeError(`not a protobuf message: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const TEXT: Codec<string> = {
  wireType: WireType.LengthDelimited,
  empty: '',
  isEmpty: value => value === '',
  write: (writer, value) => writer.string(value),
  read: reader => reader.string(),
}

const BYTES: Codec<Uint8Array> = {
  wireType: WireType.LengthDelimited,
  empty: new Uint8Array(),
  isEmpty: value => value.length === 0,
  write: (writer, value) => writer.bytes(value),
  read: reader => reader.bytes(),
}

const BOOL: Codec<boolean> = {
  wireType: WireType.Varint,
  empty: false,
  isEmpty: value => !value,
  write: (writer, value) => writer.bool(value),
  read: reader => reader.bool(),
}

const INT: Codec<number> = {
  wireType: WireType.Varint,
  empty: 0,
  isEmpty: value => value === 0,
  write: (writer, value) => writer.int64(value),
  read: reader => Number(reader.int64()),
}

function nestedCodec<M>(type: MessageType<M>): Codec<M | undefined> {
  // Message types are only ever made by message(), which adds the two inner functions.
  const inner = type as Nestable<M>
  return {
    wireType: WireType.LengthDelimited,
    empty: undefined,
    isEmpty: value => value === undefined,
    write: (writer, value) => {
      writer.fork()
      inner[WRITE](writer, { ...value })
      writer.join()
    },
    read: (reader, budget) => {
      const length = reader.uint32()
      return inner[READ](reader, reader.pos + length, budget)
    },
  }
}

function single<T>(number: number, codec: Codec<T>): Field<T> {
  return {
    number,
    empty: codec.empty,
    write(writer, value) {
      if (codec.isEmpty(value)) return
      codec.write(writer.tag(number, codec.wireType), value)
    },
    merge(reader, before, wireType, budget) {
      if (wireType === codec.wireType) return codec.read(reader, budget)
      reader.skip(wireType)
      return before
    },
  }
}

function listed<T>(number: number, codec: Codec<T>): Field<readonly T[]> {
  const empty: readonly T[] = Object.freeze([])
  return {
    number,
    empty,
    write(writer, values) {
      for (const value of values) codec.write(writer.tag(number, codec.wireType), value)
    },
    merge(reader, before, wireType, budget) {
      if (wireType !== codec.wireType) {
        reader.skip(wireType)
        return before
      }
      // The list under construction belongs to this decoding alone; copying it for each element would be quadratic.
      const list = before === empty ? [] : (before as T[])
      list.push(codec.read(reader, budget))
      return list
    },
  }
}

export const string = (number: number) => single(number, TEXT)
export const bytes = (number: number) => single(number, BYTES)
export const bool = (number: number) => single(number, BOOL)
/** Any of protobuf's varint integers and enums, as a safe integer. */
export const int = (number: number) => single(number, INT)
export const nested = <M>(number: number, type: MessageType<M>) => single(number, nestedCodec(type))
export const strings = (number: number) => listed(number, TEXT)
export const list = <M>(number: number, type: MessageType<M>): Field<readonly M[]> =>
  // A list never holds undefined: each occurrence on the wire is a message.
  listed(number, nestedCodec(type)) as unknown as Field<readonly M[]>

interface Entry<V> {
  readonly key: string
  readonly value: V
}

/** A map from strings; entries are written in order of their keys, so that equal maps have equal bytes. */
function mapped<V>(number: number, entry: MessageType<Entry<V>>, pick: (entry: Entry<V>) => V) {
  const inner = nestedCodec(entry)
  const empty: ReadonlyMap<string, V> = new Map()
  const field: Field<ReadonlyMap<string, V>> = {
    number,
    empty,
    write(writer, map) {
      for (const key of [...map.keys()].sort()) {
        const value = map.get(key)
        if (value === undefined) continue
        inner.write(writer.tag(number, inner.wireType), { key, value })
      }
    },
    merge(reader, before, wireType, budget) {
      if (wireType !== inner.wireType) {
        reader.skip(wireType)
        return before
      }
      const read = inner.read(reader, budget)
      if (read === undefined) return before
      // As with lists: the map under construction belongs to this decoding alone.
      const map = before === empty ? new Map<string, V>() : (before as Map<string, V>)
      return map.set(read.key, pick(read))
    },
  }
  return field
}

export const stringMap = (number: number) =>
  mapped<string>(number, message({ key: string(1), value: string(2) }), entry => entry.value)

export const messageMap = <M>(number: number, type: MessageType<M>) =>
  mapped<M | undefined>(number, message({ key: string(1), value: nested(2, type) }), entry => entry.value)
