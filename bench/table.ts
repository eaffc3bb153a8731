// The table at the end of a run.

import type { Metric, Row } from './row.ts'
import type { TargetKind } from './target.ts'

export interface Outcome {
  readonly row: string
  readonly target: TargetKind
  readonly figures: Readonly<Record<string, number>>
}

/** One line for each figure, columns aligned, in Markdown. */
export function tableOf(rows: readonly Row[], outcomes: readonly Outcome[], scale: string): string {
  const find = (target: TargetKind, row: Row) => outcomes.find(each => each.target === target && each.row === row.name)
  const withConsul = outcomes.some(outcome => outcome.target === 'consul')
  const lines = rows.flatMap(row =>
    Object.entries(row.metrics).map(([name, metric]) => {
      const ours = find('isthmus', row)?.figures[name]
      const theirs = find('consul', row)?.figures[name]
      const verdict = scale === 'full' ? verdictOf(metric, ours) : ''
      const cells = [row.name, name, shown(ours, metric), shown(metric.goal, metric), verdict]
      return withConsul ? [...cells, shown(theirs, metric), ratioOf(metric, ours, theirs)] : cells
    }),
  )
  const head = ['row', 'figure', 'value', 'goal', '', ...(withConsul ? ['consul', 'ratio'] : [])]
  return aligned([head, ...lines])
}

function verdictOf({ goal, better }: Metric, value: number | undefined): string {
  if (value === undefined) return 'failed'
  if (goal === undefined) return ''
  return (better === 'lower' ? value <= goal : value >= goal) ? 'ok' : 'missed'
}

/** How many times better than the other. */
function ratioOf({ better }: Metric, ours: number | undefined, theirs: number | undefined): string {
  if (ours === undefined || theirs === undefined || ours === 0 || theirs === 0) return ''
  const ratio = better === 'lower' ? theirs / ours : ours / theirs
  return `${Number(ratio.toPrecision(2))}x`
}

function shown(value: number | undefined, { unit }: Metric): string {
  return value === undefined ? '' : `${rounded(value)} ${unit}`
}

function rounded(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)))
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...body.map(line)].join('\n')
}
