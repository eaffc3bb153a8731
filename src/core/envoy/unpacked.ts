// What is inside an Any, whoever packed it.

import { fromBinary } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import { contentOf, type Typed } from './any.ts'
import { envoyTypes } from './registry.ts'

const decoded = new WeakMap<Any, Typed>()

/** The message in an Any with its schema; undefined when the type is not known here. Throws when the bytes are not of that type. */
export function unpacked(any: Any): Typed | undefined {
  const content = contentOf(any) ?? decoded.get(any)
  if (content !== undefined) return content
  const schema = envoyTypes().getMessage(any.typeUrl.slice(any.typeUrl.lastIndexOf('/') + 1))
  if (schema === undefined) return undefined
  const typed: Typed = { schema, message: fromBinary(schema, any.value) }
  decoded.set(any, typed)
  return typed
}
