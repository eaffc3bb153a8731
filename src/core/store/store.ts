// The one cell that holds state: applies committed rows, answers queries, wakes watchers. Synchronous; no I/O.

import { deepEqual } from '../../lib/deep-equal.ts'
import type { FactKind, FactKinds, Want } from '../model/fact.ts'
import type { Indexed } from '../model/row.ts'
import { joinKey } from '../model/tenancy.ts'
import { Bucket, type Computation, Computed, type Observer, type Source, type Ticker } from './graph.ts'
import { Table } from './table.ts'
import { type IndexName, type RowOf, TABLES, type TableClass, type TableDefinition, type TableName } from './tables.ts'
import type { Query, Self, State, View } from './view.ts'

/** A row to store, without indexes, or its removal. */
export interface Write {
  readonly table: TableName
  readonly key: string
  readonly row: object | undefined
}

/** A row as an engine keeps it. */
export interface StoredRow {
  readonly table: TableName
  readonly key: string
  readonly row: Indexed
}

export interface Answer<R> {
  readonly value: R
  /** The highest revision the value depends on; never 0. */
  readonly index: number
}

/** A followed query. `current()` is cheap when nothing changed. Close it when done. */
export interface Watch<R> {
  current(): Answer<R>
  close(): void
}

/** Told when the first reader of a fact appears and when the last one has gone. */
export type WantListener = (want: Want, wanted: boolean) => void

const IDLE_LIMIT = 20_000

export class Store implements State {
  #self: Self
  readonly #ticker: Ticker = { tick: 1 }
  readonly #selfBucket = new Bucket(0, this.#ticker.tick)
  readonly #tables = new Map<TableName, Table<Indexed>>()
  readonly #queries = new Map<string, Map<string, Computed<unknown>>>()
  readonly #facts = new Map<string, { value: unknown; bucket: Bucket; want: Want }>()
  #made = 0
  #revision = 0
  /** What is added to revisions of a history that began anew, so that indexes do not go back. */
  #shift = 0
  #onWant: WantListener = () => {}
  readonly #idleLimit: number

  /** Above `idleLimit` values, those that nobody follows are forgotten. */
  constructor(self: Self, idleLimit = IDLE_LIMIT) {
    this.#self = self
    this.#idleLimit = idleLimit
    for (const name of tableNames()) {
      // The registry's row types differ; a Table only relies on what all rows share.
      this.#tables.set(name, new Table(TABLES[name] as unknown as TableDefinition<Indexed, string>))
    }
  }

  /** Who this agent is. */
  get self(): Self {
    return this.#self
  }

  /** Takes over what a client agent learns of the cluster from its servers; queries that have read it run again. */
  learn(learned: Pick<Self, 'primaryDatacenter' | 'defaultAllow'>): void {
    const self = { ...this.#self, ...learned }
    if (deepEqual(self, this.#self)) return
    this.#change(touched => {
      this.#self = self
      touched(this.#selfBucket)
    }, 0)
  }

  /** The newest revision applied. */
  get revision(): number {
    return this.#revision
  }

  get<N extends TableName>(table: N, key: string): RowOf<N> | undefined {
    return this.#table(table).get(key)
  }

  list<N extends TableName>(table: N, index: IndexName<N>, key: string): readonly RowOf<N>[] {
    return this.#table(table).list(index, key)
  }

  /** Keys of an index that have rows. Not noted: for commands and keepers, not for queries. */
  indexKeys<N extends TableName>(table: N, index: IndexName<N>): readonly string[] {
    return [...this.#table(table).indexKeys(index)]
  }

  /** Loads what an engine kept. Nothing shown from now on has an index below `revision`. */
  load(rows: Iterable<StoredRow>, revision: number): void {
    for (const { table, key, row } of rows) this.#anyTable(table).put(key, frozen(row), () => {})
    for (const [name, table] of this.#tables) if (TABLES[name].class === 'replicated') table.raiseFloor(revision)
    this.#revision = Math.max(this.#revision, revision)
    this.#ticker.tick += 1
  }

  /** Applies one committed batch: all of it becomes visible at once, then watchers wake. */
  apply(writes: readonly Write[], revision: number, tableClass: TableClass = 'replicated'): void {
    const isReplicated = tableClass === 'replicated'
    // Local revisions count something else and must not be mixed with the cluster's.
    this.#change(
      touched => {
        for (const write of writes) this.#write(write, revision, touched)
        if (isReplicated) this.#revision = Math.max(this.#revision, this.#shown(revision))
      },
      isReplicated ? this.#shown(revision) : 0,
    )
  }

  /** All rows of a table as they are now, with their keys. Not noted. */
  *rowsOf(name: TableName): Generator<StoredRow, void> {
    const table = this.#anyTable(name)
    for (const [key, row] of table.entries()) yield { table: name, key, row }
  }

  /**
   * Makes tables equal to a copy of them taken elsewhere at `revision`. Rows that are the same stay, and nobody who read only
   * those is woken. A revision below ours is of a history that began anew: indexes shown from now on still only grow.
   */
  replace(tables: readonly TableName[], rows: readonly StoredRow[], revision: number): void {
    if (this.#shown(revision) < this.#revision) {
      this.#shift = this.#revision + 1 - revision
      for (const name of tables) this.#anyTable(name).raiseIndexes(this.#revision + 1)
    }
    const wanted = new Set(rows.map(row => joinKey(row.table, row.key)))
    this.#change(touched => {
      for (const { table, key } of tables.flatMap(name => [...this.rowsOf(name)])) {
        if (!wanted.has(joinKey(table, key))) this.#anyTable(table).remove(key, this.#shown(revision), touched)
      }
      for (const { table, key, row } of rows) {
        const before = this.#anyTable(table).get(key)
        if (before === undefined || !deepEqual(before, row)) this.#anyTable(table).put(key, frozen(row), touched)
      }
      this.#revision = this.#shown(revision)
    }, this.#shown(revision))
  }

  /** Records a fact; a value equal in identity wakes nobody. */
  setFact<K extends FactKind>(kind: K, key: string, value: FactKinds[K] | undefined): void {
    const fact = this.#fact(kind, key)
    if (fact.value === value) return
    this.#change(touched => {
      fact.value = value
      touched(fact.bucket)
    }, 0)
  }

