// Turns concurrent commands into ordered batches: everything that arrives while one commit is under way shares the next.

import { Fault } from '../../core/model/fault.ts'
import type { Command } from '../../core/store/commands.ts'
import { Overlay } from '../../core/store/overlay.ts'
import { reduce } from '../../core/store/reduce.ts'
import type { Reduced } from '../../core/store/reduced.ts'
import type { Store, Write } from '../../core/store/store.ts'
import type { TableClass } from '../../core/store/tables.ts'
import type { State } from '../../core/store/view.ts'
import type { Batch, Engine } from './engine.ts'

/** A decision about the state: pure, and possibly made again when another replica was faster. */
export type Fold = (state: State) => Reduced

export interface Outcome {
  /** False when a compare-and-set found another value; nothing was written. */
  readonly applied: boolean
  /** The revision at which the effect is visible. */
  readonly revision: number
}

/** Carries out commands on what the cluster shares: here, or by asking a server. */
export interface Commands {
  /** False while there is nobody to carry them out. */
  readonly isReachable: boolean
  /** Resolves when the effect is durable and visible here; rejects with the command's Fault. */
  carryOut(command: Command): Promise<Outcome>
}

interface Waiter {
  readonly fold: Fold
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

type Settle = (revision: number) => void

const BATCH_LIMIT = 1024

export class Committer implements Commands {
  readonly isReachable = true
  readonly #store: Store
  readonly #engine: Engine
  readonly #class: TableClass
  #head = 0
  #queue: Waiter[] = []
  #running: Promise<void> | undefined
  #closed = false
  readonly #listeners: ((writes: readonly Write[]) => void)[] = []
  readonly #followers: ((batch: Batch) => void)[] = []

  constructor(store: Store, engine: Engine, tableClass: TableClass = 'replicated') {
    this.#store = store
    this.#engine = engine
    this.#class = tableClass
  }

  /** Loads what the engine kept into the store and begins to follow other replicas. */
  async start(): Promise<void> {
    const { head, rows } = await this.#engine.load()
    this.#head = head
    this.#store.load(rows, this.#class === 'replicated' ? head : 0)
    this.#engine.watch(head, batch => this.#apply(batch))
  }

  /** Registers a listener that is told of this agent's own writes, after they are visible. */
  onCommit(listener: (writes: readonly Write[]) => void): void {
    this.#listeners.push(listener)
  }

  /** Registers a follower that is told of every batch, whoever made it, after it is visible. */
  onBatch(follower: (batch: Batch) => void): void {
    this.#followers.push(follower)
  }

  /** Decides and commits. Resolves when the effect is durable and visible; rejects with the command's Fault. */
  submit(fold: Fold): Promise<Outcome> {
    if (this.#closed) return Promise.reject(new Fault('unavailable', 'the agent is shutting down'))
    return new Promise((resolve, reject) => {
      this.#queue.push({ fold, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  carryOut(command: Command): Promise<Outcome> {
    return this.submit(state => reduce(state, command))
  }

  /** Refuses new commands, finishes those under way, closes the engine. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
    await this.#engine.close()
  }

  async #run(): Promise<void> {
    // Commands submitted in the same turn of the event loop belong to the first batch.
    await Promise.resolve()
    while (this.#queue.length > 0) await this.#commitBatch(this.#queue.splice(0, BATCH_LIMIT))
    this.#running = undefined
  }

  async #commitBatch(waiters: readonly Waiter[]): Promise<void> {
    try {
      for (;;) {
        const { writes, settles } = this.#foldAll(waiters)
        if (writes.length === 0) return settleAll(settles, this.#head)
        const committed = await this.#engine.commit(this.#head, writes)
        if (!committed.ok) continue
        this.#apply({ revision: committed.revision, writes })
        for (const listener of this.#listeners) listener(writes)
        return settleAll(settles, committed.revision)
      }
    } catch (error) {
      for (const waiter of waiters) waiter.reject(error)
    }
  }

  #apply(batch: Batch): void {
    this.#head = batch.revision
    this.#store.apply(batch.writes, batch.revision, this.#class)
    for (const follower of this.#followers) follower(batch)
  }

  #foldAll(waiters: readonly Waiter[]): { writes: readonly Write[]; settles: readonly Settle[] } {
    const overlay = new Overlay(this.#store)
    const writes = new Map<string, Write>()
    const settles = waiters.map(waiter => {
      const reduced = tryFold(waiter.fold, overlay)
      if (!reduced.ok) return () => waiter.reject(reduced.error)
      overlay.add(reduced.writes)
      for (const write of reduced.writes) writes.set(`${write.table}\u0000${write.key}`, write)
      return (revision: number) => waiter.resolve({ applied: reduced.applied, revision })
    })
    return { writes: [...writes.values()], settles }
  }
}

function settleAll(settles: readonly Settle[], revision: number): void {
  for (const settle of settles) settle(revision)
}

type Tried =
  | { readonly ok: true; readonly writes: readonly Write[]; readonly applied: boolean }
  | { readonly ok: false; readonly error: unknown }

/** One command's bug must not fail the others of its batch. */
function tryFold(fold: Fold, state: State): Tried {
  try {
    const reduced = fold(state)
    return reduced.ok ? reduced : { ok: false, error: reduced.fault }
  } catch (error) {
    return { ok: false, error }
  }
}
