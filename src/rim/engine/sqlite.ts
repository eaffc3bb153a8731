// The default engine: one file, durable at every commit, for a single replica.

import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { Fault } from '../../core/model/fault.ts'
import type { StoredRow, Write } from '../../core/store/store.ts'
import { tableNames } from '../../core/store/store.ts'
import type { TableName } from '../../core/store/tables.ts'
import type { Committed, Engine, Loaded } from './engine.ts'
import {
  packWrites,
  type SqliteAnswer,
  type SqliteRequest,
  type SqliteRow,
  type SqliteWrite,
} from './sqlite-protocol.ts'

type Answered = Extract<SqliteAnswer, { ok: true }>
type Body = SqliteRequest extends infer R ? (R extends SqliteRequest ? Omit<R, 'id'> : never) : never

interface Pending {
  resolve(answer: Answered): void
  reject(error: Error): void
}

export class SqliteEngine implements Engine {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  #failed: Error | undefined

  /** Opens the file at `path` in a thread of its own; a file that cannot be used fails the first call. */
  constructor(path: string) {
    this.#worker = new Worker(workerUrl(), { workerData: { path } })
    this.#worker.on('message', (answer: SqliteAnswer) => this.#settle(answer))
    this.#worker.on('error', error => this.#fail(error instanceof Error ? error : new Error(String(error))))
    this.#worker.on('exit', () => this.#fail(new Fault('unavailable', 'the database thread has ended')))
  }

  async load(): Promise<Loaded> {
    const { head, rows } = await this.#ask({ type: 'load' })
    return { head, rows: rows.flatMap(toStoredRow) }
  }

  async commit(head: number, writes: readonly Write[]): Promise<Committed> {
    const packed = packWrites(writes.map(toSqliteWrite))
    const revision = (await this.#ask({ type: 'commit', head, writes: packed })).head
    return revision < 0 ? { ok: false, conflict: true } : { ok: true, revision }
  }

  watch(): void {}

  async close(): Promise<void> {
    if (this.#failed === undefined) await this.#ask({ type: 'close' })
    await this.#worker.terminate()
  }

  #ask(body: Body): Promise<Answered> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#worker.postMessage({ ...body, id })
    })
  }

  #settle(answer: SqliteAnswer): void {
    const pending = this.#pending.get(answer.id)
    this.#pending.delete(answer.id)
    if (answer.ok) pending?.resolve(answer)
    else pending?.reject(new Fault('unavailable', answer.message))
  }

  #fail(error: Error): void {
    this.#failed ??= error
    for (const pending of this.#pending.values()) pending.reject(error)
    this.#pending.clear()
  }
}

/** Bundled beside the program; in a source tree it is the TypeScript file itself. */
function workerUrl(): URL {
  const bundled = new URL('./sqlite.worker.js', import.meta.url)
  return existsSync(bundled) ? bundled : new URL('../../../dist/sqlite.worker.js', import.meta.url)
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
