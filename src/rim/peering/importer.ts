// Carries out what a peer sends, in the order in which it came, many resources a commit, and never more in memory than a bounded
// queue and what the budget of the peer allows.

import { Fault } from '../../core/model/fault.ts'
import { nodeKey } from '../../core/model/node.ts'
import { joinKey } from '../../core/model/tenancy.ts'
import { type ImportContext, importResource, REFUSAL_CODES } from '../../core/peering/import.ts'
import {
  createBudget,
  type ImportBudget,
  instanceCost,
  nodesCost,
  retain,
  spend,
} from '../../core/peering/import-limits.ts'
import { PROXY_SUFFIX } from '../../core/peering/resource-id.ts'
import type { Action, Refusal } from '../../core/peering/session.ts'
import type { ResourceKind } from '../../core/peering/wire/peerstream.ts'
import type { ImportCommand, ImportedInstance } from '../../core/store/import-commands.ts'
import { reduce } from '../../core/store/reduce.ts'
import type { Store } from '../../core/store/store.ts'
import type { Committer } from '../engine/committer.ts'

type ImportAction = Extract<Action, { kind: 'import' }>

export interface ImporterOptions {
  readonly store: Store
  readonly committer: Pick<Committer, 'submit'>
  readonly context: ImportContext
  readonly partition: string
  readonly peer: string
  /** A resource was taken, or refused. */
  onDone(action: ImportAction, refusal: Refusal | undefined): void
  /** The list of exported services was taken. */
  onServices(names: readonly string[]): void
  /** The queue is full, or has room again. */
  onFull(isFull: boolean): void
  /** Nothing more can be imported: the peering is gone, or what is stored cannot be. */
  onFailure(error: unknown): void
}

/** Resources and bytes of one batch, and of the queue. */
const BATCH = { count: 256, bytes: 512 * 1024 }
const QUEUE = { count: 2_048, bytes: 8 * 1024 * 1024 }

const LIST = 'list of services'

export class Importer {
  readonly #options: ImporterOptions
  readonly #budget: ImportBudget
  /** Nodes that are stored, and that the batch under way adds. */
  #nodes = 0
  #queue: ImportAction[] = []
  #queuedBytes = 0
  #isFull = false
  #isRunning = false
  #closed = false

  constructor(options: ImporterOptions) {
    this.#options = options
    this.#budget = storedBudget(options)
  }

  /** Takes a resource; it is done later. */
  add(action: ImportAction): void {
    this.#queue.push(action)
    this.#queuedBytes += action.bytes.length
    this.#tellFull()
    if (this.#isRunning) return
    this.#isRunning = true
    void this.#run()
  }

  close(): void {
    this.#closed = true
    this.#queue = []
  }

  async #run(): Promise<void> {
    try {
      while (this.#queue.length > 0 && !this.#closed) {
        // Others get a turn between batches, whatever the peer sends.
        await new Promise(setImmediate)
        await this.#importBatch(this.#nextBatch())
        this.#tellFull()
      }
    } catch (error) {
      this.#closed = true
      this.#options.onFailure(error)
    } finally {
      this.#isRunning = false
    }
  }

  #nextBatch(): readonly ImportAction[] {
    let count = 0
    let bytes = 0
    for (const action of this.#queue) {
      if (count === BATCH.count || (count > 0 && bytes + action.bytes.length > BATCH.bytes)) break
      count += 1
      bytes += action.bytes.length
    }
    this.#queuedBytes -= bytes
    return this.#queue.splice(0, count)
  }

  async #importBatch(batch: readonly ImportAction[]): Promise<void> {
    const { store, partition, peer } = this.#options
    this.#nodes = store.list('nodes', 'all', joinKey(partition, peer)).length
    const outcomes = batch.map(action => this.#import(action))
    const refusals = await Promise.all(outcomes)
    for (const [i, action] of batch.entries()) if (!this.#closed) this.#options.onDone(action, refusals[i])
  }

  async #import(action: ImportAction): Promise<Refusal | undefined> {
    const { context } = this.#options
    const imported = importResource(context, action.resource, action.id, action.bytes)
    if (!imported.ok) return imported
    if (imported.command.type === 'import-service') this.#nodes += this.#newNodes(imported.command.instances)
    if (!this.#afford(action.resource, action.id, imported.cost)) {
      return {
        code: REFUSAL_CODES.exhausted,
        message: `all that is imported would take more than ${this.#budget.limit} bytes`,
      }
    }
    const refusal = await this.#commit(imported.command)
    if (refusal === undefined && imported.services !== undefined) this.#takeList(imported.services)
    return refusal
  }

  #afford(resource: ResourceKind, id: string, cost: number): boolean {
    if (resource === 'service') return spend(this.#budget, id, cost, nodesCost(this.#nodes))
    return resource === 'list' ? spend(this.#budget, LIST, cost, nodesCost(this.#nodes)) : true
  }

  #newNodes(instances: readonly ImportedInstance[]): number {
    const { store, partition: Partition, peer: PeerName } = this.#options
    const names = new Set(instances.map(({ node }) => node.Node))
    return [...names].filter(Node => store.get('nodes', nodeKey({ Partition, PeerName, Node })) === undefined).length
  }

  async #commit(command: ImportCommand): Promise<Refusal | undefined> {
    try {
      await this.#options.committer.submit(state => reduce(state, command))
      return undefined
    } catch (error) {
      if (error instanceof Fault && error.code === 'invalid') {
        return { code: REFUSAL_CODES.invalid, message: error.message }
      }
      throw error
    }
  }

  #takeList(names: readonly string[]): void {
    const kept = new Set(names.flatMap(name => [name, `${name}${PROXY_SUFFIX}`]))
    retain(this.#budget, id => id === LIST || kept.has(id))
    this.#options.onServices(names)
  }

  #tellFull(): void {
    const isFull = this.#queue.length >= QUEUE.count || this.#queuedBytes >= QUEUE.bytes
    if (isFull === this.#isFull) return
    this.#isFull = isFull
    this.#options.onFull(isFull)
  }
}

/** What an earlier stream left counts as well. */
function storedBudget({ store, partition, peer }: ImporterOptions): ImportBudget {
  const budget = createBudget()
  const costs = new Map<string, number>()
  for (const row of store.list('services', 'all', joinKey(partition, peer))) {
    costs.set(row.Service, (costs.get(row.Service) ?? 0) + instanceCost(TYPICAL_BYTES, 1))
  }
  for (const [name, cost] of costs) spend(budget, name, cost)
  return budget
}

const TYPICAL_BYTES = 200
