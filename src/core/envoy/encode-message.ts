// Encodes protobuf messages. Equal messages give equal bytes: maps are written in the order of their keys. A message packed into an
// Any by us is written where it stands, without being encoded apart.

import { type DescField, type DescMessage, type Message, type MessageShape, ScalarType } from '@bufbuild/protobuf'
import { type Any, AnySchema, isWrapperDesc } from '@bufbuild/protobuf/wkt'
import { MessageWriter } from '../../lib/message-writer.ts'
import { BYTES, FIXED32, FIXED64, VARINT } from '../../lib/protobuf-wire.ts'

type Fields = Readonly<Record<string, unknown>>
type Encode = (writer: MessageWriter, message: Fields) => void
/** Writes a value that is there. */
type EncodeValue = (writer: MessageWriter, value: unknown) => void

const encoders = new Map<DescMessage, Encode>()
let idle: MessageWriter | undefined

/** The bytes of a message. Throws an Error naming the field whose value its type cannot hold. */
export function encodeMessage<S extends DescMessage>(schema: S, message: MessageShape<S>): Uint8Array {
  const writer = idle ?? new MessageWriter()
  idle = undefined
  try {
    encoderOf(schema)(writer, fieldsOf(message))
    return writer.finish()
  } finally {
    writer.reset()
    idle = writer
  }
}

/** An Any that remembers what is in it. Its bytes are made only if somebody reads them. */
export class PackedAny implements Any {
  readonly $typeName = AnySchema.typeName
  readonly typeUrl: string
  readonly schema: DescMessage
  readonly message: Message

  constructor(schema: DescMessage, message: Message) {
    this.typeUrl = `type.googleapis.com/${schema.typeName}`
    this.schema = schema
    this.message = message
  }

  get value(): Uint8Array {
    return encodeMessage(this.schema, this.message)
  }
}

/** Any message can be looked at as its fields. */
function fieldsOf(message: Message): Fields {
  return message as unknown as Fields
}

function encoderOf(schema: DescMessage): Encode {
  const known = encoders.get(schema)
  if (known !== undefined) return known
  let compiled: Encode | undefined
  const encode: Encode = (to, message) => (compiled ??= compile(schema))(to, message)
  encoders.set(schema, encode)
  return encode
}

function compile(schema: DescMessage): Encode {
  const inOrder = [...schema.fields].sort((a, b) => a.number - b.number)
  const fields = inOrder.map(field => compileField(field))
  const all: Encode = (to, message) => {
    if (message.$typeName !== schema.typeName) {
      throw new Error(`${String(message.$typeName)} stands where ${schema.typeName} belongs`)
    }
    for (const encode of fields) encode(to, message)
    const unknown = message.$unknown as readonly { no: number; wireType: number; data: Uint8Array }[] | undefined
    for (const { no, wireType, data } of unknown ?? []) {
      to.varint((no * 8 + wireType) >>> 0)
      to.raw(data)
    }
  }
  return schema.typeName === AnySchema.typeName ? anyEncoder(all) : all
}

/** An Any is `type_url` and `value`; the content of one made here is written as its value. */
function anyEncoder(plain: Encode): Encode {
  return (to, any) => {
    if (!(any instanceof PackedAny)) return plain(to, any)
    to.varint(tagOf(1, BYTES))
    to.string(any.typeUrl)
    to.varint(tagOf(2, BYTES))
    const start = to.open()
    encoderOf(any.schema)(to, fieldsOf(any.message))
    to.close(start)
  }
}

function compileField(field: DescField): Encode {
  const name = field.localName
  if (field.fieldKind === 'list') return listEncoder(field)
  if (field.fieldKind === 'map') return mapEncoder(field)
  const encode = taggedValue(field)
  if (field.oneof !== undefined) {
    const choice = field.oneof.localName
    return (to, message) => {
      const chosen = message[choice] as { readonly case?: string; readonly value?: unknown }
      if (chosen.case === name) encode(to, chosen.value)
    }
  }
  if (field.presence !== IMPLICIT) {
    return (to, message) => {
      const value = message[name]
      if (value !== undefined && Object.hasOwn(message, name)) encode(to, value)
    }
  }
  return (to, message) => {
    const value = message[name]
    if (!isZero(value)) encode(to, value)
  }
}

/** Fields of proto3 that are not there when they have the zero value of their type. */
const IMPLICIT: DescField['presence'] = 2

