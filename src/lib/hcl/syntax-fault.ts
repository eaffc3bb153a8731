// How the stages of the HCL parser give up on bad text. Caught at the parser's own door; nobody outside sees it.

/** Bad text at `offset` (in UTF-16 units). */
export class SyntaxFault extends Error {
  readonly offset: number

  constructor(offset: number, message: string) {
    super(message)
    this.name = 'SyntaxFault'
    this.offset = offset
  }
}

/** The deepest nesting of blocks, lists and labels that is read; more is refused before it can exhaust the stack. */
export const MAX_DEPTH = 256

/** The refusal of anything nested deeper than MAX_DEPTH. */
export function tooDeep(offset: number): SyntaxFault {
  return new SyntaxFault(offset, `nested deeper than ${MAX_DEPTH} levels`)
}

/** Line and column (in characters) of an offset, counted from 1. */
export function locate(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let i = before.indexOf('\n'); i !== -1; i = before.indexOf('\n', i + 1)) line++
  return { line, column: Array.from(before.slice(lineStart)).length + 1 }
}
