// Reads a free-form Config map, weakly typed: keys in any case, numbers and booleans also as text. What cannot be read is
// reported as an issue and counts as absent, because a typo in one option must not take a proxy down.

import { parseDuration } from '../../lib/duration.ts'
import type { Issue } from '../../lib/schema.ts'

type Config = Readonly<Record<string, unknown>>

export interface OpaqueConfig {
  readonly issues: readonly Issue[]
  /** Each reader takes a key and its older spellings. */
  text(...keys: readonly string[]): string | undefined
  integer(...keys: readonly string[]): number | undefined
  boolean(...keys: readonly string[]): boolean | undefined
  /** Milliseconds of a Go duration or of whole nanoseconds. */
  duration(...keys: readonly string[]): number | undefined
  object(...keys: readonly string[]): OpaqueConfig | undefined
  /** Names and values of a map, in the order given. */
  entries(): readonly (readonly [string, unknown])[]
}

/** Starts reading `config`; `path` says where it was written. Objects inside share the list of issues. */
export function opaqueConfig(config: Config | undefined, path: string, issues: Issue[] = []): OpaqueConfig {
  const byKey = caseless(config)

  const read = <T>(
    keys: readonly string[],
    what: string,
    convert: (value: unknown) => T | undefined,
  ): T | undefined => {
    const key = keys.find(each => byKey.has(each.toLowerCase()))
    const value = key === undefined ? undefined : byKey.get(key.toLowerCase())
    if (value === undefined || value === null) return undefined
    const converted = convert(value)
    if (converted === undefined)
      issues.push({ path: `${path}.${key}`, message: `expected ${what}, got ${show(value)}` })
    return converted
  }

  return {
    issues,
    text: (...keys) => read(keys, 'a string', toText),
    integer: (...keys) => read(keys, 'a whole number', toInteger),
    boolean: (...keys) => read(keys, 'true or false', toBoolean),
    duration: (...keys) => read(keys, 'a duration such as "10s"', toMilliseconds),
    object: (...keys) => {
      const inner = read(keys, 'a map', toRecord)
      return inner === undefined ? undefined : opaqueConfig(inner, `${path}.${keys[0]}`, issues)
    },
    entries: () => Object.entries(config ?? {}),
  }
}

/** Keys in lower case; the spelling that already is in lower case wins. */
function caseless(config: Config | undefined): ReadonlyMap<string, unknown> {
  const byKey = new Map<string, unknown>()
  for (const [key, value] of Object.entries(config ?? {})) {
    const lower = key.toLowerCase()
    if (key === lower || !byKey.has(lower)) byKey.set(lower, value)
  }
  return byKey
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function toInteger(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? Math.trunc(number) : undefined
}

function toBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  if (typeof value !== 'string') return undefined
  const text = value.toLowerCase()
  if (['true', 't', '1'].includes(text)) return true
  return ['false', 'f', '0', ''].includes(text) ? false : undefined
}

function toMilliseconds(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value / 1e6 : undefined
  if (typeof value !== 'string') return undefined
  return /^-?\d+$/.test(value) ? Number(value) / 1e6 : parseDuration(value)
}

function toRecord(value: unknown): Config | undefined {
  // A block that HCL may repeat arrives as a list of one.
  const block: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value
  return typeof block === 'object' && block !== null && !Array.isArray(block) ? { ...block } : undefined
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 40 ? `${text.slice(0, 40)}...` : text
}
