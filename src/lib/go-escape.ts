// Escapes in Go's quoted strings, which HCL and filter expressions share.

const ESCAPE = /\\(?:([abfnrtv\\"])|([0-3][0-7]{2})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y
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

/**
 * The meaning of the escape that starts at `offset` and the offset behind it; undefined when Go knows no such escape.
 * Escapes of single bytes (`\xc3\xa9`) are read as one run of UTF-8; lone surrogates become U+FFFD.
 */
export function readGoEscape(text: string, offset: number): { value: string; end: number } | undefined {
  const match = matchAt(text, offset)
  if (!match) return undefined
  if (escapedByte(match) !== undefined) return readBytes(text, offset)
  const value = match[1] === undefined ? character(match[4] ?? match[5]!) : SIMPLE[match[1]]!
  return value === undefined ? undefined : { value, end: ESCAPE.lastIndex }
}

/** The meaning of what stands between the quotes of a Go string literal, or undefined when it is not valid there. */
export function unquoteGo(body: string): string | undefined {
  let value = ''
  let offset = 0
  for (let slash = body.indexOf('\\'); slash !== -1; slash = body.indexOf('\\', offset)) {
    const escaped = readGoEscape(body, slash)
    if (!escaped) return undefined
    value += body.slice(offset, slash) + escaped.value
    offset = escaped.end
  }
  return value + body.slice(offset)
}

function matchAt(text: string, offset: number): RegExpExecArray | null {
  ESCAPE.lastIndex = offset
  return ESCAPE.exec(text)
}

function escapedByte(match: RegExpExecArray): number | undefined {
  if (match[2] !== undefined) return Number.parseInt(match[2], 8)
  return match[3] === undefined ? undefined : Number.parseInt(match[3], 16)
}

function readBytes(text: string, offset: number): { value: string; end: number } {
  const bytes: number[] = []
  let end = offset
  for (let match = matchAt(text, end); match; match = matchAt(text, end)) {
    const byte = escapedByte(match)
    if (byte === undefined) break
    bytes.push(byte)
    end += match[0].length
  }
  return { value: new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes)), end }
}

function character(hex: string): string | undefined {
  const code = Number.parseInt(hex, 16)
  if (code > 0x10ffff) return undefined
  return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code)
}
