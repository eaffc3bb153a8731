// How commands print what they found: aligned tables, indented JSON, or the command's own lines.

import { choiceFlag } from '../lib/go-flags.ts'
import { reindentJson } from '../lib/json-text.ts'
import type { Io } from './io.ts'

const JSON_INDENT = 4

export type Rows = readonly (readonly string[])[]

/** The -format option of every command that prints data. */
export const formatFlag = choiceFlag(
  'How to print: pretty is the form made for this command, json the answer of the API, table plain columns.',
  ['pretty', 'json', 'table'],
  'pretty',
)

export type Format = typeof formatFlag.initial

/** One answer in every form it can be printed in. */
export interface View {
  /** The API's answer as JSON text, or a value to print as JSON. */
  readonly json: string | object
  /** Columns with a header row; by default those of the JSON value. */
  readonly table?: () => Rows
  /** The command's own form; by default the table. */
  readonly pretty?: () => string
}

/** Prints a view in the chosen format. */
export function present(io: Io, format: Format, view: View): void {
  io.stdout.write(`${render(format, view)}\n`)
}

/** Columns padded to equal width, two spaces apart, the last one left ragged. */
export function formatTable(rows: Rows): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, lengthOf(cell))
  }
  return rows
    .map(row =>
      row
        .map((cell, i) => pad(cell, widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** `Name:  value` lines with the values aligned; undefined and empty values are left out. */
export function formatFields(fields: readonly (readonly [string, string | undefined])[]): string {
  const shown = fields.filter((field): field is [string, string] => (field[1] ?? '') !== '')
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  return shown.map(([name, value]) => `${`${name}:`.padEnd(width + 1)}  ${value}`).join('\n')
}

function render(format: Format, view: View): string {
  const json = typeof view.json === 'string' ? view.json : JSON.stringify(view.json)
  switch (format) {
    case 'json':
      return reindentJson(json, JSON_INDENT)
    case 'table':
      return formatTable(view.table?.() ?? rowsOf(JSON.parse(json)))
    case 'pretty':
      if (view.pretty) return view.pretty()
      return view.table ? formatTable(view.table()) : reindentJson(json, JSON_INDENT)
  }
}

/** Columns for any JSON value: one row for each key of an object, each element of a list. */
function rowsOf(value: unknown): Rows {
  if (typeof value !== 'object' || value === null) return [['Value'], [cellOf(value)]]
  if (Array.isArray(value)) return [['Value'], ...value.map(element => [cellOf(element)])]
  return [['Key', 'Value'], ...Object.entries(value).map(([key, element]) => [key, cellOf(element)])]
}

function cellOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(width - lengthOf(cell))
}

/** Length in characters, so that names beyond ASCII keep the columns straight. */
function lengthOf(cell: string): number {
  return Array.from(cell).length
}
