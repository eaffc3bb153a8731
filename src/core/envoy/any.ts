// Packing messages into google.protobuf.Any, remembering what was packed so that nobody has to unpack it again.

import type { DescMessage, Message, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt'
import { create } from './create-message.ts'
import { PackedAny } from './encode-message.ts'

/** A message with the schema that reads it. */
export interface Typed {
  readonly schema: DescMessage
  readonly message: Message
}

/** Packs a message, or what `create` takes to make one. Equal messages give equal bytes. */
export function anyOf<S extends DescMessage>(schema: S, init: MessageInitShape<S>): Any {
  return new PackedAny(schema, create(schema, init))
}

/** What `anyOf` packed; undefined for an Any that came from elsewhere (an escape hatch, say). */
export function contentOf(any: Any): Typed | undefined {
  return any instanceof PackedAny ? any : undefined
}

/** The message in an Any if it is of that type, decoded only when `anyOf` did not pack it; undefined otherwise. */
export function unpackAs<S extends DescMessage>(schema: S, any: Any): MessageShape<S> | undefined {
  if (any instanceof PackedAny) return any.schema === schema ? (any.message as MessageShape<S>) : undefined
  return anyUnpack(any, schema)
}
