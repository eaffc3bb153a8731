// The one loop that serves all readers: yields the value of a query whenever it has changed, or holds a reader until it has.

import type { Waiting } from '../core/model/fact.ts'
import { Fault } from '../core/model/fault.ts'
import type { Answer, Store, Watch } from '../core/store/store.ts'
import type { Query } from '../core/store/view.ts'

/** Time and chance, as much of them as waiting needs. */
export interface WaitClock {
  /** Calls `run` after `ms` milliseconds unless the returned function is called before. */
  after(ms: number, run: () => void): () => void
  /** A number in [0, 1). */
  random(): number
}

export const systemWaitClock: WaitClock = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  random: Math.random,
}

/** True for the answer of a query that lacks something from outside. */
export function isWaiting(value: unknown): value is Waiting {
  return typeof value === 'object' && value !== null && 'waiting' in value
}

/**
 * The present value of a query and every newer one, until the signal aborts; states in between may be skipped. `Waiting` is
 * yielded like any value. Throws what the query throws.
 */
export async function* watch<A, R>(
  store: Store,
  query: Query<A, R>,
  arg: A,
  signal: AbortSignal,
): AsyncGenerator<Answer<R>, void> {
  let wake = () => {}
  let changed = false
  const notify = () => {
    changed = true
    wake()
  }
  const followed = store.watch(query, arg, notify)
  signal.addEventListener('abort', notify)
  try {
    let before: { readonly value: R } | undefined
    while (!signal.aborted) {
      changed = false
      const answer = followed.current()
      if (before === undefined || before.value !== answer.value) {
        before = answer
        yield answer
      } else {
        await new Promise<void>(resolve => {
          wake = resolve
          if (changed) resolve()
        })
      }
    }
  } finally {
    signal.removeEventListener('abort', notify)
    followed.close()
  }
}

export interface BlockingOptions {
  /** The index the reader has seen; 0 when it has seen none. */
  readonly minIndex: number
  /** How long to hold at most; a random sixteenth is added so that readers do not come back all at once. */
  readonly waitMs: number
  /** Aborting ends the wait early, with the value as it is. */
  readonly signal: AbortSignal
  readonly clock: WaitClock
  /** The index of an answer, for values whose revision says nothing; the answer's own unless given. */
  indexOf?(answer: Answer<unknown>): number
}

/** How long readers are held, in milliseconds. */
export interface WaitLimits {
  /** When they do not say. */
  readonly defaultMs: number
  /** Whatever they say. */
  readonly maxMs: number
}

export const DEFAULT_WAITS: WaitLimits = { defaultMs: 300_000, maxMs: 600_000 }

/** The wait a client asked for, within what is allowed. */
export function clampWait(ms: number | undefined, limits: WaitLimits = DEFAULT_WAITS): number {
  return Math.min(ms === undefined || ms <= 0 ? limits.defaultMs : ms, limits.maxMs)
}

/**
 * Answers when the index of the value is greater than `minIndex`, or when the time is over with the value as it then is.
 * A query that is `Waiting` is followed, so that what it wants gets fetched; if it still is when the time is over, this
 * rejects with Fault('timeout').
 */
export function blockingRead<A, R>(
  store: Store,
  query: Query<A, R | Waiting>,
  arg: A,
  options: BlockingOptions,
): Promise<Answer<R>> {
  return new Promise((resolve, reject) => {
    new BlockedReader(store, query, arg, options).start(resolve, reject)
  })
}

/** Timers of equal length share a list, so readers are late by one of this many times. */
const LATE_STEPS = 64

/** One held reader: one timer, one observer of the shared value, no polling. */
class BlockedReader<A, R> {
  readonly #watch: Watch<R | Waiting>
  readonly #options: BlockingOptions
  #cancelTimer: () => void = () => {}
  #resolve: (answer: Answer<R>) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #isDone = false

  constructor(store: Store, query: Query<A, R | Waiting>, arg: A, options: BlockingOptions) {
    this.#options = options
    this.#watch = store.watch(query, arg, () => wakeSoon(this))
  }

  start(resolve: (answer: Answer<R>) => void, reject: (error: unknown) => void): void {
    this.#resolve = resolve
    this.#reject = reject
    const { waitMs, clock, signal } = this.#options
    const late = Math.floor(clock.random() * LATE_STEPS) / LATE_STEPS
    this.#cancelTimer = clock.after(waitMs + late * (waitMs / 16), () => this.#look(true))
    signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#look(signal.aborted)
  }

  /** Called by the wake queue when something the value was made of has changed. */
  wake(): void {
    this.#look(false)
  }

  readonly #onAbort = () => this.#look(true)

  #look(isOver: boolean): void {
    if (this.#isDone) return
    try {
      const { value, index } = this.#watch.current()
      if (isWaiting(value)) {
        if (isOver) this.#end(() => this.#reject(stillWaiting(value)))
        return
      }
      const answer = { value, index }
      const seen = this.#options.indexOf?.(answer) ?? index
      if (isOver || seen > this.#options.minIndex) this.#end(() => this.#resolve(answer))
    } catch (error) {
      this.#end(() => this.#reject(error))
    }
  }

  #end(settle: () => void): void {
    this.#isDone = true
    this.#cancelTimer()
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#watch.close()
    settle()
  }
}

function stillWaiting({ waiting }: Waiting): Fault {
  const kinds = [...new Set(waiting.map(want => want.kind))].join(', ')
  return new Fault('timeout', `not available yet: ${kinds}`)
}

/** Readers woken in one turn of the event loop; the rest wait for the next, so that other requests come in between. */
const SLICE = 256
let woken: BlockedReader<unknown, unknown>[] = []

function wakeSoon<A, R>(reader: BlockedReader<A, R>): void {
  // The queue only calls wake(), which has no type of its own.
  woken.push(reader as unknown as BlockedReader<unknown, unknown>)
  if (woken.length === 1) setImmediate(wakeSlice)
}

function wakeSlice(): void {
  const slice = woken.slice(0, SLICE)
  woken = woken.slice(SLICE)
  if (woken.length > 0) setImmediate(wakeSlice)
  for (const reader of slice) reader.wake()
}
