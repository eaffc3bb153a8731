// The default engine: one file, durable at every commit, for a single replica.

import type { StoredRow, Write } from '../../core/store/store.ts'
import { tableNames } from '../../core/store/store.ts'
import type { TableName } from '../../core/store/tables.ts'
import type { Committed, Engine, Loaded } from './engine.ts'
import { packWrites, type SqliteRow, type SqliteWrite } from './sqlite-protocol.ts'
import type { SqliteThread } from './sqlite-thread.ts'

export class SqliteEngine implements Engine {
  readonly #thread: Pick<SqliteThread, 'ask'>
  readonly #path: string

  /** The file at `path`, opened by the first call; one that cannot be used fails it. */
  constructor(thread: Pick<SqliteThread, 'ask'>, path: string) {
    this.#thread = thread
    this.#path = path
  }

  async load(): Promise<Loaded> {
    const { head, rows } = await this.#thread.ask({ type: 'load', path: this.#path })
    return { head, rows: rows.flatMap(toStoredRow) }
  }

  async commit(head: number, writes: readonly Write[]): Promise<Committed> {
    const packed = packWrites(writes.map(toSqliteWrite))
    const revision = (await this.#thread.ask({ type: 'commit', path: this.#path, head, writes: packed })).head
    return revision < 0 ? { ok: false, conflict: true } : { ok: true, revision }
  }

  watch(): void {}

  async close(): Promise<void> {
    // A thread that has ended holds no file.
    await this.#thread.ask({ type: 'close', path: this.#path }).catch(() => {})
  }
}

function toSqliteWrite({ table, key, row }: Write): SqliteWrite {
  return { table, key, json: row === undefined ? undefined : JSON.stringify(row) }
}

/** A table this version does not know is left alone in the file. */
function toStoredRow(row: SqliteRow): StoredRow[] {
  const table = tableNames().find((name): name is TableName => name === row.table)
  if (table === undefined) return []
  const value = JSON.parse(row.json)
  return [{ table, key: row.key, row: { ...value, CreateIndex: row.createIndex, ModifyIndex: row.modifyIndex } }]
}
