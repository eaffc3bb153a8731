// How often the streams of one peering may be opened: each one costs a look at everything that is exported.

const BURST = 10
const PER_SECOND = 1

export class StreamLimiter {
  readonly #now: () => number
  readonly #buckets = new Map<string, { left: number; at: number }>()

  /** `now` is in milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether the peering may open a stream now. */
  take(id: string): boolean {
    const now = this.#now()
    const bucket = this.#buckets.get(id) ?? { left: BURST, at: now }
    const left = Math.min(BURST, bucket.left + ((now - bucket.at) / 1000) * PER_SECOND)
    this.#buckets.set(id, { left: left >= 1 ? left - 1 : left, at: now })
    return left >= 1
  }

  forget(id: string): void {
    this.#buckets.delete(id)
  }
}
