// The graph of reads: buckets of rows at the bottom, derived values above them, watchers on top.
// A change marks what is above it (push); values are checked and computed again only when asked for (pull). A derived value
// that comes out equal stops the change there.

import { deepEqual } from '../../lib/deep-equal.ts'

/** Something that can be read and followed. */
export interface Source {
  /** Highest revision this value depends on. */
  readonly index: number
  /** The graph's tick at which the value last changed. */
  readonly changedAt: number
  /** Brings the value up to date. */
  refresh(): void
  observe(observer: Observer): void
  unobserve(observer: Observer): void
}

export interface Observer {
  /** Called when something below may have changed. Must be cheap and must not read. */
  notify(): void
}

/** Counts changes of the whole graph; one tick a commit. */
export interface Ticker {
  tick: number
}

/** Base of everything that can be observed. */
abstract class Observable {
  #observers: Set<Observer> | undefined

  get isLive(): boolean {
    return this.#observers !== undefined
  }

  observe(observer: Observer): void {
    if (this.#observers === undefined) {
      this.#observers = new Set()
      this.onLive()
    }
    this.#observers.add(observer)
  }

  unobserve(observer: Observer): void {
    if (this.#observers === undefined || !this.#observers.delete(observer)) return
    if (this.#observers.size > 0) return
    this.#observers = undefined
    this.onIdle()
  }

  protected notifyObservers(): void {
    if (this.#observers !== undefined) for (const observer of this.#observers) observer.notify()
  }

  protected abstract onLive(): void
  protected abstract onIdle(): void
}

/** The smallest unit of change: one key, or all rows under one index key. */
export class Bucket extends Observable implements Source {
  index: number
  changedAt: number
  readonly #onUse: ((live: boolean) => void) | undefined

  constructor(index: number, changedAt: number, onUse?: (live: boolean) => void) {
    super()
    this.index = index
    this.changedAt = changedAt
    this.#onUse = onUse
  }

  refresh(): void {}

  /** Records a change at `revision`. All buckets of a commit are marked before any is woken. */
  mark(revision: number, tick: number): void {
    if (revision > this.index) this.index = revision
    this.changedAt = tick
  }

  /** Tells what is above that something changed. */
  wake(): void {
    this.notifyObservers()
  }

  protected onLive(): void {
    this.#onUse?.(true)
  }

  protected onIdle(): void {
    this.#onUse?.(false)
  }
}

type State = 'clean' | 'check' | 'new'

/** What a computation came to and what it read on the way; what it read counts even when it failed. */
export interface Computation<T> {
  readonly outcome: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }
  readonly sources: readonly Source[]
}

/** A value computed from sources, computed again only when one of them has changed. */
export class Computed<T> extends Observable implements Source, Observer {
  index = 0
  changedAt = 0
  #outcome: Computation<T>['outcome'] | undefined
  #state: State = 'new'
  #verifiedAt = -1
  #computedAt = -1
  #sources: readonly Source[] = []
  readonly #ticker: Ticker
  readonly #compute: () => Computation<T>
  readonly #equal: (a: T, b: T) => boolean

  constructor(ticker: Ticker, compute: () => Computation<T>, equal: (a: T, b: T) => boolean = deepEqual) {
    super()
    this.#ticker = ticker
    this.#compute = compute
    this.#equal = equal
  }

  /** The current value. Throws what the computation threw. */
  get value(): T {
    this.refresh()
    const outcome = this.#outcome
    if (outcome?.ok) return outcome.value
    throw outcome?.error
  }

  refresh(): void {
    if (this.#isCurrent()) return
    if (this.#state !== 'new' && !this.#sourceChanged()) {
      this.#verified()
      return
    }
    this.#recompute()
  }

  notify(): void {
    if (this.#state !== 'clean') return
    this.#state = 'check'
    this.notifyObservers()
  }

  protected onLive(): void {
    for (const source of this.#sources) source.observe(this)
    // While idle nobody told us of changes.
    if (this.#state === 'clean' && this.#verifiedAt !== this.#ticker.tick) this.#state = 'check'
  }

  protected onIdle(): void {
    for (const source of this.#sources) source.unobserve(this)
  }

  #isCurrent(): boolean {
    if (this.#state !== 'clean') return false
    return this.isLive || this.#verifiedAt === this.#ticker.tick
  }

  #sourceChanged(): boolean {
    for (const source of this.#sources) {
      source.refresh()
      if (source.changedAt > this.#computedAt) return true
    }
    return false
  }

  #verified(): void {
    this.#state = 'clean'
    this.#verifiedAt = this.#ticker.tick
  }

  #recompute(): void {
    const { outcome, sources } = this.#compute()
    if (this.isLive) this.#follow(sources)
    this.#sources = sources
    this.#computedAt = this.#ticker.tick
    this.#verified()
    const before = this.#outcome
    if (before?.ok && outcome.ok && this.#equal(before.value, outcome.value)) return
    this.#outcome = outcome
    this.changedAt = this.#ticker.tick
    for (const source of sources) if (source.index > this.index) this.index = source.index
  }

  #follow(sources: readonly Source[]): void {
    const next = new Set(sources)
    for (const source of sources) source.observe(this)
    for (const source of this.#sources) if (!next.has(source)) source.unobserve(this)
  }
}
