// The parts of RE2 syntax that name characters: `[...]`, `\d`, `\pL`, `[:alpha:]` and escapes such as `\x{1F600}`.

import type { TextCursor } from '../text-cursor.ts'
import {
  anyOf,
  type CharTest,
  type Folding,
  not,
  PERL_CLASSES,
  POSIX_CLASSES,
  range,
  unicodeClass,
} from './char-test.ts'
import { RegexFault } from './regex-fault.ts'

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }

/** `[...]` at the cursor. */
export function parseClass(cursor: TextCursor, fold: Folding): CharTest {
  cursor.take('[')
  const negated = cursor.take('^')
  const tests: CharTest[] = []
  do {
    if (cursor.peek() === '') throw new RegexFault('"[" is not closed')
    tests.push(parseClassItem(cursor, fold))
  } while (!cursor.take(']'))
  return negated ? not(anyOf(tests)) : anyOf(tests)
}

function parseClassItem(cursor: TextCursor, fold: Folding): CharTest {
  const named = parsePosix(cursor, fold) ?? parseNamedEscape(cursor, fold)
  if (named) return named
  const first = parseClassChar(cursor)
  const isRange = cursor.match(/-(?!\])/y)
  if (!isRange) return fold(range(first, first))
  if (cursor.peek() === '') throw new RegexFault('"[" is not closed')
  const last = parseClassChar(cursor)
  if (last < first) throw new RegexFault('a range in "[...]" runs backwards')
  return fold(range(first, last))
}

function parsePosix(cursor: TextCursor, fold: Folding): CharTest | undefined {
  const match = cursor.match(/\[:(\^?)(\w+):\]/y)
  if (!match) return undefined
  const test = POSIX_CLASSES.get(match[2]!)
  if (!test) throw new RegexFault(`unknown character class ${match[0]}`)
  return match[1] === '^' ? not(fold(test)) : fold(test)
}

function parseClassChar(cursor: TextCursor): number {
  return cursor.peek() === '\\' ? parseEscapedChar(cursor) : cursor.next().codePointAt(0)!
}

/** `\d`, `\S`, `\pL`, `\P{Greek}` at the cursor, if one is there. */
export function parseNamedEscape(cursor: TextCursor, fold: Folding): CharTest | undefined {
  const letter = peekEscape(cursor)
  const perl = PERL_CLASSES.get(letter.toLowerCase())
  if (perl) {
    cursor.match(/\\./y)
    return letter === letter.toLowerCase() ? fold(perl) : not(fold(perl))
  }
  if (letter !== 'p' && letter !== 'P') return undefined
  const match = cursor.match(/\\[pP](?:(\w)|\{(\^?)(\w+)\})/y)
  const test = match && unicodeClass(match[1] ?? match[3]!)
  if (!test) throw new RegexFault('unknown Unicode class after "\\p"')
  return (letter === 'P') !== (match[2] === '^') ? not(fold(test)) : fold(test)
}

/** The code point of an escape such as `\.`, `\n`, `\x41`, `\x{1F600}` or `\101`. */
export function parseEscapedChar(cursor: TextCursor): number {
  const match = cursor.match(
    /\\(?:x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|(0[0-7]{0,2}|[1-7][0-7]{1,2})|([afnrtv])|([!-/:-@[-`{-~]))/y,
  )
  if (!match) throw new RegexFault(`unknown escape "\\${peekEscape(cursor)}"`)
  const code = escapedCode(match)
  if (code > 0x10ffff) throw new RegexFault(`escape ${match[0]} is not a Unicode character`)
  return code
}

function escapedCode(match: RegExpExecArray): number {
  const hex = match[1] ?? match[2]
  if (hex !== undefined) return Number.parseInt(hex, 16)
  if (match[3] !== undefined) return Number.parseInt(match[3], 8)
  return match[4] === undefined ? match[5]!.codePointAt(0)! : CONTROLS[match[4]]!
}

/** The character behind a backslash that stands here, or ''. */
export function peekEscape(cursor: TextCursor): string {
  return cursor.lookAt(/\\(.?)/suy)?.[1] ?? ''
}
