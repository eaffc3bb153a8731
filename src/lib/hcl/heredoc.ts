// Heredocs of HCL1: `<<EOF` keeps its lines, `<<-EOF` also removes the indentation of its closing line.

import { SyntaxFault } from './syntax-fault.ts'

const OPENING = /<<(-?)([\p{L}\p{Nd}_]*)\r?\n/uy
const CLOSING_LINE = /^([\t\v\f\r ]*)(.*?)\r*$/u

/** The lines of the heredoc that opens at `start`, and the offset behind its closing line. */
export function scanHeredoc(text: string, start: number): { value: string; end: number } {
  OPENING.lastIndex = start
  const opening = OPENING.exec(text)
  if (!opening || opening[2] === '') {
    throw new SyntaxFault(start, 'a heredoc starts with "<<" and a word that ends the line, such as <<EOF')
  }
  const anchor = opening[2]!
  const body = OPENING.lastIndex
  for (let line = body; ; ) {
    const newline = text.indexOf('\n', line)
    if (newline === -1) {
      throw new SyntaxFault(start, `heredoc is not closed: expected a line with only ${anchor}, ended by a newline`)
    }
    const closing = closingIndent(text, line, newline, anchor)
    if (closing === undefined) {
      line = newline + 1
      continue
    }
    const lines = text.slice(body, line)
    return { value: opening[1] === '' ? lines + closing : unindent(lines, closing), end: newline + 1 }
  }
}

/** The blanks before the anchor when this line closes the heredoc. */
function closingIndent(text: string, line: number, newline: number, anchor: string): string | undefined {
  const at = text.indexOf(anchor, line)
  if (at === -1 || at >= newline) return undefined
  const match = CLOSING_LINE.exec(text.slice(line, newline))
  return match?.[2] === anchor ? match[1] : undefined
}

/** Removes `indent` from every line; when one line is indented less, all stay as they are. */
function unindent(lines: string, indent: string): string {
  if (indent === '' || lines === '') return lines
  const each = lines.slice(0, -1).split('\n')
  if (!each.every(line => line.startsWith(indent))) return lines
  return each.map(line => `${line.slice(indent.length)}\n`).join('')
}