  /** Whether anybody follows this fact now. */
  isWanted(kind: FactKind, key: string): boolean {
    return this.#facts.get(joinKey(kind, key))?.bucket.isLive ?? false
  }

  /** Registers the one listener that keeps facts fetched. */
  onWant(listener: WantListener): void {
    this.#onWant = listener
  }

  /** Answers a query now. Things it wants are not fetched for it: use `watch` for that. */
  read<A, R>(query: Query<A, R>, arg: A): Answer<R> {
    this.#sweepIfMany()
    return answerOf(this.#computed(query, arg))
  }

  /** Follows a query. `onChange` is called, synchronously and at most once until `current()`, when it may have changed. */
  watch<A, R>(query: Query<A, R>, arg: A, onChange: () => void): Watch<R> {
    this.#sweepIfMany()
    const computed = this.#computed(query, arg)
    let notified = false
    const observer: Observer = {
      notify() {
        if (notified) return
        notified = true
        onChange()
      },
    }
    computed.observe(observer)
    const current = () => {
      notified = false
      return answerOf(computed)
    }
    return { current, close: () => computed.unobserve(observer) }
  }

  #change(apply: (touched: (bucket: Bucket) => void) => void, revision: number): void {
    this.#ticker.tick += 1
    const touched = new Set<Bucket>()
    try {
      apply(bucket => touched.add(bucket))
    } finally {
      // Whoever has read what did change hears of it, even when the rest could not be applied.
      for (const bucket of touched) bucket.mark(revision, this.#ticker.tick)
      for (const bucket of touched) bucket.wake()
    }
    this.#sweepIfMany()
  }

  #shown(revision: number): number {
    return revision + this.#shift
  }

  #write(write: Write, revision: number, touched: (bucket: Bucket) => void): void {
    const table = this.#anyTable(write.table)
    if (write.row === undefined) {
      table.remove(write.key, this.#shown(revision), touched)
      return
    }
    const before: Indexed | undefined = table.get(write.key)
    const row = { ...write.row, CreateIndex: before?.CreateIndex ?? revision, ModifyIndex: revision }
    table.put(write.key, frozen(row), touched)
  }

  #computed<A, R>(query: Query<A, R>, arg: A): Computed<R> {
    let byKey = this.#queries.get(query.name)
    if (byKey === undefined) {
      byKey = new Map()
      this.#queries.set(query.name, byKey)
    }
    const key = query.key(arg)
    const known = byKey.get(key)
    // A query's name is unique, so what is stored under it was made from the same R.
    if (known !== undefined) return known as Computed<R>
    this.#made += 1
    const computed = new Computed<R>(this.#ticker, () => this.#run(query, arg), query.equal)
    byKey.set(key, computed as Computed<unknown>)
    return computed
  }

