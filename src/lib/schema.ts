// One schema per noun: from it come the TypeScript type, decoding in every spelling, and the documentation.
// Decoded values are plain data in wire form (PascalCase keys, durations as Go strings), so a stored row is also its JSON answer.

import { formatDuration, parseDuration } from './duration.ts'
import { nearest } from './nearest.ts'

/** Something wrong with an input: `path` is like `Upstreams[0].MeshGateway.Mode`, `message` says value and what is allowed. */
export interface Issue {
  readonly path: string
  readonly message: string
}

export interface DecodeOptions {
  /** Accept strings for numbers and booleans, as HCL, YAML and config entries do. */
  readonly weak?: boolean
}

/** What a schema looks like from outside, for reference pages and forms. */
export interface Shape {
  readonly type: 'string' | 'int' | 'float' | 'bool' | 'duration' | 'list' | 'map' | 'object' | 'opaque'
  readonly allowed?: readonly string[]
  readonly of?: Shape
  readonly fields?: Readonly<Record<string, Shape>>
}

export interface Schema<T> {
  readonly shape: Shape
  /** Decodes `input`; problems go to `context.issues` and the result is then meaningless. */
  decode(input: unknown, path: string, context: Context): T | undefined
  /** The value an absent field takes; undefined leaves the field out. */
  readonly absent?: T
}

interface Context extends DecodeOptions {
  readonly issues: Issue[]
}

export type Infer<S> = S extends Schema<infer T> ? T : never

/** The outcome of a decode: a value, or the list of everything wrong with the input. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** Decodes untrusted input. Never throws; every problem is reported with its path. */
export function decode<T>(schema: Schema<T>, input: unknown, options: DecodeOptions = {}): Decoded<T> {
  const issues: Issue[] = []
  const value = schema.decode(input, '', { ...options, issues })
  if (issues.length > 0 || value === undefined) {
    return { ok: false, issues: issues.length > 0 ? issues : [{ path: '', message: 'a value is required' }] }
  }
  return { ok: true, value }
}

/**
 * One sentence for people: `Port: expected a whole number, got "x"; Name: is required`. A message that begins with its own
 * path, as some of Consul's do, is not prefixed again.
 */
export function describeIssues(issues: readonly Issue[]): string {
  return issues.map(describeIssue).join('; ')
}

function describeIssue({ path, message }: Issue): string {
  return message.startsWith(path) ? message : `${path}: ${message}`
}

/** A text. With `allowed`, any other value is refused. */
export function string<const A extends string = string>(options: { allowed?: readonly A[]; lower?: boolean } = {}) {
  const shape: Shape = options.allowed ? { type: 'string', allowed: options.allowed } : { type: 'string' }
  const schema: Schema<A> = {
    shape,
    decode(input, path, context) {
      const weakText = context.weak && (typeof input === 'number' || typeof input === 'boolean')
      if (typeof input !== 'string' && !weakText) return refuse(context, path, 'a string', input)
      const text = options.lower ? String(input).toLowerCase() : String(input)
      if (!isAllowed(text, options.allowed)) {
        const choices = options.allowed?.map(a => JSON.stringify(a)).join(', ')
        return report(context, path, `invalid value ${JSON.stringify(text)}; allowed are ${choices}`)
      }
      return text
    },
  }
  return schema
}

function isAllowed<A extends string>(text: string, allowed: readonly A[] | undefined): text is A {
  return allowed === undefined || allowed.some(a => a === text)
}

/** A whole number between `min` and `max` (both included). */
export function int(options: { min?: number; max?: number } = {}): Schema<number> {
  return number('int', 'a whole number', options)
}

/** A number, fractions allowed. */
export function float(options: { min?: number; max?: number } = {}): Schema<number> {
  return number('float', 'a number', options)
}

function number(type: 'int' | 'float', what: string, range: { min?: number; max?: number }): Schema<number> {
  return {
    shape: { type },
    decode(input, path, context) {
      const weakText = context.weak && typeof input === 'string' && input.trim() !== ''
      const value = weakText ? Number(input) : input
      if (typeof value !== 'number' || !Number.isFinite(value)) return refuse(context, path, what, input)
      if (type === 'int' && !Number.isSafeInteger(value)) return refuse(context, path, what, input)
      const { min = -Infinity, max = Infinity } = range
      if (value >= min && value <= max) return value
      const allowed = max === Infinity ? `${min} or more` : `${min} to ${max}`
      return report(context, path, `invalid value ${value}; allowed is ${allowed}`)
    },
  }
}

