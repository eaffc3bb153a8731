// The thread that writes database files, as the main thread sees it. One serves all files of an agent: a thread costs as much
// memory as tens of thousands of rows.

import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { Fault } from '../../core/model/fault.ts'
import type { SqliteAnswer, SqliteRequest } from './sqlite-protocol.ts'

type Answered = Extract<SqliteAnswer, { ok: true }>
type Body = SqliteRequest extends infer R ? (R extends SqliteRequest ? Omit<R, 'id'> : never) : never

interface Pending {
  resolve(answer: Answered): void
  reject(error: Error): void
}

export class SqliteThread {
  readonly #worker = new Worker(workerUrl())
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  #failed: Error | undefined

  constructor() {
    this.#worker.on('message', (answer: SqliteAnswer) => this.#settle(answer))
    this.#worker.on('error', error => this.#fail(error instanceof Error ? error : new Error(String(error))))
    this.#worker.on('exit', () => this.#fail(new Fault('unavailable', 'the database thread has ended')))
  }

  /** Requests are carried out in the order they are asked. Rejects with Fault('unavailable') when a file cannot be used. */
  ask(body: Body): Promise<Answered> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#worker.postMessage({ ...body, id })
    })
  }

  /** Ends the thread, and with it the hold on its files, which must be closed before. */
  async close(): Promise<void> {
    await this.#worker.terminate()
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