  #run<A, R>(query: Query<A, R>, arg: A): Computation<R> {
    const sources = new Set<Source>()
    const view = this.#view(sources)
    try {
      return { outcome: { ok: true, value: query.run(view, arg) }, sources: [...sources] }
    } catch (error) {
      return { outcome: { ok: false, error }, sources: [...sources] }
    } finally {
      view.revoke()
    }
  }

  #view(sources: Set<Source>): TrackedView {
    return new TrackedView(sources, {
      self: () => ({ value: this.#self, source: this.#selfBucket }),
      table: name => this.#table(name),
      computed: (query, arg) => this.#computed(query, arg),
      fact: (kind, key) => this.#fact(kind, key),
      tick: () => this.#ticker.tick,
    })
  }

  #fact(kind: FactKind, key: string): { value: unknown; bucket: Bucket; want: Want } {
    const id = joinKey(kind, key)
    let fact = this.#facts.get(id)
    if (fact === undefined) {
      const want: Want = { kind, key }
      const bucket = new Bucket(0, this.#ticker.tick, wanted => this.#onWant(want, wanted))
      fact = { value: undefined, bucket, want }
      this.#facts.set(id, fact)
    }
    return fact
  }

  /**
   * Forgets what nobody follows: first the values, then the buckets they read. Only between computations: a value in the
   * making holds sources that nobody follows yet.
   */
  #sweepIfMany(): void {
    if (this.#made <= this.#idleLimit) return
    this.#made = 0
    for (const byKey of this.#queries.values()) {
      for (const [key, computed] of byKey) {
        if (computed.isLive) this.#made += 1
        else byKey.delete(key)
      }
    }
    this.#made = Math.min(this.#made, this.#idleLimit / 2)
    for (const table of this.#tables.values()) table.sweep()
    for (const [id, fact] of this.#facts) if (!fact.bucket.isLive && fact.value === undefined) this.#facts.delete(id)
  }

  #anyTable(name: TableName): Table<Indexed> {
    const table = this.#tables.get(name)
    if (table === undefined) throw new Error(`no table "${name}"`)
    return table
  }

  #table<N extends TableName>(name: N): Table<RowOf<N>> {
    const table = this.#anyTable(name)
    // Each table was made from the definition of its own name.
    return table as unknown as Table<RowOf<N>>
  }
}

/** All table names. */
export function tableNames(): readonly TableName[] {
  // Object.keys loses the key type of a literal.
  return Object.keys(TABLES) as TableName[]
}

interface Reads {
  self(): { readonly value: Self; readonly source: Source }
  table<N extends TableName>(name: N): Table<RowOf<N>>
  computed<A, R>(query: Query<A, R>, arg: A): Computed<R>
  fact(kind: FactKind, key: string): { readonly value: unknown; readonly bucket: Bucket }
  tick(): number
}

class TrackedView implements View {
  readonly #sources: Set<Source>
  #reads: Reads | undefined

  constructor(sources: Set<Source>, reads: Reads) {
    this.#sources = sources
    this.#reads = reads
  }

  get self(): Self {
    const { value, source } = this.#live().self()
    this.#sources.add(source)
    return value
  }

  get<N extends TableName>(table: N, key: string): RowOf<N> | undefined {
    const reads = this.#live()
    const rows = reads.table(table)
    this.#sources.add(rows.keyBucket(key, reads.tick()))
    return rows.get(key)
  }

  list<N extends TableName>(table: N, index: IndexName<N>, key: string): readonly RowOf<N>[] {
    const reads = this.#live()
    const rows = reads.table(table)
    this.#sources.add(rows.groupBucket(index, key, reads.tick()))
    return rows.list(index, key)
  }

  derive<A, R>(query: Query<A, R>, arg: A): R {
    const computed = this.#live().computed(query, arg)
    this.#sources.add(computed)
    return computed.value
  }

  want<K extends FactKind>(kind: K, key: string): FactKinds[K] | undefined {
    const fact = this.#live().fact(kind, key)
    this.#sources.add(fact.bucket)
    // Facts are only set through setFact, which types them by kind.
    return fact.value as FactKinds[K] | undefined
  }

  revoke(): void {
    this.#reads = undefined
  }

  #live(): Reads {
    if (this.#reads === undefined) throw new Error('a view was used after its query had returned')
    return this.#reads
  }
}

function answerOf<R>(computed: Computed<R>): Answer<R> {
  const value = computed.value
  return { value, index: Math.max(computed.index, 1) }
}

function frozen<T extends object>(row: T): T {
  return Object.freeze(row)
}
