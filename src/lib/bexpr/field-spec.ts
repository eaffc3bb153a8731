// What a filter may select: the fields of an object and their types.

/** The type of a field. Selectors go on through objects, maps and lists to what is inside them. */
export type FieldSpec =
  | { readonly type: 'string' | 'int' | 'bool' }
  | { readonly type: 'list' | 'map'; readonly of: FieldSpec }
  | { readonly type: 'object'; readonly fields: Readonly<Record<string, FieldSpec>> }

export const STRING: FieldSpec = { type: 'string' }
export const INT: FieldSpec = { type: 'int' }
export const BOOL: FieldSpec = { type: 'bool' }

export function listOf(of: FieldSpec): FieldSpec {
  return { type: 'list', of }
}

/** A map with free keys, all values of one type. */
export function mapOf(of: FieldSpec): FieldSpec {
  return { type: 'map', of }
}

export function objectOf(fields: Readonly<Record<string, FieldSpec>>): FieldSpec {
  return { type: 'object', fields }
}

/** The spec of what `name` selects inside `spec`, or undefined when nothing can be selected so. */
export function fieldOf(spec: FieldSpec, name: string): FieldSpec | undefined {
  switch (spec.type) {
    case 'object':
      return Object.hasOwn(spec.fields, name) ? spec.fields[name] : undefined
    case 'map':
      return spec.of
    case 'list':
      return fieldOf(spec.of, name)
    default:
      return undefined
  }
}
