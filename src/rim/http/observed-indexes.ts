// Indexes for values that carry no revision: counted as changes are seen, starting at the time of the first, so that an index
// given out before a restart is below those given out after it.

import { RecentMap } from '../../lib/recent-map.ts'

const MAX_OBSERVED = 50_000

export class ObservedIndexes {
  readonly #seen = new RecentMap<string, { readonly value: unknown; readonly index: number }>({ max: MAX_OBSERVED })
  readonly #now: () => number
  #last = 0

  /** `now` is in milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** The index of a value: the same as long as the value under `key` is the same object. */
  of(key: string, value: unknown): number {
    const seen = this.#seen.get(key)
    if (seen !== undefined && Object.is(seen.value, value)) return seen.index
    this.#last = Math.max(this.#last + 1, this.#now())
    this.#seen.set(key, { value, index: this.#last })
    return this.#last
  }
}
