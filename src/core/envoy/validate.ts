// Checks a message against the rules its API puts on it (protoc-gen-validate), as Envoy does before it looks at anything else.
// One message that breaks them makes Envoy refuse the whole response it came in, so resources are checked before they are sent.

import { type DescField, type DescMessage, getOption, hasOption, type MessageShape } from '@bufbuild/protobuf'
import { type Any, AnySchema, isWrapperDesc } from '@bufbuild/protobuf/wkt'
import {
  disabled,
  type FieldRules,
  type MapRules,
  type RepeatedRules,
  required,
  rules as rulesOption,
} from '../../gen/validate/validate_pb.ts'
import type { Issue } from '../../lib/schema.ts'
import { type ValueCheck, valueCheck } from './field-rules.ts'
import { unpacked } from './unpacked.ts'

type Fields = Record<string, unknown>
/** Issues with paths relative to the message; undefined for none, which is the rule. */
type Check = (value: unknown) => readonly Issue[] | undefined

const none: readonly Issue[] = []
const checks = new Map<DescMessage, Check>()

/**
 * Everything wrong with a message and the messages in it, packed ones included. Paths are spelled like
 * `filterChains[0].filters[1].typedConfig.statPrefix`.
 */
export function validateMessage<S extends DescMessage>(schema: S, message: MessageShape<S>): readonly Issue[] {
  return checkOf(schema)(message) ?? none
}

function checkOf(schema: DescMessage): Check {
  const known = checks.get(schema)
  if (known !== undefined) return known
  let compiled: Check | undefined
  const check: Check = message => (compiled ??= compileMessage(schema))(message)
  checks.set(schema, check)
  return check
}

function compileMessage(schema: DescMessage): Check {
  if (schema.typeName === AnySchema.typeName) return any => checkContent(any as Any)
  if (hasOption(schema, disabled) && getOption(schema, disabled)) return () => undefined

  const plain = schema.fields.filter(field => field.oneof === undefined)
  const parts = [...plain.map(compileField), ...schema.oneofs.map(compileOneof)].filter(part => part !== undefined)
  return message => {
    let issues: Issue[] | undefined
    for (const part of parts) {
      const found = part(message)
      if (found !== undefined) (issues ??= []).push(...found)
    }
    return issues
  }
}

function checkContent(any: Any): readonly Issue[] | undefined {
  try {
    const content = unpacked(any)
    return content === undefined ? undefined : checkOf(content.schema)(content.message)
  } catch (error) {
    return [{ path: '', message: `does not hold a ${any.typeUrl}: ${error instanceof Error ? error.message : error}` }]
  }
}

function compileOneof(oneof: DescMessage['oneofs'][number]): Check | undefined {
  const members = new Map<string, Check>()
  for (const field of oneof.fields) {
    const check = compileValue(field)
    if (check !== undefined) members.set(field.localName, under(field.jsonName, check))
  }
  const isRequired = hasOption(oneof, required) && getOption(oneof, required)
  if (members.size === 0 && !isRequired) return undefined

  const allowed = oneof.fields.map(field => field.jsonName).join(', ')
  const missing: readonly Issue[] = [{ path: oneof.localName, message: `needs one of ${allowed}` }]
  return message => {
    const chosen = (message as Fields)[oneof.localName] as { readonly case?: string; readonly value?: unknown }
    if (chosen.case === undefined) return isRequired ? missing : undefined
    return members.get(chosen.case)?.(chosen.value)
  }
}

/** The check of one field outside any oneof, taking the message. */
function compileField(field: DescField): Check | undefined {
  const rules = rulesOf(field)
  const check = compileValue(field)
  const inner = check === undefined ? undefined : under(field.jsonName, check)
  const missing: readonly Issue[] = [{ path: field.jsonName, message: 'is required' }]
  const isRequired = rules !== undefined && requiresPresence(rules)
  if (inner === undefined && !isRequired) return undefined

  const name = field.localName
  return message => {
    const value = (message as Fields)[name]
    if (value === undefined) return isRequired ? missing : undefined
    return inner?.(value)
  }
}

function rulesOf(field: DescField): FieldRules | undefined {
  return hasOption(field, rulesOption) ? getOption(field, rulesOption) : undefined
}

function requiresPresence({ message, type }: FieldRules): boolean {
  const byType = type.case === 'any' || type.case === 'duration' || type.case === 'timestamp'
  return message?.required === true || (byType && type.value.required)
}

