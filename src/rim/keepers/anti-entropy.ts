// Keeps the catalog's rows of this node equal to what the agent runs: at once after every change, and all of it now and then.

import { syncAll, syncChanges } from '../../core/local/catalog-sync.ts'
import type { CatalogNode } from '../../core/model/node.ts'
import type { Unindexed } from '../../core/model/row.ts'
import type { ServiceInstance } from '../../core/model/service.ts'
import type { Command } from '../../core/store/commands.ts'
import type { Write } from '../../core/store/store.ts'
import type { State } from '../../core/store/view.ts'
import type { Commands, Committer } from '../engine/committer.ts'
import type { Logger } from '../logger.ts'

/** What the agent shows of itself. */
export interface OwnRows {
  readonly node: Unindexed<CatalogNode>
  readonly services: readonly Unindexed<ServiceInstance>[]
}

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
    try {
      await this.#submit(syncChanges(this.#deps.state, this.#deps.own.node, writes))
    } catch (error) {
      if (this.#closed) return
      this.#deps.logger.error('cannot bring local changes into the catalog; trying again', { error })
      this.#schedule(RETRY_MS)
    }
  }

  async #full(): Promise<void> {
    try {
      await this.#submit(syncAll(this.#deps.state, this.#deps.own.node, this.#deps.own.services))
      this.#schedule(FULL_SYNC_MS)
    } catch (error) {
      this.#deps.logger.error('cannot bring the catalog up to date; trying again', { error })
      this.#schedule(RETRY_MS)
    }
  }

  async #submit(commands: readonly Command[]): Promise<void> {
    await Promise.all(commands.map(command => this.#deps.catalog.carryOut(command)))
  }

  #schedule(ms: number): void {
    if (this.#closed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#full(), ms)
    this.#timer.unref()
  }
}