/** True or false. */
export function bool(): Schema<boolean> {
  return {
    shape: { type: 'bool' },
    decode(input, path, context) {
      if (typeof input === 'boolean') return input
      if (context.weak && (input === 'true' || input === 1)) return true
      if (context.weak && (input === 'false' || input === 0)) return false
      return refuse(context, path, 'true or false', input)
    },
  }
}

/** A duration: a Go string ("5s") or whole nanoseconds; kept as the normalised Go string. */
export function duration(): Schema<string> {
  return {
    shape: { type: 'duration' },
    decode(input, path, context) {
      const ms = durationInput(input)
      if (ms === undefined) return refuse(context, path, 'a duration such as "10s" or "1m30s"', input)
      return formatDuration(ms)
    },
  }
}

/** A duration that its wire form carries as whole nanoseconds. */
export function durationNs(): Schema<number> {
  return {
    shape: { type: 'duration' },
    decode(input, path, context) {
      const ms = durationInput(input)
      if (ms === undefined) return refuse(context, path, 'a duration such as "10s" or whole nanoseconds', input)
      return Math.round(ms * 1e6)
    },
  }
}

function durationInput(input: unknown): number | undefined {
  if (typeof input === 'number') return Number.isSafeInteger(input) ? input / 1e6 : undefined
  if (typeof input !== 'string') return undefined
  return /^-?\d+$/.test(input) ? Number(input) / 1e6 : parseDuration(input)
}

/** A list; a single value where a list is meant is taken as a list of one, as HCL writes it. */
export function list<T>(item: Schema<T>): Schema<readonly T[]> {
  return {
    shape: { type: 'list', of: item.shape },
    decode(input, path, context) {
      const single = isRecord(input) || (context.weak && typeof input !== 'object')
      if (!Array.isArray(input) && !single) return refuse(context, path, 'a list', input)
      const items: readonly unknown[] = Array.isArray(input) ? input : [input]
      return items.flatMap((each, i) => {
        const value = item.decode(each, `${path}[${i}]`, context)
        return value === undefined ? [] : [value]
      })
    },
  }
}

/** A map from free names to values; names such as `__proto__` are ordinary. */
export function map<T>(item: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return {
    shape: { type: 'map', of: item.shape },
    decode(input, path, context) {
      const record = unwrapBlocks(input)
      if (record === undefined) return refuse(context, path, 'a map', input)
      const out: Record<string, T> = Object.create(null)
      for (const [key, each] of Object.entries(record)) {
        const value = item.decode(each, `${path}[${JSON.stringify(key)}]`, context)
        if (value !== undefined) out[key] = value
      }
      return out
    },
  }
}

/** A map whose content is not ours to check (proxy configuration, extension arguments). */
export function opaque(): Schema<Readonly<Record<string, unknown>>> {
  return {
    shape: { type: 'opaque' },
    decode(input, path, context) {
      const record = unwrapBlocks(input)
      if (record === undefined) return refuse(context, path, 'a map', input)
      return opaqueRecord(record)
    },
  }
}

function opaqueRecord(record: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null)
  for (const [key, value] of Object.entries(record)) out[key] = opaqueValue(value)
  return out
}

function opaqueValue(value: unknown): unknown {
  if (isRecord(value)) return opaqueRecord(value)
  if (!Array.isArray(value)) return value
  if (value.length === 1 && isRecord(value[0])) return opaqueRecord(value[0])
  return value.map(opaqueValue)
}

/** The same schema, with a value for absent fields. */
export function withDefault<T>(schema: Schema<T>, absent: NoInfer<T>): Schema<T> & { readonly absent: T } {
  return { ...schema, absent }
}

/** The same schema; leaving the field out is an error. */
export function required<T>(schema: Schema<T>): Schema<T> & { readonly required: true } {
  return { ...schema, required: true }
}

export type Fields = Readonly<Record<string, Schema<unknown>>>

type Present<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly required: true } | { readonly absent: unknown } ? K : never
}[keyof F]

