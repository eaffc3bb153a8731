// The grammar of HCL1, from text to a tree that keeps labels, repeats and the spelling of numbers. What repeats mean is
// decided when the tree is decoded.

import { Scanner } from './scanner.ts'
import { MAX_DEPTH, SyntaxFault, tooDeep } from './syntax-fault.ts'

/** `keys value`: an attribute has one key, a block may have labels behind its first. */
export interface Item {
  readonly keys: readonly string[]
  readonly node: Node
  readonly offset: number
}

export type Literal =
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int' | 'float'; readonly value: number; readonly raw: string }
  | { readonly kind: 'string' | 'heredoc'; readonly value: string }

export type Node =
  | Literal
  | { readonly kind: 'list'; readonly nodes: readonly Node[] }
  | { readonly kind: 'object'; readonly items: readonly Item[] }

const INT64_MAX = 2n ** 63n - 1n

/** The items of a whole document. Throws SyntaxFault on bad text. */
export function parseBody(text: string): readonly Item[] {
  const scanner = new Scanner(text)
  scanner.next()
  const items = parseItems(scanner, 0)
  if (scanner.kind !== 'end') throw unexpected(scanner, 'a key')
  return items
}

/** Items up to a closing brace or the end of the text, either of which is left for the caller. */
function parseItems(scanner: Scanner, depth: number): Item[] {
  const items: Item[] = []
  while (scanner.kind !== 'end' && scanner.kind !== '}') {
    items.push(parseItem(scanner, depth))
    if (scanner.kind === ',') scanner.next()
  }
  return items
}

function parseItem(scanner: Scanner, depth: number): Item {
  const offset = scanner.start
  const keys: string[] = []
  while (scanner.kind === 'identifier' || scanner.kind === 'string') {
    keys.push(scanner.value)
    scanner.next()
  }
  if (keys.length === 0) throw unexpected(scanner, 'a key')
  if (scanner.kind === '{') return { keys, node: parseObject(scanner, depth + keys.length), offset }
  if (scanner.kind !== '=') throw unexpected(scanner, '"=" or "{" after the key')
  if (keys.length > 1) throw unexpected(scanner, '"{", because a key with a label takes no "="')
  scanner.next()
  return { keys, node: parseValue(scanner, depth + 1), offset }
}

function parseValue(scanner: Scanner, depth: number): Node {
  if (scanner.kind === '{') return parseObject(scanner, depth)
  if (scanner.kind === '[') return parseList(scanner, depth)
  const literal = readLiteral(scanner)
  scanner.next()
  return literal
}

function parseObject(scanner: Scanner, depth: number): Node {
  if (depth > MAX_DEPTH) throw tooDeep(scanner.start)
  const open = scanner.start
  scanner.next()
  const items = parseItems(scanner, depth)
  if (scanner.kind !== '}') throw new SyntaxFault(open, `"{" is not closed: expected "}", got ${scanner.describe()}`)
  scanner.next()
  return { kind: 'object', items }
}

/** A list. Commas may be missing around lists within lists and may repeat, as Go's parser allows. */
function parseList(scanner: Scanner, depth: number): Node {
  if (depth > MAX_DEPTH) throw tooDeep(scanner.start)
  const nodes: Node[] = []
  let needsComma = false
  scanner.next()
  while (scanner.kind !== ']') {
    if (scanner.kind === ',') {
      needsComma = false
      scanner.next()
      continue
    }
    if (needsComma) throw unexpected(scanner, '"," or "]" in the list')
    needsComma = scanner.kind !== '['
    nodes.push(parseValue(scanner, depth + 1))
  }
  scanner.next()
  return { kind: 'list', nodes }
}

function readLiteral(scanner: Scanner): Literal {
  switch (scanner.kind) {
    case 'string':
    case 'heredoc':
      return { kind: scanner.kind, value: scanner.value }
    case 'bool':
      return { kind: 'bool', value: scanner.value === 'true' }
    case 'int':
      return { kind: 'int', value: readInt(scanner), raw: scanner.value }
    case 'float':
      return { kind: 'float', value: readFloat(scanner), raw: scanner.value }
    case 'identifier':
      throw new SyntaxFault(scanner.start, 'expected a value, got a word without quotes; put text in quotes')
    default:
      throw unexpected(scanner, 'a value')
  }
}

function readInt(scanner: Scanner): number {
  const value = integer(scanner.value)
  if (value !== undefined) return value
  throw new SyntaxFault(scanner.start, 'not a whole number of at most 64 bits')
}

/** A whole number in Go's spelling (decimal, 0x hexadecimal, 0 octal), or undefined. */
export function integer(raw: string): number | undefined {
  const negative = raw.startsWith('-')
  const digits = raw.replace(/^[+-]/, '')
  if (!/^(?:0|[1-9][0-9]*|0[0-7]+|0[xX][0-9a-fA-F]+)$/.test(digits)) return undefined
  const octal = /^0[0-9]/.test(digits)
  if (!octal && digits.length < 15) return signed(Number(digits), negative)
  if (digits.length > 100) return undefined
  const exact = BigInt(octal ? `0o${digits}` : digits)
  return exact > (negative ? INT64_MAX + 1n : INT64_MAX) ? undefined : signed(Number(exact), negative)
}

function signed(value: number, negative: boolean): number {
  return negative && value !== 0 ? -value : value
}

function readFloat(scanner: Scanner): number {
  const value = Number(scanner.value)
  const bareExponent = /^\..*[eE]/.test(scanner.value)
  if (Number.isFinite(value) && !bareExponent) return value
  throw new SyntaxFault(scanner.start, 'not a number')
}

function unexpected(scanner: Scanner, expected: string): SyntaxFault {
  return new SyntaxFault(scanner.start, `expected ${expected}, got ${scanner.describe()}`)
}
