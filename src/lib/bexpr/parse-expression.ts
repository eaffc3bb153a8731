// The grammar of filter expressions, from text to a tree. `or` binds weakest, then `and`, then `not`. Words such as
// `not` and `in` are no keywords: a selector may be called so.

import { unquoteGo } from '../go-escape.ts'
import { cursorOver, type TextCursor } from '../text-cursor.ts'
import { ExpressionFault } from './expression-fault.ts'

export type Operator = 'equal' | 'in' | 'empty' | 'matches'

/** One test of one selector. `value` is '' for `empty`. */
export interface Match {
  readonly kind: 'match'
  readonly selector: readonly string[]
  readonly operator: Operator
  readonly negated: boolean
  readonly value: string
}

export type Expression =
  | Match
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Expression[] }
  | { readonly kind: 'not'; readonly term: Expression }

const MAX_DEPTH = 100
const BLANKS = /[ \t\r\n]*/y
const OR = /[ \t\r\n]+or[ \t\r\n]+/y
const AND = /[ \t\r\n]+and[ \t\r\n]+/y
const NOT = /not[ \t\r\n]+/y
const COMPARE = /[ \t\r\n]*([=!])=[ \t\r\n]*/y
const CONTAINS = /[ \t\r\n]+(not[ \t\r\n]+)?(contains|matches)[ \t\r\n]+/y
const EMPTY = /[ \t\r\n]+is[ \t\r\n]+(not[ \t\r\n]+)?empty/y
const IN = /[ \t\r\n]+(not[ \t\r\n]+)?in[ \t\r\n]+/y
const IDENTIFIER = /[a-zA-Z][a-zA-Z0-9_]*/y
const FIELD = /\.([a-zA-Z][a-zA-Z0-9_]*)/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?/y
const NUMBER_END = /[ \t\r\n)]|$/y
const RAW_STRING = /`([^`]*)`/y
const STRING = /"([^"\n]*)"/y

/** The tree of an expression. Throws ExpressionFault with line, column and offset of the first thing that does not fit. */
export function parseExpression(text: string): Expression {
  const cursor = cursorOver(text)
  try {
    cursor.match(BLANKS)
    const expression = parseOr(cursor, 0)
    cursor.match(BLANKS)
    if (cursor.peek() !== '') throw expected(cursor, '"and", "or" or the end of the expression')
    return expression
  } catch (fault) {
    if (!(fault instanceof ExpressionFault)) throw fault
    throw new ExpressionFault(`${place(text, fault.offset)}: ${fault.message}`)
  }
}

function parseOr(cursor: TextCursor, depth: number): Expression {
  if (depth > MAX_DEPTH) throw new ExpressionFault(`nested deeper than ${MAX_DEPTH} levels`, cursor.offset())
  const terms = [parseAnd(cursor, depth)]
  while (cursor.match(OR)) terms.push(parseAnd(cursor, depth))
  return terms.length === 1 ? terms[0]! : { kind: 'or', terms }
}

function parseAnd(cursor: TextCursor, depth: number): Expression {
  const terms = [parseNot(cursor, depth)]
  while (cursor.match(AND)) terms.push(parseNot(cursor, depth))
  return terms.length === 1 ? terms[0]! : { kind: 'and', terms }
}

/** `not` may also be a selector: when nothing fits behind the last `not`, that word is tried as one. */
function parseNot(cursor: TextCursor, depth: number): Expression {
  const starts = [cursor.offset()]
  while (cursor.match(NOT)) starts.push(cursor.offset())
  let problem: ExpressionFault | undefined
  for (const [negations, start] of [...starts.entries()].reverse()) {
    cursor.seek(start)
    try {
      const term = parsePrimary(cursor, depth)
      return negations % 2 === 0 ? term : { kind: 'not', term }
    } catch (fault) {
      if (!(fault instanceof ExpressionFault)) throw fault
      if (!problem || fault.offset > problem.offset) problem = fault
    }
  }
  throw problem
}

function parsePrimary(cursor: TextCursor, depth: number): Expression {
  if (!cursor.take('(')) return parseMatch(cursor)
  cursor.match(BLANKS)
  const expression = parseOr(cursor, depth + 1)
  cursor.match(BLANKS)
  if (!cursor.take(')')) throw expected(cursor, '"and", "or" or ")"')
  return expression
}

function parseMatch(cursor: TextCursor): Match {
  const start = cursor.offset()
  const selector = parseSelector(cursor)
  const match = selector && parseTest(cursor, selector)
  if (match) return match
  cursor.seek(start)
  const value = parseValue(cursor)
  const operator = cursor.match(IN)
  if (!operator) throw expected(cursor, selector ? OPERATORS : '"in" or "not in"')
  const container = parseSelector(cursor)
  if (!container) throw expected(cursor, 'a selector')
  return { kind: 'match', selector: container, operator: 'in', negated: operator[1] !== undefined, value }
}

/** What follows a selector, unless the selector was meant as a value before `in`. */
function parseTest(cursor: TextCursor, selector: readonly string[]): Match | undefined {
  const compare = cursor.match(COMPARE)
  if (compare) {
    return { kind: 'match', selector, operator: 'equal', negated: compare[1] === '!', value: parseValue(cursor) }
  }
  const contains = cursor.match(CONTAINS)
  if (contains) {
    const operator = contains[2] === 'contains' ? 'in' : 'matches'
    return { kind: 'match', selector, operator, negated: contains[1] !== undefined, value: parseValue(cursor) }
  }
  const empty = cursor.match(EMPTY)
  return empty && { kind: 'match', selector, operator: 'empty', negated: empty[1] !== undefined, value: '' }
}

function parseSelector(cursor: TextCursor): readonly string[] | undefined {
  const first = cursor.match(IDENTIFIER)
  if (!first) return undefined
  const selector = [first[0]]
  for (;;) {
    const field = cursor.match(FIELD)?.[1] ?? parseIndex(cursor)
    if (field === undefined) return selector
    selector.push(field)
  }
}

function parseIndex(cursor: TextCursor): string | undefined {
  if (!cursor.take('[')) return undefined
  cursor.match(BLANKS)
  const index = parseString(cursor)
  if (index === undefined) throw expected(cursor, 'a quoted index')
  cursor.match(BLANKS)
  if (!cursor.take(']')) throw expected(cursor, '"]"')
  return index
}

function parseValue(cursor: TextCursor): string {
  const value = parseSelector(cursor)?.join('.') ?? parseNumber(cursor) ?? parseString(cursor)
  if (value === undefined) throw expected(cursor, 'a selector, a number or a quoted text')
  return value
}

function parseNumber(cursor: TextCursor): string | undefined {
  const number = cursor.match(NUMBER)
  if (number && !cursor.lookAt(NUMBER_END))
    throw new ExpressionFault('not a number; put other texts in quotes', cursor.offset())
  return number?.[0]
}

function parseString(cursor: TextCursor): string | undefined {
  const raw = cursor.match(RAW_STRING)
  if (raw) return raw[1]!.replaceAll('\r', '')
  const quoted = cursor.lookAt(STRING)
  if (!quoted && !['"', '`'].includes(cursor.peek())) return undefined
  const value = quoted && unquoteGo(quoted[1]!)
  if (value === undefined)
    throw new ExpressionFault('quoted text is not closed or holds an unknown escape', cursor.offset())
  cursor.match(STRING)
  return value
}

const OPERATORS = 'an operator: ==, !=, in, contains, matches (or "not" before these), is empty, is not empty'

function expected(cursor: TextCursor, what: string): ExpressionFault {
  const got = cursor.peek()
  return new ExpressionFault(`expected ${what}, got ${got === '' ? 'the end' : JSON.stringify(got)}`, cursor.offset())
}

function place(text: string, offset: number): string {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return `${before.split('\n').length}:${offset - lineStart + 1} (${offset})`
}