function isZero(value: unknown): boolean {
  if (typeof value === 'object') return value instanceof Uint8Array && value.length === 0
  return value === '' || value === false || Object.is(value, 0) || value === 0n
}

/** A single value with its tag. */
function taggedValue(field: DescField): EncodeValue {
  if (field.message !== undefined) return messageValue(field, field.message, field.number)
  const scalar = scalarOf(field)
  const tag = tagOf(field.number, scalar.wireType)
  return (to, value) => {
    to.varint(tag)
    scalar.write(to, value)
  }
}

/** Wrappers such as UInt32Value are plain values in single fields; a Struct is plain JSON. */
function messageValue(field: DescField, schema: DescMessage, number: number): EncodeValue {
  const tag = tagOf(number, BYTES)
  const isPlain = field.fieldKind === 'message' && field.oneof === undefined && isWrapperDesc(schema)
  const isJson = schema.typeName === 'google.protobuf.Struct' && field.parent.typeName !== 'google.protobuf.Value'
  const encode = encoderOf(schema)
  const content: EncodeValue = isJson
    ? (to, value) => writeStruct(to, value as Fields)
    : isPlain
      ? (to, value) => encode(to, { $typeName: schema.typeName, value })
      : (to, value) => encode(to, value as Fields)
  return (to, value) => {
    to.varint(tag)
    const start = to.open()
    content(to, value)
    to.close(start)
  }
}

function listEncoder(field: DescField & { readonly fieldKind: 'list' }): Encode {
  const name = field.localName
  if (field.message === undefined && field.packed) {
    const scalar = scalarOf(field)
    const tag = tagOf(field.number, BYTES)
    return (to, message) => {
      const items = message[name] as readonly unknown[]
      if (items.length === 0) return
      to.varint(tag)
      const start = to.open()
      for (const item of items) scalar.write(to, item)
      to.close(start)
    }
  }
  const encode = taggedValue(field)
  return (to, message) => {
    for (const item of message[name] as readonly unknown[]) encode(to, item)
  }
}

function mapEncoder(field: DescField & { readonly fieldKind: 'map' }): Encode {
  if (field.mapKey !== ScalarType.STRING) throw new Error(`${field.toString()}: only texts can be keys of maps`)
  const name = field.localName
  const tag = tagOf(field.number, BYTES)
  const encode = valueOfMap(field)
  return (to, message) => {
    const map = message[name] as Fields
    for (const key of sortedKeys(map)) {
      to.varint(tag)
      const start = to.open()
      to.varint(tagOf(1, BYTES))
      to.string(key)
      encode(to, map[key])
      to.close(start)
    }
  }
}

function valueOfMap(field: DescField & { readonly fieldKind: 'map' }): EncodeValue {
  if (field.message !== undefined) return messageValue(field, field.message, 2)
  const scalar = scalarOf(field)
  const tag = tagOf(2, scalar.wireType)
  return (to, value) => {
    to.varint(tag)
    scalar.write(to, value)
  }
}

/** google.protobuf.Struct of a JSON object. */
function writeStruct(to: MessageWriter, json: Fields): void {
  for (const key of sortedKeys(json)) {
    to.varint(tagOf(1, BYTES))
    const start = to.open()
    to.varint(tagOf(1, BYTES))
    to.string(key)
    to.varint(tagOf(2, BYTES))
    writeJson(to, json[key])
    to.close(start)
  }
}

/** google.protobuf.Value of a JSON value, with its length. */
function writeJson(to: MessageWriter, json: unknown): void {
  const start = to.open()
  if (json === null || json === undefined) tagged(to, 1, VARINT, () => to.varint(0))
  else if (typeof json === 'number') tagged(to, 2, FIXED64, () => to.double(json))
  else if (typeof json === 'string') tagged(to, 3, BYTES, () => to.string(json))
  else if (typeof json === 'boolean') tagged(to, 4, VARINT, () => to.varint(json ? 1 : 0))
  else if (Array.isArray(json)) nested(to, 6, () => writeList(to, json))
  else nested(to, 5, () => writeStruct(to, json as Fields))
  to.close(start)
}

function writeList(to: MessageWriter, json: readonly unknown[]): void {
  for (const item of json) tagged(to, 1, BYTES, () => writeJson(to, item))
}

function tagged(to: MessageWriter, field: number, wireType: number, write: () => void): void {
  to.varint(tagOf(field, wireType))
  write()
}

