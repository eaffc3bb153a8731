// The help text of a table of flags, laid out as Consul's commands print it. Parsing is in go-flags.ts.

import type { Flag, FlagTable } from './go-flags.ts'

const WIDTH = 79
const INDENT = '     '

/** A titled, sorted list of flags with their descriptions folded to the terminal; empty text for an empty table. */
export function describeFlags(title: string, table: FlagTable): string {
  const names = Object.keys(table).sort()
  if (names.length === 0) return ''
  return [title, ...names.map(name => describeFlag(name, table[name]!))].join('\n\n')
}

/** Folds text into lines of at most `width` characters, each behind `indent`; blank lines part paragraphs. */
export function fold(text: string, indent: string, width = WIDTH): string {
  return text
    .split('\n\n')
    .map(paragraph => foldParagraph(paragraph, indent, width))
    .join('\n\n')
}

function describeFlag(name: string, flag: Flag<unknown>): string {
  const head = flag.isBool ? `  -${name}` : `  -${name}=<${flag.placeholder}>`
  return `${head}\n${fold(flag.description + defaultSentence(flag), INDENT)}`
}

function defaultSentence(flag: Flag<unknown>): string {
  const { initial } = flag
  if (initial === undefined || initial === '' || initial === false || typeof initial === 'object') return ''
  return ` The default is ${String(initial)}.`
}

function foldParagraph(paragraph: string, indent: string, width: number): string {
  const lines: string[] = []
  let line = ''
  for (const word of paragraph.split(/\s+/).filter(part => part !== '')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, indent + line].join('\n')
}
