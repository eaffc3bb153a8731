// Careful readers for values out of JSON answers: a missing or wrong-typed value reads as empty, never as a crash.

export type Fields = Readonly<Record<string, unknown>>

/** The value as an object; empty when it is none. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** The objects of a list; empty when it is none. */
export function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fields) : []
}

/** The texts of a list; empty when it is none. */
export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(element => typeof element === 'string') : []
}

/** A text or number as text; empty for anything else. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** A number; 0 for anything else. */
export function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
