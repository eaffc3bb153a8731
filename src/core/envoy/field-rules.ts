// The rules Envoy's API puts on single values (`validate.rules`, known as protoc-gen-validate), as functions that return a complaint.
// Covers the rules that messages of Envoy's use; rules on lists, maps and presence are in validate.ts.

import type { DescEnum } from '@bufbuild/protobuf'
import type { Duration } from '@bufbuild/protobuf/wkt'
import {
  type BoolRules,
  type BytesRules,
  type DurationRules,
  type EnumRules,
  type FieldRules,
  KnownRegex,
  type StringRules,
} from '../../gen/validate/validate_pb.ts'

/** What is wrong with a value, such as `must be at least 1`; undefined when nothing is. */
export type ValueCheck = (value: unknown) => string | undefined

/** The check for the value of a scalar, enum or Duration field; undefined when the rules ask nothing of it. */
export function valueCheck(rules: FieldRules, enumeration?: DescEnum): ValueCheck | undefined {
  const { type } = rules
  switch (type.case) {
    case undefined:
    case 'repeated':
    case 'map':
    case 'any':
    case 'timestamp':
      return undefined
    case 'string':
      return stringCheck(type.value)
    case 'bytes':
      return bytesCheck(type.value)
    case 'enum':
      return enumCheck(type.value, enumeration)
    case 'bool':
      return boolCheck(type.value)
    case 'duration':
      return durationCheck(type.value)
    default:
      return numberCheck(type.value)
  }
}

function every(checks: readonly ValueCheck[]): ValueCheck | undefined {
  if (checks.length <= 1) return checks[0]
  return value => {
    for (const check of checks) {
      const complaint = check(value)
      if (complaint !== undefined) return complaint
    }
    return undefined
  }
}

/** Turns `[rule is set, value is fine, complaint]` rows into one check. */
function checksOf<T>(rows: readonly (readonly [boolean, (value: T) => boolean, string])[]): ValueCheck | undefined {
  const set = rows.filter(([isSet]) => isSet)
  return every(
    set.map(
      ([, isFine, complaint]) =>
        value =>
          isFine(value as T) ? undefined : complaint,
    ),
  )
}

// Unset fields of the rule messages live on their prototypes, as defaults.
const has = Object.hasOwn

interface Bounds<T> {
  readonly const?: T
  readonly lt?: T
  readonly lte?: T
  readonly gt?: T
  readonly gte?: T
  readonly in: readonly T[]
  readonly notIn: readonly T[]
  readonly ignoreEmpty?: boolean
}

function numberCheck(bounds: Bounds<number | bigint>): ValueCheck | undefined {
  const check = boundsCheck(bounds, value => value, String)
  const mayBeZero = check !== undefined && has(bounds, 'ignoreEmpty') && bounds.ignoreEmpty === true
  return mayBeZero ? value => (Number(value) === 0 ? undefined : check(value)) : check
}

function durationCheck(rules: DurationRules): ValueCheck | undefined {
  const nanos = (duration: Duration) => duration.seconds * 1_000_000_000n + BigInt(duration.nanos)
  return boundsCheck(rules as Bounds<Duration>, nanos, duration => `${Number(nanos(duration)) / 1e9}s`)
}

function boundsCheck<T>(rules: Bounds<T>, order: (value: T) => number | bigint, spell: (value: T) => string) {
  const bound = (name: 'const' | 'lt' | 'lte' | 'gt' | 'gte') => (has(rules, name) ? rules[name] : undefined)
  const row = (
    name: 'const' | 'lt' | 'lte' | 'gt' | 'gte',
    isFine: (value: number | bigint, limit: number | bigint) => boolean,
    words: string,
  ) => {
    const limit = bound(name)
    if (limit === undefined) return [false, () => true, ''] as const
    const edge = order(limit)
    return [true, (value: T) => isFine(order(value), edge), `must be ${words} ${spell(limit)}`] as const
  }
  const allowed = new Set(rules.in.map(order))
  const forbidden = new Set(rules.notIn.map(order))
  return checksOf<T>([
    row('const', (value, limit) => value === limit, 'exactly'),
    row('lt', (value, limit) => value < limit, 'less than'),
    row('lte', (value, limit) => value <= limit, 'at most'),
    row('gt', (value, limit) => value > limit, 'more than'),
    row('gte', (value, limit) => value >= limit, 'at least'),
    [allowed.size > 0, value => allowed.has(order(value)), `must be one of ${rules.in.map(spell).join(', ')}`],
    [forbidden.size > 0, value => !forbidden.has(order(value)), `must not be ${rules.notIn.map(spell).join(', ')}`],
  ])
}

