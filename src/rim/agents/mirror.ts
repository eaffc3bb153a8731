// A client agent's copy of the servers' rows: takes what they tell, and keeps it while they are away.

import { Fault } from '../../core/model/fault.ts'
import { filingProblem } from '../../core/store/filing.ts'
import { isMirrored, MIRRORED_TABLES } from '../../core/store/mirrored.ts'
import type { Store, StoredRow, Write } from '../../core/store/store.ts'
import type { TableName } from '../../core/store/tables.ts'
import type { Logger } from '../logger.ts'
import type { Position } from './change-log.ts'
import { isRecord } from './is-record.ts'
import type { Welcome } from './protocol.ts'

/** No server's history. */
const UNSURE = '?'

interface Waiter {
  readonly revision: number
  readonly done: () => void
}

export class Mirror {
  readonly #store: Store
  readonly #logger: Logger
  #position: Position = { history: '', revision: 0 }
  /** The history of the server that is being followed; it becomes ours with the first whole copy. */
  #following = ''
  /** What that server had when it was followed; nothing is current before it is here. */
  #awaited = 0
  #copy: StoredRow[] | undefined
  #waiters = new Set<Waiter>()
  #isCurrent = false
  #isAnew = false
  readonly #onCurrent: (() => void)[] = []

  constructor(store: Store, logger: Logger) {
    this.#store = store
    this.#logger = logger
  }

  /** How far the copy goes; revision 0 of history '' before there is one. */
  get position(): Position {
    return this.#position
  }

  /** True once there is a copy, however old. */
  get isLoaded(): boolean {
    return this.#position.history !== ''
  }

  /** True while a server is followed and everything it had at the beginning is here. */
  get isCurrent(): boolean {
    return this.#isCurrent
  }

  /** Calls back whenever the copy becomes current. */
  onCurrent(listener: () => void): void {
    this.#onCurrent.push(listener)
  }

  /** Resolves when there is a copy, after `ms` at the latest. */
  async loaded(ms: number): Promise<void> {
    if (!this.isLoaded) await this.reached(1, ms)
  }

  /** True while a copy is on its way. */
  get isCopying(): boolean {
    return this.#copy !== undefined
  }

  /** Begins to follow another feed. */
  begin({ history, revision, primaryDatacenter, defaultAllow }: Omit<Welcome, 'lease' | 'server'>): void {
    this.#following = history
    this.#awaited = revision
    this.#copy = undefined
    this.#store.learn({ primaryDatacenter, defaultAllow })
    if (this.#position.history === history) this.#lookWhetherCurrent()
  }

  /** The feed has ended; what was taken stays. */
  end(): void {
    this.#isCurrent = false
    this.#copy = undefined
  }

  /** Takes one message. Throws Fault('invalid') for what is none; then nothing has changed. */
  take(message: unknown): void {
    if (!isRecord(message)) throw malformed('a line that is no object')
    if ('batch' in message) this.#takeBatch(revisionIn(message.batch), listIn(message.writes))
    else if ('begin' in message) this.#beginCopy(revisionIn(message.begin))
    else if (this.#copy === undefined) throw malformed(unexpected(message))
    else if ('rows' in message) this.#takeRows(this.#copy, listIn(message.rows))
    else if ('end' in message) this.#takeCopy(revisionIn(message.end), this.#copy)
    else throw malformed(unexpected(message))
  }

  /** Asks for a whole copy next time: what was taken may not be what the server has. It is served until then. */
  distrust(): void {
    this.#position = { history: this.isLoaded ? UNSURE : '', revision: 0 }
  }

  /** Resolves when the copy has come to a revision that the server named, after `ms` at the latest. */
  reached(revision: number, ms: number): Promise<void> {
    if (revision <= this.#position.revision) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(() => waiter.done(), ms)
      const waiter: Waiter = {
        revision,
        done: () => {
          clearTimeout(timer)
          this.#waiters.delete(waiter)
          resolve()
        },
      }
      this.#waiters.add(waiter)
    })
  }

  #takeBatch(revision: number, writes: readonly unknown[]): void {
    const decoded = writes.flatMap(wireWrite)
    if (this.#copy !== undefined || this.#position.history !== this.#following) throw malformed('changes before a copy')
    const { revision: last } = this.#position
    if (revision <= last) throw malformed(`changes of revision ${revision} after those of ${last}`)
    this.#store.apply(decoded, revision)
    this.#moveTo(revision)
    this.#lookWhetherCurrent()
  }

  #beginCopy(revision: number): void {
    this.#copy = []
    this.#isCurrent = false
    if (!this.isLoaded || this.#isAnew) return
    this.#isAnew = true
    const reason = this.#reasonForCopy()
    this.#logger.info('fetching the whole state anew; what is known is served meanwhile', { reason, revision })
  }

  #reasonForCopy(): string {
    const { history } = this.#position
    if (history === UNSURE) return 'what we have cannot be relied on'
    return history === this.#following ? 'we were too far behind' : 'the server was started anew, or is another one'
  }

