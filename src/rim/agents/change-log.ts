// The newest changes of a server's state, encoded once for all agents that follow them. Who is further behind gets a copy of
// everything first.

import { isMirrored, MIRRORED_TABLES } from '../../core/store/mirrored.ts'
import type { Store, StoredRow, Write } from '../../core/store/store.ts'
import type { Batch } from '../engine/engine.ts'
import { feedLine, MAX_LINE_BYTES, type WireWrite, wireRow } from './protocol.ts'

export interface ChangeLogOptions {
  readonly store: Store
  /** Differs for every start of a server. */
  readonly history: string
  /** How many writes are remembered. */
  readonly limit?: number
}

interface Entry {
  readonly revision: number
  readonly writes: readonly Write[]
  line: Buffer | undefined
}

export interface Position {
  readonly history: string
  readonly revision: number
}

/** The position of who has nothing. */
const NOTHING = -1
const LIMIT = 20_000
const CHUNK_BYTES = 256 * 1024
/** A copy is given to agents that come soon after one another, as they do when a server has been away. */
const COPY_KEPT_MS = 30_000

export class ChangeLog {
  readonly history: string
  readonly #store: Store
  readonly #limit: number
  #entries: Entry[] = []
  #writes = 0
  /** Everything after this revision is among the entries. */
  #floor: number
  #wakes = new Set<() => void>()
  #copy: Copy | undefined
  #copyTimer: NodeJS.Timeout | undefined

  constructor({ store, history, limit = LIMIT }: ChangeLogOptions) {
    this.history = history
    this.#store = store
    this.#limit = limit
    this.#floor = store.revision
  }

  /** Adds a batch that the store has applied. */
  add({ revision, writes }: Batch): void {
    const shown = writes.filter(write => isMirrored(write.table))
    this.#entries.push({ revision, writes: shown, line: undefined })
    this.#writes += shown.length
    this.#forget()
    for (const wake of this.#wakes) wake()
  }

  close(): void {
    clearTimeout(this.#copyTimer)
  }

  /** The lines that bring a follower up to date and keep it so, until the signal aborts. */
  async *follow(from: Position, signal: AbortSignal): AsyncGenerator<Buffer, void> {
    let at = from.history === this.history && from.revision <= this.#store.revision ? from.revision : NOTHING
    while (!signal.aborted) {
      if (at < this.#floor) {
        const copy = this.#currentCopy()
        yield* copy.lines()
        at = copy.revision
        continue
      }
      const { chunk, upTo } = this.#after(at)
      if (chunk !== undefined) yield chunk
      else if (upTo === at) await this.#change(signal)
      at = upTo
    }
  }

  #forget(): void {
    let gone = 0
    for (const entry of this.#entries) {
      if (this.#writes <= this.#limit) break
      this.#writes -= entry.writes.length
      this.#floor = entry.revision
      gone += 1
    }
    if (gone > 0) this.#entries.splice(0, gone)
  }

  #after(revision: number): { readonly chunk: Buffer | undefined; readonly upTo: number } {
    const lines: Buffer[] = []
    let size = 0
    let upTo = revision
    for (let i = this.#firstAfter(revision); i < this.#entries.length && size < CHUNK_BYTES; i++) {
      const entry = this.#entries[i]
      if (entry === undefined) break
      const line = lineOf(entry)
      if (line.length > MAX_LINE_BYTES) {
        // A change too large for a line reaches everybody as part of a copy.
        this.#floor = Math.max(this.#floor, entry.revision)
        return { chunk: undefined, upTo: NOTHING }
      }
      lines.push(line)
      size += line.length
      upTo = entry.revision
    }
    return { chunk: lines.length === 0 ? undefined : Buffer.concat(lines), upTo }
  }

  #firstAfter(revision: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle]?.revision ?? 0) <= revision) low = middle + 1
      else high = middle
    }
    return low
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const wake = () => {
        this.#wakes.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#wakes.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }

  #currentCopy(): Copy {
    if (this.#copy !== undefined && this.#copy.revision >= this.#floor) return this.#copy
    const copy = new Copy(this.#store)
    this.#copy = copy
    clearTimeout(this.#copyTimer)
    this.#copyTimer = setTimeout(() => {
      this.#copy = undefined
    }, COPY_KEPT_MS)
    this.#copyTimer.unref()
    return copy
  }
}

function lineOf(entry: Entry): Buffer {
  const writes = () => entry.writes.map(({ table, key, row }): WireWrite => [table, key, row ?? null])
  entry.line ??= feedLine({ batch: entry.revision, writes: writes() })
  return entry.line
}

/** All rows at one revision. Rows never change, so it is enough to hold them; each line is encoded when first needed. */
class Copy {
  readonly revision: number
  readonly #rows: readonly StoredRow[]
  readonly #lines: Buffer[] = []
  #encoded = 0

  constructor(store: Store) {
    this.revision = store.revision
    this.#rows = MIRRORED_TABLES.flatMap(table => [...store.rowsOf(table)])
  }

  *lines(): Generator<Buffer, void> {
    yield feedLine({ begin: this.revision })
    for (let i = 0; i < this.#lines.length || this.#encoded < this.#rows.length; i++) {
      const line = this.#lines[i] ?? this.#encodeLine()
      yield line
    }
    yield feedLine({ end: this.revision })
  }

  #encodeLine(): Buffer {
    const rows: string[] = []
    let size = 0
    while (this.#encoded < this.#rows.length && size < CHUNK_BYTES) {
      const row = this.#rows[this.#encoded]
      if (row === undefined) break
      const text = JSON.stringify(wireRow(row))
      rows.push(text)
      size += text.length
      this.#encoded += 1
    }
    const line = Buffer.from(`{"rows":[${rows.join(',')}]}\n`)
    this.#lines.push(line)
    return line
  }
}
