// What a row of the benchmark is: a load, what is measured under it, and the goal of each figure.

import type { Scenes } from './scenes/scenes.ts'

export interface Metric {
  readonly unit: 's' | 'ms' | 'MB' | 'bytes' | 'resources' | 'requests/s' | 'times'
  readonly better: 'lower' | 'higher'
  /** Undefined for a figure that is only told. */
  readonly goal?: number
}

export interface Row {
  /** As `--only` names it. */
  readonly name: string
  /** The load, in a sentence. */
  readonly how: string
  readonly metrics: Readonly<Record<string, Metric>>
  /** Puts the load on and measures; one figure for each metric. */
  run(bench: Bench): Promise<Readonly<Record<string, number>>>
}

export interface Bench {
  readonly scenes: Scenes
  /** A number of things at the scale of this run; goals are those of full scale. */
  size(full: number): number
}

/** Defines a row: the figures `run` returns are those that `metrics` names. */
export function defineRow<M extends string>(row: {
  readonly name: string
  readonly how: string
  readonly metrics: Readonly<Record<M, Metric>>
  run(bench: Bench): Promise<Readonly<Record<M, number>>>
}): Row {
  return row
}
