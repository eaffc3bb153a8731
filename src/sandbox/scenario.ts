// What a scenario is: something that brings a mesh up, sends requests through it and says which way they went. Each is one
// file in scenarios/; how to show what it says is not its business.

import type { Hop } from './access-log.ts'
import type { Expectation } from './judge.ts'
import type { Loopback } from './loopback.ts'
import type { Program } from './program.ts'
import type { Supervisor } from './supervisor.ts'

export interface Scenario {
  readonly name: string
  readonly title: string
  /** The machines and the way between them, as lines of text. */
  readonly picture: string
  /** The number of its first network, see claimLoopback. */
  readonly network: number
  /** Number of steps it will report. */
  readonly steps: number
  /** Brings everything up and makes its trials. Processes and files belong to the stage's supervisor. */
  run(stage: Stage): Promise<Outcome>
}

/** What a scenario has to work with. */
export interface Stage {
  readonly program: Program
  readonly supervisor: Supervisor
  readonly loopback: Loopback
  readonly signal: AbortSignal
  /** Runs a step: announces it, waits for it, and reports the words it returns in `done` with the time it took. */
  step<T>(title: string, work: () => Promise<{ readonly done: string; readonly value: T }>): Promise<T>
  /** Reports a trial as soon as it is made. */
  show(trial: Trial, abbreviations: Outcome['abbreviations']): void
  /** Something in this process to be closed in the end. */
  atEnd(close: () => Promise<void>): void
}

/** One request, and the way it went. */
export interface Trial {
  readonly title: string
  readonly hops: readonly Hop[]
  /** What the caller was told, in a few words. */
  readonly answer: string
  readonly expected: Expectation
  /** How hops and answer differ from what is expected; empty when they do not. */
  readonly problems: readonly string[]
}

export interface Outcome {
  readonly trials: readonly Trial[]
  /** Names for long texts, such as the trust domain, to make what is shown shorter. */
  readonly abbreviations: ReadonlyMap<string, string>
  readonly hints: readonly Hint[]
}

/** A command to try, and what for. */
export interface Hint {
  readonly command: string
  readonly why: string
}
