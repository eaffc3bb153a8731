// `npm run bench [-- --only row[,row]] [--scale small]`: puts loads on an agent, prints a JSON line for each row and a table of
// all figures beside their goals. Where CONSUL_BIN names a consul binary it gets the same loads, and the table shows ratios.

import { parseArgs } from 'node:util'
import { build } from '../tools/build.ts'
import type { Bench, Row } from './row.ts'
import { ROWS } from './rows/index.ts'
import { Scenes } from './scenes/scenes.ts'
import { type Outcome, tableOf } from './table.ts'
import type { TargetKind } from './target.ts'

const SCALES: Readonly<Record<string, number>> = { small: 0.1, full: 1, large: 3 }

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, scale: { type: 'string', default: 'full' } },
})
const scale = SCALES[options.scale]
if (scale === undefined) throw new Error(`--scale: allowed are ${Object.keys(SCALES).join(', ')}`)
const rows = chosen(options.only)
const kinds: readonly TargetKind[] = process.env.CONSUL_BIN ? ['isthmus', 'consul'] : ['isthmus']

await build()
const outcomes: Outcome[] = []
for (const kind of kinds) {
  const scenes = new Scenes(kind)
  const bench: Bench = { scenes, size: full => Math.max(1, Math.round(full * scale)) }
  for (const row of rows) outcomes.push(await measured(row, bench))
  await scenes.close()
}
process.stdout.write(`\n${tableOf(rows, outcomes, options.scale)}\n`)
process.exit()

function chosen(only: string | undefined): readonly Row[] {
  if (only === undefined) return ROWS
  const names = only.split(',')
  const unknown = names.filter(name => !ROWS.some(row => row.name === name))
  if (unknown.length > 0)
    throw new Error(`--only: no row ${unknown.join(', ')}; rows: ${ROWS.map(row => row.name).join(', ')}`)
  return ROWS.filter(row => names.includes(row.name))
}

/** A row that fails is told and does not stop the others. */
async function measured(row: Row, bench: Bench): Promise<Outcome> {
  const { kind } = bench.scenes
  const startedAt = performance.now()
  const outcome = await row.run(bench).then(
    figures => ({ row: row.name, target: kind, figures }),
    (error: unknown) => ({ row: row.name, target: kind, figures: {}, failed: String(error) }),
  )
  const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(1))
  process.stdout.write(`${JSON.stringify({ ...outcome, scale: options.scale, seconds })}\n`)
  if ('failed' in outcome) await bench.scenes.close()
  return outcome
}