export type ObjectOf<F extends Fields> = { readonly [K in Present<F>]: Infer<F[K]> } & {
  readonly [K in Exclude<keyof F, Present<F>>]?: Infer<F[K]>
}

export interface ObjectOptions {
  /** Other accepted names: alias (any spelling) to field. */
  readonly aliases?: Readonly<Record<string, string>>
  /** Keys that are accepted and dropped, such as read-only fields that clients send back. */
  readonly ignored?: readonly string[]
}

export interface ObjectSchema<F extends Fields> extends Schema<ObjectOf<F>> {
  readonly fields: F
}

/**
 * A record with known fields. Keys match in CamelCase, snake_case and any letter case; unknown keys are refused with the
 * nearest known name.
 */
export function object<const F extends Fields>(fields: F, options: ObjectOptions = {}): ObjectSchema<F> {
  const ignored = new Set((options.ignored ?? []).map(foldKey))
  const names = new Map<string, string>()
  for (const name of Object.keys(fields)) names.set(foldKey(name), name)
  for (const [alias, name] of Object.entries(options.aliases ?? {})) names.set(foldKey(alias), name)
  for (const key of ignored) names.delete(key)
  // Most keys come in the field's own spelling and need no folding.
  for (const [key, name] of [...names]) if (foldKey(name) === key) names.set(name, name)
  const filled = Object.entries(fields).filter(([, field]) => field.absent !== undefined || 'required' in field)
  const shapes = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.shape]))

  return {
    fields,
    shape: { type: 'object', fields: shapes },
    decode(input, path, context) {
      const record = unwrapBlocks(input)
      if (record === undefined) return refuse(context, path, 'an object', input)
      const out: Record<string, unknown> = {}
      for (const key of Object.keys(record)) {
        const value = record[key]
        if (value === null || value === undefined) continue
        const name = names.get(key) ?? names.get(foldKey(key))
        const field = name === undefined ? undefined : fields[name]
        if (name === undefined || field === undefined) {
          if (!ignored.has(foldKey(key))) reportUnknown(context, path, key, Object.keys(fields))
          continue
        }
        const decoded = field.decode(value, joinPath(path, name), context)
        if (decoded !== undefined) out[name] = decoded
      }
      fillAbsent(filled, record, out, path, context)
      // The loop above built exactly the fields of F, each decoded by its own schema.
      return out as ObjectOf<F>
    },
  }
}

function fillAbsent(
  filled: readonly (readonly [string, Schema<unknown>])[],
  record: Record<string, unknown>,
  out: Record<string, unknown>,
  path: string,
  context: Context,
) {
  for (const [name, field] of filled) {
    if (Object.hasOwn(out, name)) continue
    if (field.absent !== undefined) out[name] = field.absent
    else if (!hasKey(record, name)) report(context, joinPath(path, name), 'is required')
  }
}

function hasKey(record: Record<string, unknown>, name: string): boolean {
  return Object.keys(record).some(key => foldKey(key) === foldKey(name) && record[key] != null)
}

/** The one spelling all accepted spellings of a key fold to. */
export function foldKey(key: string): string {
  return key.replaceAll('_', '').toLowerCase()
}

function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function reportUnknown(context: Context, path: string, key: string, known: readonly string[]): void {
  const hint = nearest(key, known)
  const suffix = hint === undefined ? `; known are ${known.join(', ')}` : `; did you mean "${hint}"?`
  report(context, joinPath(path, key), `unknown field "${key}"${suffix}`)
}

/** HCL writes blocks as lists of objects: one is unwrapped, several are merged. */
function unwrapBlocks(input: unknown): Record<string, unknown> | undefined {
  if (isRecord(input)) return input
  if (!Array.isArray(input) || !input.every(isRecord)) return undefined
  const merged: Record<string, unknown> = Object.create(null)
  for (const block of input) for (const [key, value] of Object.entries(block)) merged[key] = value
  return merged
}

function isRecord(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input)
}

function refuse(context: Context, path: string, expected: string, got: unknown): undefined {
  return report(context, path, `expected ${expected}, got ${brief(got)}`)
}

function report(context: Context, path: string, message: string): undefined {
  context.issues.push({ path, message })
  return undefined
}

function brief(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isRecord(value)) return 'an object'
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
