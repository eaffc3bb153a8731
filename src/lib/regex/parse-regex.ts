// The syntax of RE2: from a pattern to a tree. Greediness is read and dropped, because it never changes whether a
// pattern matches.

import { cursorOver, type TextCursor } from '../text-cursor.ts'
import { type CharTest, type Folding, foldCase, keepCase, not, range } from './char-test.ts'
import { parseClass, parseEscapedChar, parseNamedEscape, peekEscape } from './parse-class.ts'
import { RegexFault } from './regex-fault.ts'

export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word-edge' | 'no-word-edge'

export type RegexNode =
  | { readonly kind: 'char'; readonly test: CharTest }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'all'; readonly nodes: readonly RegexNode[] }
  | { readonly kind: 'either'; readonly nodes: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly node: RegexNode; readonly min: number; readonly max: number }

interface Flags {
  readonly i: boolean
  readonly m: boolean
  readonly s: boolean
}

const MAX_REPEAT = 1000
const MAX_DEPTH = 100
const NO_FLAGS: Flags = { i: false, m: false, s: false }
const COUNT = /\{(\d+)(?:(,)(\d*))?\}/y
const EMPTY: RegexNode = { kind: 'all', nodes: [] }

/** The tree of a pattern. Throws RegexFault when it is not RE2 syntax. */
export function parseRegex(pattern: string): RegexNode {
  const cursor = cursorOver(pattern)
  const node = parseEither(cursor, NO_FLAGS, 0)
  if (cursor.peek() !== '') throw new RegexFault('unexpected ")"')
  return node
}

function parseEither(cursor: TextCursor, outer: Flags, depth: number): RegexNode {
  if (depth > MAX_DEPTH) throw new RegexFault(`groups are nested deeper than ${MAX_DEPTH}`)
  const branches: RegexNode[] = []
  let nodes: RegexNode[] = []
  let flags = outer
  for (;;) {
    if (cursor.peek() === '' || cursor.peek() === ')') {
      branches.push({ kind: 'all', nodes })
      return branches.length === 1 ? branches[0]! : { kind: 'either', nodes: branches }
    }
    if (cursor.take('|')) {
      branches.push({ kind: 'all', nodes })
      nodes = []
      continue
    }
    const changed = parseFlagChange(cursor, flags)
    if (changed) flags = changed
    else nodes.push(parseRepeats(cursor, parseAtom(cursor, flags, depth)))
  }
}

/** `(?i)`: flags for the rest of the group. */
function parseFlagChange(cursor: TextCursor, flags: Flags): Flags | undefined {
  const match = cursor.match(/\(\?([imsU]*(?:-[imsU]+)?)\)/y)
  return match ? withFlags(flags, match[1]!) : undefined
}

function withFlags(flags: Flags, change: string): Flags {
  const [on = '', off = ''] = change.split('-')
  const value = (flag: keyof Flags) => (flags[flag] || on.includes(flag)) && !off.includes(flag)
  return { i: value('i'), m: value('m'), s: value('s') }
}

function parseRepeats(cursor: TextCursor, node: RegexNode): RegexNode {
  const bounds = parseBounds(cursor)
  if (!bounds) return node
  cursor.take('?')
  if (parseBounds(cursor)) throw new RegexFault('a repeat of a repeat needs a group between them')
  return { kind: 'repeat', node, ...bounds }
}

function parseBounds(cursor: TextCursor): { min: number; max: number } | undefined {
  if (cursor.take('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
  if (cursor.take('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
  if (cursor.take('?')) return { min: 0, max: 1 }
  const counted = cursor.match(COUNT)
  if (!counted) return undefined
  const min = Number(counted[1])
  const open = counted[3] ? Number(counted[3]) : Number.POSITIVE_INFINITY
  const max = counted[2] ? open : min
  if (min > MAX_REPEAT || min > max || (max > MAX_REPEAT && Number.isFinite(max))) {
    throw new RegexFault(`repeat ${counted[0]} is not an ascending count of at most ${MAX_REPEAT}`)
  }
  return { min, max }
}

function parseAtom(cursor: TextCursor, flags: Flags, depth: number): RegexNode {
  if (cursor.peek() === '(') return parseGroup(cursor, flags, depth)
  if (cursor.peek() === '[') return charNode(parseClass(cursor, folding(flags)))
  if (cursor.peek() === '\\') return parseEscape(cursor, flags)
  const count = cursor.match(COUNT)
  if (count) throw nothingToRepeat(count[0])
  const char = cursor.next()
  switch (char) {
    case '.':
      return charNode(flags.s ? () => true : not(range(0x0a, 0x0a)))
    case '^':
      return { kind: 'assert', assertion: flags.m ? 'line-start' : 'text-start' }
    case '$':
      return { kind: 'assert', assertion: flags.m ? 'line-end' : 'text-end' }
    case '*':
    case '+':
    case '?':
      throw nothingToRepeat(char)
    default:
      return literal(char, flags)
  }
}

function nothingToRepeat(repeat: string): RegexFault {
  return new RegexFault(`nothing stands before "${repeat}" to repeat`)
}

function parseGroup(cursor: TextCursor, flags: Flags, depth: number): RegexNode {
  const opening = cursor.match(/\((?:\?(?:P?<(\w+)>|([imsU]*(?:-[imsU]+)?):))?/y)!
  if (cursor.peek() === '?')
    throw new RegexFault('groups are (x), (?:x), (?<name>x) or (?flags:x); there is no lookaround')
  const node = parseEither(cursor, withFlags(flags, opening[2] ?? ''), depth + 1)
  if (!cursor.take(')')) throw new RegexFault('"(" is not closed')
  return node
}

function parseEscape(cursor: TextCursor, flags: Flags): RegexNode {
  const quoted = cursor.match(/\\Q(.*?)(?:\\E|$)/sy)
  if (quoted) return literals(cursor, Array.from(quoted[1]!), flags)
  const assertion = ASSERTIONS[peekEscape(cursor)]
  if (assertion) {
    cursor.match(/\\./y)
    return { kind: 'assert', assertion }
  }
  const named = parseNamedEscape(cursor, folding(flags))
  return named ? charNode(named) : literal(String.fromCodePoint(parseEscapedChar(cursor)), flags)
}

const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: 'text-start',
  z: 'text-end',
  b: 'word-edge',
  B: 'no-word-edge',
}

/** Quoted characters; a repeat behind them is meant for the last one. */
function literals(cursor: TextCursor, chars: readonly string[], flags: Flags): RegexNode {
  const nodes = chars.map(char => literal(char, flags))
  const last = nodes.pop()
  return last ? { kind: 'all', nodes: [...nodes, parseRepeats(cursor, last)] } : EMPTY
}

function literal(char: string, flags: Flags): RegexNode {
  const code = char.codePointAt(0)!
  return charNode(folding(flags)(range(code, code)))
}

function charNode(test: CharTest): RegexNode {
  return { kind: 'char', test }
}

function folding(flags: Flags): Folding {
  return flags.i ? foldCase : keepCase
}