function nested(to: MessageWriter, field: number, write: () => void): void {
  tagged(to, field, BYTES, () => {
    const start = to.open()
    write()
    to.close(start)
  })
}

function sortedKeys(map: Fields): readonly string[] {
  const keys = Object.keys(map)
  return keys.length < 2 ? keys : keys.sort()
}

function tagOf(field: number, wireType: number): number {
  return (field * 8 + wireType) >>> 0
}

interface Scalar {
  readonly wireType: number
  readonly write: EncodeValue
}

function scalarOf(field: DescField): Scalar {
  const type = field.scalar ?? ScalarType.INT32
  const scalar = SCALARS[type]
  const write: EncodeValue = (to, value) => {
    if (!scalar.holds(value))
      throw new Error(`cannot encode field ${field.parent.typeName}.${field.name}: ${String(value)}`)
    scalar.write(to, value)
  }
  return { wireType: scalar.wireType, write }
}

const isNumber = (value: unknown) => typeof value === 'number'
const within = (low: number, high: number) => (value: unknown) =>
  Number.isInteger(value) && Number(value) >= low && Number(value) <= high
const isInt32 = within(-0x8000_0000, 0x7fff_ffff)
const isUint32 = within(0, 0xffff_ffff)
const fits = (bits: (value: bigint) => bigint) => (value: unknown) => {
  try {
    return bits(toBigint(value)) === toBigint(value)
  } catch {
    return false
  }
}
const isInt64 = fits(value => BigInt.asIntN(64, value))
const isUint64 = fits(value => BigInt.asUintN(64, value))
const zigzag64 = (value: bigint) => (value << 1n) ^ (value >> 63n)

/** 64-bit values are numbers of any kind, or texts of them. */
function toBigint(value: unknown): bigint {
  return BigInt(value as bigint | number | string)
}

/** A check beside it has made sure that the value is of the type. */
const SCALARS: Readonly<Record<ScalarType, Scalar & { holds(value: unknown): boolean }>> = {
  [ScalarType.STRING]: {
    wireType: BYTES,
    holds: value => typeof value === 'string',
    write: (to, value) => to.string(value as string),
  },
  [ScalarType.BYTES]: {
    wireType: BYTES,
    holds: value => value instanceof Uint8Array,
    write: (to, value) => to.bytes(value as Uint8Array),
  },
  [ScalarType.BOOL]: {
    wireType: VARINT,
    holds: value => typeof value === 'boolean',
    write: (to, value) => to.varint(value === true ? 1 : 0),
  },
  [ScalarType.UINT32]: { wireType: VARINT, holds: isUint32, write: (to, value) => to.varint(value as number) },
  [ScalarType.INT32]: { wireType: VARINT, holds: isInt32, write: writeInt32 },
  [ScalarType.SINT32]: {
    wireType: VARINT,
    holds: isInt32,
    write: (to, value) => to.varint((((value as number) << 1) ^ ((value as number) >> 31)) >>> 0),
  },
  [ScalarType.UINT64]: { wireType: VARINT, holds: isUint64, write: (to, value) => to.varint64(toBigint(value)) },
  [ScalarType.INT64]: { wireType: VARINT, holds: isInt64, write: (to, value) => to.varint64(toBigint(value)) },
  [ScalarType.SINT64]: {
    wireType: VARINT,
    holds: isInt64,
    write: (to, value) => to.varint64(zigzag64(toBigint(value))),
  },
  [ScalarType.FIXED32]: { wireType: FIXED32, holds: isUint32, write: (to, value) => to.fixed32(value as number) },
  [ScalarType.SFIXED32]: { wireType: FIXED32, holds: isInt32, write: (to, value) => to.fixed32(value as number) },
  [ScalarType.FIXED64]: { wireType: FIXED64, holds: isUint64, write: (to, value) => to.fixed64(toBigint(value)) },
  [ScalarType.SFIXED64]: { wireType: FIXED64, holds: isInt64, write: (to, value) => to.fixed64(toBigint(value)) },
  [ScalarType.FLOAT]: { wireType: FIXED32, holds: isNumber, write: (to, value) => to.float(value as number) },
  [ScalarType.DOUBLE]: { wireType: FIXED64, holds: isNumber, write: (to, value) => to.double(value as number) },
}

function writeInt32(to: MessageWriter, value: unknown): void {
  if ((value as number) < 0) to.varint64(BigInt(value as number))
  else to.varint(value as number)
}