function boolCheck(rules: BoolRules): ValueCheck | undefined {
  return checksOf<boolean>([[has(rules, 'const'), value => value === rules.const, `must be ${rules.const}`]])
}

function enumCheck(rules: EnumRules, enumeration: DescEnum | undefined): ValueCheck | undefined {
  const defined = new Set(enumeration?.values.map(value => value.number))
  return checksOf<number>([
    [has(rules, 'const'), value => value === rules.const, `must be ${rules.const}`],
    [rules.definedOnly && defined.size > 0, value => defined.has(value), `must be a value of ${enumeration?.typeName}`],
    [rules.in.length > 0, value => rules.in.includes(value), `must be one of ${rules.in.join(', ')}`],
    [rules.notIn.length > 0, value => !rules.notIn.includes(value), `must not be ${rules.notIn.join(', ')}`],
  ])
}

function bytesCheck(rules: BytesRules): ValueCheck | undefined {
  return checksOf<Uint8Array>([
    [has(rules, 'minLen'), value => value.length >= rules.minLen, `must have at least ${rules.minLen} bytes`],
    [has(rules, 'maxLen'), value => value.length <= rules.maxLen, `must have at most ${rules.maxLen} bytes`],
  ])
}

function stringCheck(rules: StringRules): ValueCheck | undefined {
  const size = (text: string) => new TextEncoder().encode(text).length
  const length = (text: string) => [...text].length
  const pattern = has(rules, 'pattern') ? new RegExp(rules.pattern) : undefined
  const header = headerPattern(rules)
  const check = checksOf<string>([
    [has(rules, 'const'), text => text === rules.const, `must be ${rules.const}`],
    [has(rules, 'minLen'), text => enough(text, rules.minLen, length), `must have at least ${rules.minLen} characters`],
    [has(rules, 'maxLen'), text => length(text) <= rules.maxLen, `must have at most ${rules.maxLen} characters`],
    [has(rules, 'minBytes'), text => enough(text, rules.minBytes, size), `must have at least ${rules.minBytes} bytes`],
    [has(rules, 'maxBytes'), text => size(text) <= rules.maxBytes, `must have at most ${rules.maxBytes} bytes`],
    [has(rules, 'prefix'), text => text.startsWith(rules.prefix), `must start with ${rules.prefix}`],
    [has(rules, 'suffix'), text => text.endsWith(rules.suffix), `must end with ${rules.suffix}`],
    [rules.in.length > 0, text => rules.in.includes(text), `must be one of ${rules.in.join(', ')}`],
    [rules.notIn.length > 0, text => !rules.notIn.includes(text), `must not be ${rules.notIn.join(', ')}`],
    [pattern !== undefined, text => pattern!.test(text), `must match ${rules.pattern}`],
    [header !== undefined, text => header!.test(text), 'must hold only characters allowed in an HTTP header'],
  ])
  return check !== undefined && rules.ignoreEmpty ? text => (text === '' ? undefined : check(text)) : check
}

/** A minimum of 1, by far the commonest, is answered without counting. */
function enough(text: string, minimum: bigint, count: (text: string) => number): boolean {
  return minimum <= 1n ? text.length >= minimum : count(text) >= minimum
}

function headerPattern(rules: StringRules): RegExp | undefined {
  if (rules.wellKnown.case !== 'wellKnownRegex') return undefined
  // biome-ignore-start lint/suspicious/noControlCharactersInRegex: these rules are about control characters
  if (!rules.strict) return /^[^\u0000\u000A\u000D]*$/
  const isName = rules.wellKnown.value === KnownRegex.HTTP_HEADER_NAME
  return isName ? /^:?[0-9a-zA-Z!#$%&'*+,\-.^_|~`]+$/ : /^[^\u0000-\u0008\u000A-\u001F\u007F]*$/
  // biome-ignore-end lint/suspicious/noControlCharactersInRegex: these rules are about control characters
}
