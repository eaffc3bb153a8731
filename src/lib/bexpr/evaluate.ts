// Conditions judged on plain objects.

import { regexMatches } from '../regex/regex.ts'
import { type FieldSpec, fieldOf } from './field-spec.ts'
import type { Condition, Operand, Test } from './operand.ts'

/** Whether `value` satisfies the condition. With `fields`, absent fields count as the zero of their type. */
export function evaluate(condition: Condition, value: unknown, fields: FieldSpec | undefined): boolean {
  switch (condition.kind) {
    case 'match':
      return select(condition, { value, field: fields, depth: 0 })
    case 'not':
      return !evaluate(condition.term, value, fields)
    case 'and':
      return condition.terms.every(term => evaluate(term, value, fields))
    case 'or':
      return condition.terms.some(term => evaluate(term, value, fields))
  }
}

interface Place {
  readonly value: unknown
  readonly field: FieldSpec | undefined
  readonly depth: number
}

/** Follows the selector; through a list it holds when it holds for any element. */
function select(test: Test, { value, field, depth }: Place): boolean {
  if (depth === test.selector.length) return judge(test, value ?? zeroOf(field))
  if (Array.isArray(value)) {
    const inner = field?.type === 'list' ? field.of : field
    return value.some(each => select(test, { value: each, field: inner, depth }))
  }
  if (field?.type === 'list') return false
  const name = test.selector[depth]!
  const inner = property(value, name)
  if (inner === undefined && field?.type !== 'object') return judgeAbsent(test)
  return select(test, { value: inner, field: field && fieldOf(field, name), depth: depth + 1 })
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string, unknown>)[name]
}

function zeroOf(field: FieldSpec | undefined): unknown {
  switch (field?.type) {
    case 'string':
      return ''
    case 'int':
      return 0
    case 'bool':
      return false
    case 'list':
      return []
    default:
      return undefined
  }
}

/** A key that is not there equals nothing and contains nothing; it is empty. */
function judgeAbsent(test: Test): boolean {
  return (test.operator === 'empty') !== test.negated
}

function judge(test: Test, value: unknown): boolean {
  if (value === undefined || value === null) return judgeAbsent(test)
  return holds(test, value) !== test.negated
}

function holds({ operator, operand }: Test, value: unknown): boolean {
  switch (operator) {
    case 'equal':
      return equals(value, operand)
    case 'in':
      return contains(value, operand)
    case 'empty':
      return isEmpty(value)
    case 'matches':
      return typeof value === 'string' && regexMatches(operand.regex!, value)
  }
}

function equals(value: unknown, operand: Operand): boolean {
  switch (typeof value) {
    case 'string':
      return value === operand.text
    case 'number':
      return value === operand.number
    case 'boolean':
      return value === operand.bool
    default:
      return false
  }
}

function contains(value: unknown, operand: Operand): boolean {
  if (typeof value === 'string') return value.includes(operand.text)
  if (Array.isArray(value)) return value.some(each => equals(each, operand))
  return typeof value === 'object' && value !== null && Object.hasOwn(value, operand.text)
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
