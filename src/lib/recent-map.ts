// A map of bounded size that forgets what was not used for longest. It costs what is in it, not what it may hold.

export interface RecentMapOptions<V> {
  /** Entries it holds at most. */
  readonly max: number
  /** Bounds the sum of the sizes of all values as well. A value above the bound is not kept at all. */
  readonly weights?: { readonly max: number; of(value: V): number }
}

/** Finding the oldest entry of a large map takes a while, so they are forgotten in batches: this many make up the whole. */
const BATCHES = 16

export class RecentMap<K, V> {
  /** Least recently used first: a Map keeps the order in which keys were set. */
  readonly #entries = new Map<K, V>()
  readonly #options: RecentMapOptions<V>
  #newest: K | undefined
  #weight = 0

  constructor(options: RecentMapOptions<V>) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key)
    // What is asked for again and again stays where it is.
    if (value === undefined || key === this.#newest) return value
    this.#entries.delete(key)
    this.#entries.set(key, value)
    this.#newest = key
    return value
  }

  set(key: K, value: V): void {
    this.#forget(key)
    const { max, weights } = this.#options
    const weight = weights?.of(value) ?? 0
    if (weights !== undefined && weight > weights.max) return
    this.#entries.set(key, value)
    this.#newest = key
    this.#weight += weight
    if (this.#entries.size > max) this.#shrink(() => this.#entries.size > max - Math.floor(max / BATCHES))
    if (weights !== undefined) this.#shrink(() => this.#weight > weights.max)
  }

  #shrink(isTooMuch: () => boolean): void {
    for (const key of this.#entries.keys()) {
      if (!isTooMuch()) return
      this.#forget(key)
    }
  }

  #forget(key: K): void {
    const value = this.#entries.get(key)
    if (value === undefined) return
    this.#entries.delete(key)
    this.#weight -= this.#options.weights?.of(value) ?? 0
  }
}
