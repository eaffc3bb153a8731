// The right side of a test, read once in every way a field's type may ask for.

import { compileRegex, type Regex } from '../regex/regex.ts'
import { ExpressionFault } from './expression-fault.ts'
import type { Expression, Match } from './parse-expression.ts'

/** A value of an expression; `number` and `bool` are undefined where it cannot be read so. */
export interface Operand {
  readonly text: string
  readonly number: number | undefined
  readonly bool: boolean | undefined
  readonly regex: Regex | undefined
}

/** A test with its value prepared. */
export interface Test extends Match {
  readonly operand: Operand
}

/** An expression ready to be evaluated. */
export type Condition =
  | Test
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Condition[] }
  | { readonly kind: 'not'; readonly term: Condition }

/** Prepares every value of an expression. Throws ExpressionFault for a bad regular expression. */
export function prepare(expression: Expression): Condition {
  switch (expression.kind) {
    case 'match':
      return { ...expression, operand: readOperand(expression) }
    case 'not':
      return { kind: 'not', term: prepare(expression.term) }
    default:
      return { kind: expression.kind, terms: expression.terms.map(prepare) }
  }
}

function readOperand({ value, operator }: Match): Operand {
  const regex = operator === 'matches' ? readRegex(value) : undefined
  return { text: value, number: readNumber(value), bool: readBool(value), regex }
}

function readRegex(pattern: string): Regex {
  const result = compileRegex(pattern)
  if (result.ok) return result.regex
  throw new ExpressionFault(`Failed to compile regular expression ${JSON.stringify(pattern)}: ${result.message}`)
}

/** Go's spellings of numbers: decimal, with a fraction, or whole with a prefix 0x, 0o, 0b or 0. */
export function readNumber(text: string): number | undefined {
  const match = /^([+-]?)(?:(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)|0([0-7]+)|([0-9]+(?:\.[0-9]+)?))$/.exec(text)
  if (!match) return undefined
  const magnitude = match[3] === undefined ? Number(match[2] ?? match[4]) : Number.parseInt(match[3], 8)
  return match[1] === '-' ? 0 - magnitude : magnitude
}

/** Go's spellings of booleans. */
export function readBool(text: string): boolean | undefined {
  if (/^(1|t|T|true|True|TRUE)$/.test(text)) return true
  return /^(0|f|F|false|False|FALSE)$/.test(text) ? false : undefined
}
