// Objects as Go's `omitempty` writes them: a field that carries its zero value is left out, so that an entry written with
// `Protocol = ""` is stored, compared and shown like one that never mentioned Protocol.

import { type Fields, type ObjectOptions, type ObjectSchema, object, type Schema } from '../../lib/schema.ts'

/**
 * An object whose optional text, number, boolean, duration, list and map fields vanish when empty. Fields with a default
 * or marked as required stay as they are; so do nested objects, and fields marked with `keepZero`.
 */
export function sparse<const F extends Fields>(fields: F, options: ObjectOptions = {}): ObjectSchema<F> {
  const schema = object(fields, options)
  return {
    ...schema,
    decode(input, path, context) {
      const decoded = schema.decode(input, path, context)
      if (decoded === undefined) return undefined
      const kept = Object.entries(decoded).filter(([name, value]) => !isOmitted(fields[name], value))
      // Only optional fields were dropped, so the rest still is an object of F.
      return Object.fromEntries(kept) as typeof decoded
    },
  }
}

/** The same schema; its zero value means something and is kept. */
export function keepZero<T>(schema: Schema<T>): Schema<T> & { readonly keepZero: true } {
  return { ...schema, keepZero: true }
}

function isOmitted(field: Schema<unknown> | undefined, value: unknown): boolean {
  if (field === undefined || field.absent !== undefined || 'required' in field || 'keepZero' in field) return false
  switch (field.shape.type) {
    case 'object':
      return false
    case 'list':
      return Array.isArray(value) && value.length === 0
    case 'map':
    case 'opaque':
      return typeof value === 'object' && value !== null && Object.keys(value).length === 0
    default:
      return value === '' || value === 0 || value === false || value === '0s'
  }
}