/** The check of a value that is there. */
function compileValue(field: DescField): Check | undefined {
  const rules = rulesOf(field)
  if (field.fieldKind === 'list') return compileList(field, rules)
  if (field.fieldKind === 'map') return compileMap(field, rules)
  return join(ownCheck(rules, field), innerCheck(rules, field))
}

function ownCheck(rules: FieldRules | undefined, field: DescField): Check | undefined {
  const check = rules === undefined ? undefined : valueCheck(rules, field.enum)
  if (check === undefined) return undefined
  const isWrapped = field.message !== undefined && isWrapperDesc(field.message)
  return asIssues(isWrapped ? value => check(unwrapped(value)) : check)
}

/** Wrappers such as UInt32Value are plain values in single fields, and messages in choices and lists. */
function unwrapped(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value
}

/** Looks into a message field. Wrappers and Structs are kept as plain values and have nothing to look into. */
function innerCheck(rules: FieldRules | undefined, field: DescField): Check | undefined {
  if (field.message === undefined || rules?.message?.skip === true) return undefined
  const isPlain =
    field.message.file.proto.package === 'google.protobuf' && field.message.typeName !== AnySchema.typeName
  return isPlain ? undefined : checkOf(field.message)
}

function compileList(field: DescField, rules: FieldRules | undefined): Check | undefined {
  const own = rules?.type.case === 'repeated' ? rules.type.value : undefined
  const item = join(ownCheck(own?.items, field), innerCheck(own?.items, field))
  const count = own === undefined ? undefined : listCheck(own)
  if (item === undefined) return count
  return join(count, list => collect((list as unknown[]).entries(), item))
}

function listCheck(rules: RepeatedRules): Check | undefined {
  const { minItems, maxItems, unique } = rules
  const hasMost = Object.hasOwn(rules, 'maxItems')
  if (minItems === 0n && !hasMost && !unique) return undefined
  return asIssues(value => {
    const { length } = value as unknown[]
    if (length === 0 && rules.ignoreEmpty) return undefined
    if (length < minItems) return `must have at least ${minItems} items`
    if (hasMost && length > maxItems) return `must have at most ${maxItems} items`
    return unique && new Set(value as unknown[]).size < length ? 'must not repeat an item' : undefined
  })
}

function compileMap(field: DescField & { fieldKind: 'map' }, rules: FieldRules | undefined): Check | undefined {
  const own = rules?.type.case === 'map' ? rules.type.value : undefined
  const key = own?.keys === undefined ? undefined : valueCheck(own.keys)
  const value = join(ownCheck(own?.values, field), innerCheck(own?.values, field))
  const count = own === undefined ? undefined : mapCheck(own)
  const keys: Check | undefined =
    key &&
    (map =>
      collect(
        Object.keys(map as Fields).map(name => [name, name]),
        asIssues(key),
      ))
  const values: Check | undefined = value && (map => collect(Object.entries(map as Fields), value))
  return join(count, join(keys, values))
}

function mapCheck(rules: MapRules): Check | undefined {
  const hasMost = Object.hasOwn(rules, 'maxPairs')
  if (rules.minPairs === 0n && !hasMost) return undefined
  return asIssues(value => {
    const size = Object.keys(value as Fields).length
    if (size < rules.minPairs) return `must have at least ${rules.minPairs} entries`
    return hasMost && size > rules.maxPairs ? `must have at most ${rules.maxPairs} entries` : undefined
  })
}

function asIssues(check: ValueCheck): Check {
  return value => {
    const message = check(value)
    return message === undefined ? undefined : [{ path: '', message }]
  }
}

function join(first: Check | undefined, second: Check | undefined): Check | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return value => {
    const found = first(value)
    const more = second(value)
    return found === undefined || more === undefined ? (found ?? more) : [...found, ...more]
  }
}

function collect(entries: Iterable<readonly [string | number, unknown]>, check: Check): readonly Issue[] | undefined {
  let issues: Issue[] | undefined
  for (const [key, value] of entries) {
    const found = check(value)
    if (found !== undefined) (issues ??= []).push(...prefixed(`[${key}]`, found))
  }
  return issues
}

function under(name: string, check: Check): Check {
  return value => {
    const found = check(value)
    return found === undefined ? undefined : prefixed(name, found)
  }
}

function prefixed(prefix: string, issues: readonly Issue[]): Issue[] {
  return issues.map(({ path, message }) => {
    const glue = path === '' || path.startsWith('[') ? '' : '.'
    return { path: `${prefix}${glue}${path}`, message }
  })
}
