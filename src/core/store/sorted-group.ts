// Rows under one index key, listed in key order. A listing after few changes is merged from the one before, so that following a
// large group costs a pass over it and not a sort.

/** Above this share of changed rows, sorting anew is cheaper than merging. */
const MERGE_SHARE = 1 / 8

export class SortedGroup<T> {
  readonly #rows = new Map<string, T>()
  /** Keys set or deleted since the last listing; undefined before the first. */
  #changed: Set<string> | undefined
  #keys: readonly string[] = []
  #listed: readonly T[] = []

  get isEmpty(): boolean {
    return this.#rows.size === 0
  }

  set(key: string, row: T): void {
    this.#rows.set(key, row)
    this.#changed?.add(key)
  }

  delete(key: string): void {
    if (this.#rows.delete(key)) this.#changed?.add(key)
  }

  /** The rows in key order; the same list as long as nothing has changed. */
  list(): readonly T[] {
    const changed = this.#changed
    if (changed?.size === 0) return this.#listed
    const isMerged = changed !== undefined && changed.size <= this.#rows.size * MERGE_SHARE
    this.#keys = isMerged ? this.#mergedKeys(changed) : [...this.#rows.keys()].sort()
    this.#listed = this.#keys.map(key => this.#row(key))
    this.#changed = new Set()
    return this.#listed
  }

  #row(key: string): T {
    const row = this.#rows.get(key)
    if (row === undefined) throw new Error(`listed row is gone: ${key}`)
    return row
  }

  #mergedKeys(changed: ReadonlySet<string>): readonly string[] {
    const added = [...changed].filter(key => this.#rows.has(key)).sort()
    const merged: string[] = []
    let next = 0
    for (const key of this.#keys) {
      if (changed.has(key)) continue
      for (let other = added[next]; other !== undefined && other < key; other = added[++next]) merged.push(other)
      merged.push(key)
    }
    while (next < added.length) merged.push(added[next++]!)
    return merged
  }
}
