// Keeps the catalog's rows of this node equal to what the agent runs: at once after every change, and all of it now and then.

import { type OwnRows, syncAll, syncChanges } from '../../core/local/catalog-sync.ts'
import type { Command } from '../../core/store/commands.ts'
import type { Write } from '../../core/store/store.ts'
import type { State } from '../../core/store/view.ts'
import type { Commands, Committer } from '../engine/committer.ts'
import type { Logger } from '../logger.ts'

export interface AntiEntropyDeps {
  readonly state: State
  readonly local: Committer
  readonly catalog: Commands
  readonly own: OwnRows
  readonly logger: Logger
}

const FULL_SYNC_MS = 60_000
const RETRY_MS = 2_000

export class AntiEntropy {
  readonly #deps: AntiEntropyDeps
  /** What is under way to the catalog. */
  readonly #flushing = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #complaint = ''

  constructor(deps: AntiEntropyDeps) {
    this.#deps = deps
  }

  /** Brings the catalog up to date and begins to follow local changes. */
  async start(): Promise<void> {
    this.#deps.local.onCommit(writes => {
      if (this.#closed) return
      const flush = this.#flush(writes).finally(() => this.#flushing.delete(flush))
      this.#flushing.add(flush)
    })
    await this.#full()
  }

  /** Compares everything now: to be called when the catalog can be reached again. Never rejects. */
  async again(): Promise<void> {
    if (!this.#closed) await this.#full()
  }

  /** Resolves when every local change so far has been tried against the catalog. */
  async settled(): Promise<void> {
    await Promise.all(this.#flushing)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** The catalog takes commands in the order they are submitted, so that later changes need not wait for earlier ones. */
  async #flush(writes: readonly Write[]): Promise<void> {
    if (!this.#deps.catalog.isReachable) return
    try {
      await this.#submit(syncChanges(this.#deps.state, this.#deps.own.node, writes))
    } catch (error) {
      if (this.#closed) return
      this.#complain('cannot bring local changes into the catalog; trying again', error)
      this.#schedule(RETRY_MS)
    }
  }

  async #full(): Promise<void> {
    if (!this.#deps.catalog.isReachable) return
    try {
      await this.#submit(syncAll(this.#deps.state, this.#deps.own))
      this.#complaint = ''
      this.#schedule(FULL_SYNC_MS)
    } catch (error) {
      if (this.#closed) return
      this.#complain('cannot bring the catalog up to date; trying again', error)
      this.#schedule(RETRY_MS)
    }
  }

  async #submit(commands: readonly Command[]): Promise<void> {
    await Promise.all(commands.map(command => this.#deps.catalog.carryOut(command)))
  }

  /** The same once, however often it is tried. */
  #complain(message: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    if (reason !== this.#complaint) this.#deps.logger.error(message, { error })
    this.#complaint = reason
  }

  #schedule(ms: number): void {
    if (this.#closed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#full(), ms)
    this.#timer.unref()
  }
}