  #takeRows(copy: StoredRow[], rows: readonly unknown[]): void {
    for (const row of rows) {
      const stored = storedRow(row)
      if (stored !== undefined) copy.push(stored)
    }
  }

  #takeCopy(revision: number, rows: readonly StoredRow[]): void {
    this.#store.replace(MIRRORED_TABLES, rows, revision)
    this.#copy = undefined
    this.#moveTo(revision)
    if (this.#isAnew) this.#logger.info('has the whole state again', { revision, rows: rows.length })
    this.#isAnew = false
    this.#lookWhetherCurrent()
  }

  #lookWhetherCurrent(): void {
    if (this.#isCurrent || this.#position.revision < this.#awaited) return
    this.#isCurrent = true
    for (const listener of this.#onCurrent) listener()
  }

  #moveTo(revision: number): void {
    const isOther = this.#position.history !== this.#following
    this.#position = { history: this.#following, revision }
    // Revisions of another history mean nothing here; what was waited for is in the copy, or lost.
    for (const waiter of [...this.#waiters]) if (isOther || waiter.revision <= revision) waiter.done()
  }
}

function storedRow(row: unknown): StoredRow | undefined {
  const [table, key, fields] = tripleIn(row)
  // A newer server may know tables that we do not.
  if (!isMirrored(table)) return undefined
  if (!isRecord(fields)) throw malformed('a row without fields')
  requireFiling(table, key, fields)
  const { CreateIndex, ModifyIndex } = fields
  return { table, key, row: { ...fields, CreateIndex: revisionIn(CreateIndex), ModifyIndex: revisionIn(ModifyIndex) } }
}

function wireWrite(write: unknown): Write[] {
  const [table, key, fields] = tripleIn(write)
  if (!isMirrored(table)) return []
  if (fields !== null && !isRecord(fields)) throw malformed('a row that is no object')
  if (fields !== null) requireFiling(table, key, fields)
  return [{ table, key, row: fields ?? undefined }]
}

/** A row that cannot be filed would be found neither by readers nor by the next copy. */
function requireFiling(table: TableName, key: string, fields: object): void {
  const problem = filingProblem(table, key, fields)
  if (problem !== undefined) throw malformed(`${problem} (table ${table})`)
}

function tripleIn(value: unknown): readonly [table: string, key: string, fields: unknown] {
  const list = listIn(value)
  const [table, key, fields] = list
  if (list.length !== 3 || typeof table !== 'string' || typeof key !== 'string') throw malformed('a row without a key')
  return [table, key, fields]
}

function listIn(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed('something where a list was expected')
  return value
}

function revisionIn(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw malformed(`${JSON.stringify(value)} for a revision`)
}

function unexpected(message: Readonly<Record<string, unknown>>): string {
  return `a line with ${Object.keys(message).slice(0, 3).join(', ') || 'nothing'}`
}

function malformed(what: string): Fault {
  return new Fault('invalid', `the server sent ${what}`)
}
