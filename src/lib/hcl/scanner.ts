// The words of HCL1: skips blanks and comments and finds one token after another. Texts of quoted strings and heredocs
// are read in their own files.

import { scanHeredoc } from './heredoc.ts'
import { scanQuoted } from './quoted.ts'
import { SyntaxFault } from './syntax-fault.ts'

export type TokenKind =
  | 'end'
  | 'identifier'
  | 'bool'
  | 'int'
  | 'float'
  | 'string'
  | 'heredoc'
  | '['
  | ']'
  | '{'
  | '}'
  | ','
  | '='
  | 'other'

const BLANK = 1
const LETTER = 2
const DIGIT = 4
const JOINER = 8
const WORD = LETTER | DIGIT | JOINER

const CLASSES = new Uint8Array(128)
for (const char of ' \t\n\r') CLASSES[char.charCodeAt(0)] = BLANK
for (const char of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_') CLASSES[char.charCodeAt(0)] = LETTER
for (const char of '0123456789') CLASSES[char.charCodeAt(0)] = DIGIT
for (const char of '-.') CLASSES[char.charCodeAt(0)] = JOINER

const PUNCTUATION: ReadonlyMap<string, TokenKind> = new Map([...'[]{},='].map(char => [char, char as TokenKind]))
const RESERVED = /[\0\uE123]/
const NUMBER = /-?(?:0[xX][0-9a-fA-F]*|[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]*)?)|\.[0-9]+(?:[eE][+-]?[0-9]*)?/y
const UNICODE_WORD = /\p{L}[\p{L}\p{Nd}_.-]*/uy
const UNICODE_TAIL = /[\p{L}\p{Nd}_.-]*/uy

/** A cursor over HCL text: `next` moves it to the following token, whose fields it then shows. */
export class Scanner {
  readonly text: string
  kind: TokenKind = 'end'
  start = 0
  end = 0
  /** The meaning of an identifier, string or heredoc; the raw text of a number or bool. */
  value = ''

  constructor(text: string) {
    const reserved = text.search(RESERVED)
    if (reserved !== -1) throw new SyntaxFault(reserved, `character ${hex(text, reserved)} is not allowed`)
    this.text = text
  }

  next(): void {
    this.start = skipBlanks(this.text, this.end)
    this.kind = this.#read()
  }

  /** The current token in words, for messages. Words and texts are not repeated, because they may be secrets. */
  describe(): string {
    switch (this.kind) {
      case 'end':
        return 'the end of the text'
      case 'identifier':
      case 'bool':
        return 'a word'
      case 'int':
      case 'float':
        return 'a number'
      case 'string':
        return 'a quoted text'
      case 'heredoc':
        return 'a heredoc'
      default:
        return JSON.stringify(this.text.slice(this.start, this.end))
    }
  }

  /** Reads the token at `start`, sets its value and end, and tells its kind. */
  #read(): TokenKind {
    const code = this.text.charCodeAt(this.start)
    this.end = Math.min(this.start + 1, this.text.length)
    if (Number.isNaN(code)) return 'end'
    const charClass = code < 128 ? CLASSES[code]! : LETTER
    if (charClass === LETTER) return this.#readWord()
    if (charClass === DIGIT || charClass === JOINER) return this.#readNumber()
    if (code === 0x22) return this.#readText('string', scanQuoted(this.text, this.start))
    if (code === 0x3c) return this.#readText('heredoc', scanHeredoc(this.text, this.start))
    return PUNCTUATION.get(this.text[this.start]!) ?? 'other'
  }

  #readWord(): TokenKind {
    const end = wordEnd(this.text, this.start)
    if (end === this.start) return 'other'
    this.end = end
    this.value = this.text.slice(this.start, end)
    return this.value === 'true' || this.value === 'false' ? 'bool' : 'identifier'
  }

  #readNumber(): TokenKind {
    NUMBER.lastIndex = this.start
    const match = NUMBER.exec(this.text)
    if (!match) return 'other'
    this.end = NUMBER.lastIndex
    this.value = match[0]
    return !/^-?0[xX]/.test(this.value) && /[.eE]/.test(this.value) ? 'float' : 'int'
  }

  #readText(kind: TokenKind, scanned: { value: string; end: number }): TokenKind {
    this.value = scanned.value
    this.end = scanned.end
    return kind
  }
}

/** Where the identifier that starts at `start` ends; `start` itself when none does. */
function wordEnd(text: string, start: number): number {
  let end = start
  let code = text.charCodeAt(end)
  while (code < 128 && CLASSES[code]! & WORD) code = text.charCodeAt(++end)
  if (!(code >= 128)) return end
  const pattern = end === start ? UNICODE_WORD : UNICODE_TAIL
  pattern.lastIndex = end
  return pattern.test(text) ? pattern.lastIndex : end
}

function skipBlanks(text: string, from: number): number {
  let at = from
  for (;;) {
    const code = text.charCodeAt(at)
    if (code < 128 && CLASSES[code] === BLANK) at++
    else if (code === 0x23 || code === 0x2f) at = skipComment(text, at)
    else return at
  }
}

function skipComment(text: string, start: number): number {
  if (text.startsWith('/*', start)) {
    const close = text.indexOf('*/', start + 2)
    if (close === -1) throw new SyntaxFault(start, 'comment is not closed: expected "*/"')
    return close + 2
  }
  if (text[start] === '/' && text[start + 1] !== '/') {
    throw new SyntaxFault(start, 'unexpected "/"; comments start with "#", "//" or "/*"')
  }
  const newline = text.indexOf('\n', start)
  return newline === -1 ? text.length : newline
}

function hex(text: string, offset: number): string {
  return `U+${text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, '0')}`
}
