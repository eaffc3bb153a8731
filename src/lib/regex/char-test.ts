// Sets of characters, as tests of one code point: ranges, the named classes of RE2, and case folding.

/** Whether a code point belongs to a set. */
export type CharTest = (code: number) => boolean

/** The code points from `first` to `last`, both included. */
export function range(first: number, last: number): CharTest {
  return code => code >= first && code <= last
}

export function not(test: CharTest): CharTest {
  return code => !test(code)
}

export function anyOf(tests: readonly CharTest[]): CharTest {
  return tests.length === 1 ? tests[0]! : code => tests.some(test => test(code))
}

/** Turns a set into the same set in any letter case, or leaves it as it is. Negation comes after it: (?i)[^a] is not A. */
export type Folding = (test: CharTest) => CharTest

export const keepCase: Folding = test => test

export const foldCase: Folding = test => {
  return code => {
    if (test(code)) return true
    const char = String.fromCodePoint(code)
    const lower = onlyCode(char.toLowerCase())
    const upper = onlyCode(char.toUpperCase())
    const third = THIRD_CASES.get(lower)
    if (third !== undefined && test(third)) return true
    return test(lower) || test(upper) || test(onlyCode(String.fromCodePoint(upper).toLowerCase()))
  }
}

/** ASCII letters with a third form: the long s and the Kelvin sign. */
const THIRD_CASES: ReadonlyMap<number, number> = new Map([
  [0x73, 0x17f],
  [0x6b, 0x212a],
])

function onlyCode(text: string): number {
  const code = text.codePointAt(0)!
  return text.length === (code > 0xffff ? 2 : 1) ? code : 0
}

const DIGIT = range(0x30, 0x39)
const LOWER = range(0x61, 0x7a)
const UPPER = range(0x41, 0x5a)
const ALPHA = anyOf([LOWER, UPPER])
const WORD = anyOf([ALPHA, DIGIT, range(0x5f, 0x5f)])
const SPACE = oneOf('\t\n\f\r ')

/** A perl class by its letter: d, s, w. */
export const PERL_CLASSES: ReadonlyMap<string, CharTest> = new Map([
  ['d', DIGIT],
  ['s', SPACE],
  ['w', WORD],
])

/** A POSIX class by its name, as in `[[:alpha:]]`. */
export const POSIX_CLASSES: ReadonlyMap<string, CharTest> = new Map([
  ['alnum', anyOf([ALPHA, DIGIT])],
  ['alpha', ALPHA],
  ['ascii', range(0, 0x7f)],
  ['blank', oneOf('\t ')],
  ['cntrl', anyOf([range(0, 0x1f), range(0x7f, 0x7f)])],
  ['digit', DIGIT],
  ['graph', range(0x21, 0x7e)],
  ['lower', LOWER],
  ['print', range(0x20, 0x7e)],
  ['punct', anyOf([range(0x21, 0x2f), range(0x3a, 0x40), range(0x5b, 0x60), range(0x7b, 0x7e)])],
  ['space', oneOf('\t\n\v\f\r ')],
  ['upper', UPPER],
  ['word', WORD],
  ['xdigit', anyOf([DIGIT, range(0x61, 0x66), range(0x41, 0x46)])],
])

/** A Unicode category ("L", "Lu") or script ("Greek"), or undefined when there is none of that name. */
export function unicodeClass(name: string): CharTest | undefined {
  if (name === 'Any') return () => true
  if (!/^[A-Za-z_]+$/.test(name)) return undefined
  const pattern = unicodePattern(`gc=${name}`) ?? unicodePattern(`sc=${name}`)
  return pattern && (code => pattern.test(String.fromCodePoint(code)))
}

function unicodePattern(property: string): RegExp | undefined {
  try {
    return new RegExp(`^\\p{${property}}`, 'u')
  } catch {
    return undefined
  }
}

/** Whether a code point is an ASCII letter, digit or underscore: what `\b` stands beside. */
export const isWordChar: CharTest = WORD

function oneOf(characters: string): CharTest {
  const codes = new Set(Array.from(characters, char => char.codePointAt(0)!))
  return code => codes.has(code)
}
