// Quoted strings of HCL1: escapes are replaced, `${...}` is kept as written, quotes inside it included.

import { SyntaxFault } from './syntax-fault.ts'

const PLAIN = /[^"\\$\n]*/y
const INSIDE = /[^{}\\]*/y
const ESCAPE = /\\(?:([abfnrtv\\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y
const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
}

/** The meaning of the string whose opening quote is at `start`, and the offset behind its closing quote. */
export function scanQuoted(text: string, start: number): { value: string; end: number } {
  let end = skip(PLAIN, text, start + 1)
  if (text[end] === '"') return { value: text.slice(start + 1, end), end: end + 1 }

  let value = text.slice(start + 1, end)
  while (text[end] !== '"') {
    if (end >= text.length || text[end] === '\n') {
      throw new SyntaxFault(start, 'string is not closed before the end of the line')
    }
    const from = end
    if (text[end] === '\\') {
      const escaped = scanEscapes(text, end)
      value += escaped.value
      end = escaped.end
    } else if (text.startsWith('${', end)) {
      end = skipInterpolation(text, end)
      value += text.slice(from, end)
    } else {
      end = skip(PLAIN, text, end + 1)
      value += text.slice(from, end)
    }
  }
  return { value, end: end + 1 }
}

/** Where the `${` at `start` is closed by its `}`. Escapes inside must be valid, though they are kept as written. */
function skipInterpolation(text: string, start: number): number {
  let open = 1
  let at = start + 2
  while (open > 0) {
    at = skip(INSIDE, text, at)
    if (at >= text.length)
      throw new SyntaxFault(start, 'an opening "$" and "{" in a string is not closed: expected "}"')
    if (text[at] === '\\') {
      at += matchEscape(text, at)[0].length
      continue
    }
    open += text[at] === '{' ? 1 : -1
    at++
  }
  return at
}

/** One escape, or a run of byte escapes that together spell UTF-8. */
function scanEscapes(text: string, start: number): { value: string; end: number } {
  const first = matchEscape(text, start)
  if (escapedByte(first) === undefined) return { value: escapedText(first, start), end: start + first[0].length }

  const bytes: number[] = []
  let at = start
  for (let match = first; ; match = matchEscape(text, at)) {
    const byte = escapedByte(match)
    if (byte === undefined) break
    if (byte > 0xff) throw new SyntaxFault(at, `escape ${match[0]} is more than a byte`)
    bytes.push(byte)
    at += match[0].length
    if (text[at] !== '\\') break
  }
  return { value: new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes)), end: at }
}

function matchEscape(text: string, offset: number): RegExpExecArray {
  ESCAPE.lastIndex = offset
  const match = ESCAPE.exec(text)
  if (match) return match
  throw new SyntaxFault(
    offset,
    `unknown or incomplete escape ${JSON.stringify(text.slice(offset, offset + 2))} in a string`,
  )
}

function escapedByte(match: RegExpExecArray): number | undefined {
  if (match[2] !== undefined) return Number.parseInt(match[2], 8)
  return match[3] === undefined ? undefined : Number.parseInt(match[3], 16)
}

function escapedText(match: RegExpExecArray, offset: number): string {
  if (match[1] !== undefined) return SIMPLE[match[1]]!
  const code = Number.parseInt(match[4] ?? match[5]!, 16)
  if (code > 0x10ffff) throw new SyntaxFault(offset, `escape ${match[0]} is not a Unicode character`)
  return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code)
}

function skip(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  pattern.test(text)
  return pattern.lastIndex
}
