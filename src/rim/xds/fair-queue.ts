// Work on many items in slices, so that the event loop stays free for others. Each item waits in line at most once.

export interface FairQueueOptions<T> {
  /** Works on one item. Must not throw. */
  run(item: T): void
  /** Milliseconds of work before others get a turn. */
  readonly sliceMs: number
  /** A clock in milliseconds. */
  now(): number
  /** Calls back after pending input and output had their turn. */
  defer(callback: () => void): void
}

/** First come, first served. An item added while it waits keeps its place. */
export class FairQueue<T> {
  readonly #options: FairQueueOptions<T>
  readonly #waiting = new Set<T>()
  #scheduled = false

  constructor(options: FairQueueOptions<T>) {
    this.#options = options
  }

  get length(): number {
    return this.#waiting.size
  }

  add(item: T): void {
    this.#waiting.add(item)
    this.#schedule()
  }

  remove(item: T): void {
    this.#waiting.delete(item)
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0) return
    this.#scheduled = true
    this.#options.defer(() => this.#slice())
  }

  #slice(): void {
    this.#scheduled = false
    const { run, now, sliceMs } = this.#options
    const end = now() + sliceMs
    for (const item of this.#waiting) {
      this.#waiting.delete(item)
      run(item)
      if (now() >= end) break
    }
    this.#schedule()
  }
}
