// One table in memory: rows by key, rows by index, and the buckets through which reads are followed.

import type { Indexed } from '../model/row.ts'
import { Bucket } from './graph.ts'
import { SortedGroup } from './sorted-group.ts'
import type { TableDefinition } from './tables.ts'

const NOTHING: readonly never[] = Object.freeze([])

/** What one change did to a table, so that the store can wake readers after all tables have changed. */
export type Touched = (bucket: Bucket) => void

export class Table<T extends Indexed> {
  readonly definition: TableDefinition<T, string>
  readonly #rows = new Map<string, T>()
  readonly #groups = new Map<string, Map<string, SortedGroup<T>>>()
  readonly #keyBuckets = new Map<string, Bucket>()
  readonly #groupBuckets = new Map<string, Map<string, Bucket>>()
  /** No bucket made from now on may show a lower index: what it held may have gone from it at that revision. */
  #floor = 0
  /** The lowest index shown, for rows whose own are of an older history. */
  #lowest = 0
  readonly #indexes: readonly (readonly [string, (row: T) => string | undefined])[]

  constructor(definition: TableDefinition<T, string>) {
    this.definition = definition
    this.#indexes = Object.entries(definition.indexes)
    for (const index of Object.keys(definition.indexes)) {
      this.#groups.set(index, new Map())
      this.#groupBuckets.set(index, new Map())
    }
  }

  get(key: string): T | undefined {
    return this.#rows.get(key)
  }

  /** Rows under an index key, in key order. The list is shared: do not change it. */
  list(index: string, indexKey: string): readonly T[] {
    return this.#groups.get(index)?.get(indexKey)?.list() ?? NOTHING
  }

  /** All keys of an index that have rows now. */
  indexKeys(index: string): IterableIterator<string> {
    return (this.#groups.get(index) ?? new Map<string, SortedGroup<T>>()).keys()
  }

  /** All rows with the keys they are filed under. */
  entries(): IterableIterator<[string, T]> {
    return this.#rows.entries()
  }

  /** The bucket of one key, made on demand. */
  keyBucket(key: string, tick: number): Bucket {
    let bucket = this.#keyBuckets.get(key)
    if (bucket === undefined) {
      const index = this.#rows.get(key)?.ModifyIndex ?? this.#floor
      bucket = new Bucket(this.#visibleIndex(index), tick)
      this.#keyBuckets.set(key, bucket)
    }
    return bucket
  }

  /** The bucket of an index key, made on demand. */
  groupBucket(index: string, indexKey: string, tick: number): Bucket {
    const buckets = this.#groupBuckets.get(index)
    if (buckets === undefined) throw new Error(`no index "${index}"`)
    let bucket = buckets.get(indexKey)
    if (bucket === undefined) {
      let highest = this.#floor
      for (const row of this.list(index, indexKey)) highest = Math.max(highest, row.ModifyIndex)
      bucket = new Bucket(this.#visibleIndex(highest), tick)
      buckets.set(indexKey, bucket)
    }
    return bucket
  }

  /** Puts a row; `touched` gets every bucket whose content changed. A row that cannot be indexed throws and changes nothing. */
  put(key: string, row: T, touched: Touched): void {
    const places = this.#indexes.map(([, indexKeyOf]) => indexKeyOf(row))
    const before = this.#rows.get(key)
    this.#rows.set(key, row)
    this.#touchKey(key, touched)
    for (const [i, [index, indexKeyOf]] of this.#indexes.entries()) {
      const from = before === undefined ? undefined : indexKeyOf(before)
      const to = places[i]
      if (from !== undefined && from !== to) {
        this.#removeFrom(index, from, key, touched)
        this.#floor = Math.max(this.#floor, row.ModifyIndex)
      }
      if (to !== undefined) this.#addTo(index, to, key, row, touched)
    }
  }

  /** Removes a row if it is there; `revision` becomes the floor for buckets made later. */
  remove(key: string, revision: number, touched: Touched): void {
    const before = this.#rows.get(key)
    if (before === undefined) return
    this.#rows.delete(key)
    this.#floor = Math.max(this.#floor, revision)
    this.#touchKey(key, touched)
    for (const [index, indexKeyOf] of this.#indexes) {
      const from = indexKeyOf(before)
      if (from !== undefined) this.#removeFrom(index, from, key, touched)
    }
  }

  /** After a restart nothing may look older than what was shown before it. */
  raiseFloor(revision: number): void {
    this.#floor = Math.max(this.#floor, revision)
  }

  /** Lets no bucket made from now on show an index below `revision`, whatever its rows carry. */
  raiseIndexes(revision: number): void {
    this.#lowest = revision
  }

  /** Forgets buckets nobody follows; their next reader gets a fresh one at or above the floor. */
  sweep(): void {
    const drop = (buckets: Map<string, Bucket>) => {
      for (const [key, bucket] of buckets) {
        if (bucket.isLive) continue
        this.#floor = Math.max(this.#floor, bucket.index)
        buckets.delete(key)
      }
    }
    drop(this.#keyBuckets)
    for (const buckets of this.#groupBuckets.values()) drop(buckets)
  }

  #visibleIndex(index: number): number {
    return this.definition.class === 'replicated' ? Math.max(index, this.#lowest) : 0
  }

  #touchKey(key: string, touched: Touched): void {
    const bucket = this.#keyBuckets.get(key)
    if (bucket !== undefined) touched(bucket)
  }

  #touchGroup(index: string, indexKey: string, touched: Touched): void {
    const bucket = this.#groupBuckets.get(index)?.get(indexKey)
    if (bucket !== undefined) touched(bucket)
  }

  #addTo(index: string, indexKey: string, key: string, row: T, touched: Touched): void {
    const groups = this.#groups.get(index)
    if (groups === undefined) return
    let group = groups.get(indexKey)
    if (group === undefined) {
      group = new SortedGroup()
      groups.set(indexKey, group)
    }
    group.set(key, row)
    this.#touchGroup(index, indexKey, touched)
  }

  #removeFrom(index: string, indexKey: string, key: string, touched: Touched): void {
    const groups = this.#groups.get(index)
    const group = groups?.get(indexKey)
    if (groups === undefined || group === undefined) return
    group.delete(key)
    if (group.isEmpty) groups.delete(indexKey)
    this.#touchGroup(index, indexKey, touched)
  }
}
