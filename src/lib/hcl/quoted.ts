// Quoted strings of HCL1: escapes are replaced, `${...}` is kept as written, quotes inside it included.

import { readGoEscape } from '../go-escape.ts'
import { SyntaxFault } from './syntax-fault.ts'

const PLAIN = /[^"\\$\n]*/y
const INSIDE = /[^{}\\]*/y

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
      const escaped = readEscape(text, end)
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
      at = readEscape(text, at).end
      continue
    }
    open += text[at] === '{' ? 1 : -1
    at++
  }
  return at
}

function readEscape(text: string, offset: number): { value: string; end: number } {
  const escaped = readGoEscape(text, offset)
  if (escaped) return escaped
  const start = JSON.stringify(text.slice(offset, offset + 2))
  throw new SyntaxFault(offset, `unknown or incomplete escape ${start} in a string`)
}

function skip(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  pattern.test(text)
  return pattern.lastIndex
}
