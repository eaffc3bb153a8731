// JSON as text: finding the place of a syntax error, and laying JSON out anew. Neither goes through JavaScript numbers,
// so 64-bit integers survive. Decoding is JSON.parse's business.

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings may not hold them.
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/
const TOKEN = new RegExp(`${STRING.source}|${NUMBER.source}|true|false|null|[{}[\\],:]`, 'y')
const SPACE = /[ \t\r\n]*/y

/** Where and why a text is not JSON; lines and columns count from 1. */
export interface JsonError {
  readonly line: number
  readonly column: number
  readonly message: string
}

interface Token {
  readonly text: string
  readonly offset: number
}

/** The first syntax error of a JSON text, or undefined when it is sound. */
export function findJsonError(text: string): JsonError | undefined {
  const open: ('{' | '[')[] = []
  let expected = 'a value'
  let previous = ''
  for (const token of tokens(text)) {
    const fault =
      expected === 'end of input' ? 'unexpected text after the value' : check(token.text, expected, previous)
    if (fault !== undefined) return at(text, token.offset, fault)
    if (token.text === '{' || token.text === '[') open.push(token.text)
    if (token.text === '}' || token.text === ']') open.pop()
    expected = next(token.text, expected, open.at(-1))
    previous = token.text
  }
  return expected === 'end of input'
    ? undefined
    : at(text, text.length, `unexpected end of input, expected ${expected}`)
}

/** The same JSON with `indent` spaces per level, as Go's MarshalIndent lays it out. A text that is not JSON comes back unchanged. */
export function reindentJson(text: string, indent: number): string {
  if (findJsonError(text) !== undefined) return text
  let depth = 0
  let out = ''
  let previous = ''
  for (const { text: token } of tokens(text)) {
    const closes = token === '}' || token === ']'
    const isEmpty = closes && (previous === '{' || previous === '[')
    if (closes) depth--
    if (!isEmpty && (closes || previous === '{' || previous === '[' || previous === ',')) {
      out += `\n${' '.repeat(indent * depth)}`
    }
    out += token === ':' ? ': ' : token
    if (token === '{' || token === '[') depth++
    previous = token
  }
  return out
}

/** Splits a text into JSON tokens; what is no token comes as one character. */
function* tokens(text: string): Generator<Token> {
  let offset = 0
  for (;;) {
    SPACE.lastIndex = offset
    offset += SPACE.exec(text)![0].length
    if (offset >= text.length) return
    TOKEN.lastIndex = offset
    const token = TOKEN.exec(text)?.[0] ?? text[offset]!
    yield { text: token, offset }
    offset += token.length
  }
}

function check(token: string, expected: string, previous: string): string | undefined {
  const unexpected = `unexpected ${JSON.stringify(token)}, expected ${expected}`
  if (token === '"') return 'unfinished or invalid string'
  switch (expected) {
    case 'a value':
      return isValueStart(token) ? undefined : unexpected
    case 'a value or "]"':
      return isValueStart(token) || token === ']' ? undefined : unexpected
    case 'a key in double quotes':
      if (token === '}' && previous === ',') return 'a comma stands before "}"'
      return token.startsWith('"') ? undefined : unexpected
    case 'a key in double quotes or "}"':
      return token.startsWith('"') || token === '}' ? undefined : unexpected
    case '":"':
      return token === ':' ? undefined : unexpected
    case '"," or "}"':
      return token === ',' || token === '}' ? undefined : unexpected
    default:
      return token === ',' || token === ']' ? undefined : unexpected
  }
}

function next(token: string, expected: string, inside: '{' | '[' | undefined): string {
  if (token === '{') return 'a key in double quotes or "}"'
  if (token === '[') return 'a value or "]"'
  if (token === ':') return 'a value'
  if (token === ',') return inside === '{' ? 'a key in double quotes' : 'a value'
  if (expected.startsWith('a key') && token !== '}') return '":"'
  if (inside === undefined) return 'end of input'
  return inside === '{' ? '"," or "}"' : '"," or "]"'
}

function isValueStart(token: string): boolean {
  return /^["{[\-0-9]/.test(token) ? token !== '-' : token === 'true' || token === 'false' || token === 'null'
}

function at(text: string, offset: number, message: string): JsonError {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: before.at(-1)!.length + 1, message }
}
