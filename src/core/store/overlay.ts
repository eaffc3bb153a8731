// The state as it will be: a base plus writes that are decided but not yet durable. Commands of one batch fold against it.

import type { Indexed } from '../model/row.ts'
import type { Write } from './store.ts'
import { type IndexName, type RowOf, TABLES, type TableDefinition, type TableName } from './tables.ts'
import type { State } from './view.ts'

interface Pending {
  readonly key: string
  readonly row: Indexed | undefined
}

/** Stands for the revision of the coming commit: later than any that a compare-and-set can name. */
const UNKNOWN = Number.MAX_SAFE_INTEGER

export class Overlay implements State {
  readonly #base: State
  readonly #pending = new Map<TableName, Map<string, Pending>>()
  /** Keys written, by table and index key, so that a listing looks only at what concerns it. */
  readonly #touched = new Map<string, Set<string>>()

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
    const touched = this.#touched.get(touchedKey(table, index, key))
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
    let pending = this.#pending.get(write.table)
    if (pending === undefined) {
      pending = new Map()
      this.#pending.set(write.table, pending)
    }
    pending.set(write.key, { key: write.key, row })
    for (const [index, indexKeyOf] of Object.entries(definitionOf(write.table).indexes)) {
      const keys = [before && indexKeyOf(before), row && indexKeyOf(row)]
      for (const key of keys) if (key !== undefined) this.#touch(touchedKey(write.table, index, key), write.key)
    }
  }

  #touch(id: string, key: string): void {
    const touched = this.#touched.get(id)
    if (touched === undefined) this.#touched.set(id, new Set([key]))
    else touched.add(key)
  }
}

function touchedKey(table: string, index: string, key: string): string {
  return `${table}\u0000${index}\u0000${key}`
}

function definitionOf(table: TableName): TableDefinition<Indexed, string> {
  // The registry's row types differ; only what all rows share is used here.
  return TABLES[table] as unknown as TableDefinition<Indexed, string>
}
