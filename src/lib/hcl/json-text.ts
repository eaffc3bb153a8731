// JSON where HCL may stand too: parsed by the platform, bounded in depth, and with a place for every error.

import type { JsonValue } from '../json-value.ts'
import { MAX_DEPTH, SyntaxFault, tooDeep } from './syntax-fault.ts'

const BLANKS = /[ \t\n\r]*/y
const SCALAR = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y

/** Parses JSON; throws SyntaxFault at the first character that does not fit. */
export function parseJson(text: string): JsonValue {
  const value = tryJson(text)
  if (value === undefined) throw findError(text)
  if (isDeeper(value, MAX_DEPTH)) throw tooDeep(0)
  return value
}

function tryJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isDeeper(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some(each => isDeeper(each, levels - 1))
}

function findError(text: string): SyntaxFault {
  try {
    const end = skip(BLANKS, text, skipValue(text, skip(BLANKS, text, 0), 1))
    return unexpected(text, end, 'the end of the JSON text')
  } catch (fault) {
    if (fault instanceof SyntaxFault) return fault
    throw fault
  }
}

/** The offset behind the value at `offset`; throws SyntaxFault where the text is no JSON. */
function skipValue(text: string, offset: number, depth: number): number {
  if (depth > MAX_DEPTH) throw tooDeep(offset)
  if (text[offset] === '{') return skipMembers(text, offset, '}', at => skipMember(text, at, depth))
  if (text[offset] === '[') return skipMembers(text, offset, ']', at => skipValue(text, at, depth + 1))
  const end = text[offset] === '"' ? skipString(text, offset) : skip(SCALAR, text, offset)
  if (end === offset) throw unexpected(text, offset, 'a JSON value')
  return end
}

function skipMembers(text: string, open: number, close: '}' | ']', skipOne: (at: number) => number): number {
  let at = skip(BLANKS, text, open + 1)
  if (text[at] === close) return at + 1
  for (;;) {
    at = skip(BLANKS, text, skipOne(at))
    if (text[at] === close) return at + 1
    if (text[at] !== ',') throw unexpected(text, at, `"," or "${close}"`)
    at = skip(BLANKS, text, at + 1)
  }
}

function skipMember(text: string, offset: number, depth: number): number {
  if (text[offset] !== '"') throw unexpected(text, offset, 'a key in double quotes')
  const colon = skip(BLANKS, text, skipString(text, offset))
  if (text[colon] !== ':') throw unexpected(text, colon, '":" after a key')
  return skipValue(text, skip(BLANKS, text, colon + 1), depth + 1)
}

function skipString(text: string, offset: number): number {
  let quote = text.indexOf('"', offset + 1)
  while (quote !== -1 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1)
  if (quote !== -1 && tryJson(text.slice(offset, quote + 1)) !== undefined) return quote + 1
  throw new SyntaxFault(offset, 'string is not closed, or holds a control character or an unknown escape')
}

function isEscaped(text: string, offset: number): boolean {
  let backslashes = 0
  while (text[offset - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}

function skip(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  return pattern.test(text) ? pattern.lastIndex : from
}

function unexpected(text: string, offset: number, what: string): SyntaxFault {
  const got = offset < text.length ? JSON.stringify(text[offset]) : 'the end of the text'
  return new SyntaxFault(offset, `expected ${what}, got ${got}`)
}
