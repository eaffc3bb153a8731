// Escape hatches: pieces of Envoy configuration that users write themselves, as protobuf-JSON with `@type`.

import { type DescMessage, fromJson, type JsonObject, type JsonValue, type MessageShape } from '@bufbuild/protobuf'
import { envoyTypes } from './registry.ts'

export type Hatch<M> = { readonly ok: true; readonly message: M } | { readonly ok: false; readonly problem: string }

/** Reads one message of the given type. A problem says what is wrong with the text; nothing is thrown. */
export function readHatch<D extends DescMessage>(schema: D, text: string): Hatch<MessageShape<D>> {
  const parsed = parseObject(text)
  if (parsed === undefined) return { ok: false, problem: 'is not a JSON object' }
  const { '@type': type, ...fields } = parsed
  const expected = `type.googleapis.com/${schema.typeName}`
  if (type === undefined) return { ok: false, problem: `has no "@type"; expected "${expected}"` }
  if (type !== expected) return { ok: false, problem: `has "@type" ${JSON.stringify(type)}; expected "${expected}"` }
  try {
    return { ok: true, message: fromJson(schema, fields, { registry: envoyTypes() }) }
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) }
  }
}

function parseObject(text: string): JsonObject | undefined {
  try {
    // JSON.parse makes nothing but JSON values.
    const value = JSON.parse(text) as JsonValue
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
