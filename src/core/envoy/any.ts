// Packing messages into google.protobuf.Any, remembering what was packed so that nobody has to unpack it again.

import {
  create,
  type DescMessage,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { type Any, AnySchema, anyUnpack } from '@bufbuild/protobuf/wkt'
import { sortMaps } from './sorted-maps.ts'

/** A message with the schema that reads it. */
export interface Typed {
  readonly schema: DescMessage
  readonly message: Message
}

const packed = new WeakMap<Any, Typed>()

/** Packs a message, or what `create` takes to make one. Equal messages give equal bytes. */
export function anyOf<S extends DescMessage>(schema: S, init: MessageInitShape<S>): Any {
  const message = sortMaps(schema, create(schema, init))
  const any = create(AnySchema, {
    typeUrl: `type.googleapis.com/${schema.typeName}`,
    value: toBinary(schema, message),
  })
  packed.set(any, { schema, message })
  return any
}

/** What `anyOf` packed; undefined for an Any that came from elsewhere (an escape hatch, say). */
export function contentOf(any: Any): Typed | undefined {
  return packed.get(any)
}

/** The message in an Any if it is of that type, decoded only when `anyOf` did not pack it; undefined otherwise. */
export function unpackAs<S extends DescMessage>(schema: S, any: Any): MessageShape<S> | undefined {
  const content = packed.get(any)
  if (content !== undefined) return content.schema === schema ? (content.message as MessageShape<S>) : undefined
  return anyUnpack(any, schema)
}
