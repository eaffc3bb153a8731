// The state as it will be: a base plus writes that are decided but not yet durable. Commands of one batch fold against it.

import type { Indexed } from '../model/row.ts'
import type { Write } from './store.ts'
import { type IndexName, type RowOf, TABLES, type TableDefinition, type TableName } from './tables.ts'
import type { State } from './view.ts'

interface Pending {
  readonly key: string
  readonly row: Indexed | undefined
  /** The row that was there before the last write. */
  readonly before: Indexed | undefined
}

/** Stands for the revision of the coming commit: later than any that a compare-and-set can name. */
const UNKNOWN = Number.MAX_SAFE_INTEGER

export class Overlay implements State {
  readonly #base: State
  readonly #pending = new Map<TableName, Map<string, Pending>>()
  /** All writes of a table in order, and by index key those that concern it; the latter for indexes that were listed. */
  readonly #log = new Map<TableName, Pending[]>()
  readonly #touched = new Map<string, TouchedIndex>()

  constructor(base: State) {
    this.#base = base
  }

  get<N extends TableName>(table: N, key: string): RowOf<N> | undefined {
    const pending = this.#pending.get(table)?.get(key)
    if (pending === undefined) return this.#base.get(table, key)
    // Pending rows are filed under the table they were written for.
    return pending.row as RowOf<N> | undefined
  }

  list<N extends TableName>(table: N, index: IndexName<N>, key: string): readonly RowOf<N>[] {
    const touched = this.#touchedBy(table, index).get(key)
    const base = this.#base.list(table, index, key)
    if (touched === undefined) return base
    const definition = definitionOf(table)
    const pending = this.#pending.get(table)
    const kept = base.filter(row => !pending?.has(definition.key(row)))
    const added = [...touched].flatMap(rowKey => {
      const row = pending?.get(rowKey)?.row
      return row !== undefined && definition.indexes[index]?.(row) === key ? [row] : []
    })
    // Pending rows are filed under the table they were written for.
    const rows = [...kept, ...(added as unknown as readonly RowOf<N>[])]
    return rows.sort((a, b) => (definition.key(a) < definition.key(b) ? -1 : 1))
  }

  /** Adds writes to the state that later commands of the batch see. */
  add(writes: readonly Write[]): void {
    for (const write of writes) this.#add(write)
  }

  #add(write: Write): void {
    const before: Indexed | undefined = this.get(write.table, write.key)
    const row = write.row && { ...write.row, CreateIndex: before?.CreateIndex ?? UNKNOWN, ModifyIndex: UNKNOWN }
    const pending = { key: write.key, row, before }
    entryIn(this.#pending, write.table, () => new Map<string, Pending>()).set(write.key, pending)
    entryIn(this.#log, write.table, () => []).push(pending)
  }

  /** The keys written under each key of an index, brought up to date with the log. */
  #touchedBy(table: TableName, index: string): ReadonlyMap<string, Set<string>> {
    const touched = entryIn(this.#touched, `${table} ${index}`, () => ({ seen: 0, keys: new Map() }))
    const log = this.#log.get(table) ?? []
    const indexKeyOf = definitionOf(table).indexes[index]
    for (; touched.seen < log.length; touched.seen++) {
      const pending = log[touched.seen]
      for (const row of [pending?.before, pending?.row]) {
        const key = row && indexKeyOf?.(row)
        if (key !== undefined && pending) entryIn(touched.keys, key, () => new Set<string>()).add(pending.key)
      }
    }
    return touched.keys
  }
}

/** How far the log was looked at, and what it came to. */
interface TouchedIndex {
  seen: number
  readonly keys: Map<string, Set<string>>
}

function entryIn<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}

function definitionOf(table: TableName): TableDefinition<Indexed, string> {
  // The registry's row types differ; only what all rows share is used here.
  return TABLES[table] as unknown as TableDefinition<Indexed, string>
}
