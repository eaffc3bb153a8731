// Keeps what runs in step with what is stored: a dialler for each peering that this side dials, and the removal of everything a
// peering brought once it is over.

import { setTimeout as sleep } from 'node:timers/promises'
import { isDialer, isOpen, type Peering } from '../../core/model/peering.ts'
import { joinKey } from '../../core/model/tenancy.ts'
import { type KeptPeering, keptPeerings } from '../../core/queries/peerings.ts'
import type { Command } from '../../core/store/commands.ts'
import { reduce } from '../../core/store/reduce.ts'
import { peeringById } from '../../core/store/reduce-peerings.ts'
import type { Sealer } from '../signer/seal.ts'
import { watch } from '../watch.ts'
import type { Acceptor } from './acceptor.ts'
import { Dialer } from './dialer.ts'
import type { StreamDeps } from './peer-stream.ts'
import { openSecrets } from './secrets.ts'

export interface KeeperDeps extends StreamDeps {
  readonly acceptor: Acceptor
  readonly sealer: Sealer
  readonly random: () => number
}

interface Running {
  readonly dialer: Dialer
  /** What it was started with; another one takes its place when that changes. */
  readonly basis: string
}

/** Nodes removed by one commit. */
const PURGE_NODES = 100
const RETRY_MS = 1_000

/** For so long a peer that was away is told that its peering was deleted. */
const REMEMBER_MS = 30 * 24 * 3_600_000

export class PeeringKeeper {
  readonly #deps: KeeperDeps
  readonly #dialers = new Map<string, Running>()
  readonly #endings = new Set<string>()

  constructor(deps: KeeperDeps) {
    this.#deps = deps
  }

  /** Follows the peerings until the signal aborts. */
  async keep(signal: AbortSignal): Promise<void> {
    await this.#submit({ type: 'forget-peerings', before: this.#deps.now() - REMEMBER_MS })
    for await (const { value } of watch(this.#deps.store, keptPeerings, undefined, signal)) this.#take(value, signal)
    for (const { dialer } of this.#dialers.values()) dialer.stop()
    this.#dialers.clear()
  }

  /** The dialler of a peering, if it is dialled from here. */
  dialer(id: string): Dialer | undefined {
    return this.#dialers.get(id)?.dialer
  }

  /** The peer has ended the peering: what it brought goes, the record stays. */
  async terminated(peering: Peering): Promise<void> {
    this.#deps.logger.warn('a peer has ended the peering', { peer: peering.Name })
    await this.#submit({ type: 'terminate-peering', id: peering.ID })
    this.#deps.tracker.change(peering.ID, { imported: undefined, exported: undefined })
  }

  #take(kept: readonly KeptPeering[], signal: AbortSignal): void {
    const known = new Set(kept.map(({ row }) => row.ID))
    for (const id of this.#dialers.keys()) if (!known.has(id)) this.#stopDialer(id)
    for (const each of kept) {
      if (isOpen(each.row)) this.#dial(each)
      else if (!this.#endings.has(each.row.ID)) void this.#end(each, signal)
    }
  }

  #dial(kept: KeptPeering): void {
    const { row } = kept
    const secret = this.#streamSecret(kept)
    if (!isDialer(row) || secret === '') {
      this.#stopDialer(row.ID)
      return
    }
    const basis = JSON.stringify([row.PeerID, row.PeerServerName, secret])
    if (this.#dialers.get(row.ID)?.basis === basis) return
    this.#stopDialer(row.ID)
    const dialer = new Dialer(row.ID, secret, {
      ...this.#deps,
      onTerminated: peering => void this.terminated(peering).catch(error => this.#failed(peering, error)),
    })
    this.#dialers.set(row.ID, { dialer, basis })
    dialer.start()
  }

  #stopDialer(id: string): void {
    this.#dialers.get(id)?.dialer.stop()
    this.#dialers.delete(id)
  }

  #streamSecret({ row, sealed }: KeptPeering): string {
    if (sealed === '') return ''
    try {
      return openSecrets(this.#deps.sealer, sealed).stream
    } catch (error) {
      this.#deps.logger.error('cannot open the secret of a peering; make a new token and establish it again', {
        peer: row.Name,
        error,
      })
      return ''
    }
  }

  /** Brings a peering to its end; tries again until it is done. */
  async #end(kept: KeptPeering, signal: AbortSignal): Promise<void> {
    const { row } = kept
    this.#endings.add(row.ID)
    if (row.State === 'DELETING') await this.#sayGoodbye(kept).catch(error => this.#failed(row, error))
    this.#stopDialer(row.ID)
    while (!signal.aborted) {
      try {
        await this.#purge(row)
        break
      } catch (error) {
        this.#failed(row, error)
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
      }
    }
    this.#endings.delete(row.ID)
    // It may have been deleted while what it brought was removed.
    const now = peeringById(this.#deps.store, row.ID)
    if (now?.State === 'DELETING' && row.State !== 'DELETING') await this.#end({ ...kept, row: now }, signal)
  }

  async #sayGoodbye(kept: KeptPeering): Promise<void> {
    const { acceptor, random } = this.#deps
    const stream = acceptor.stream(kept.row.ID)
    if (stream !== undefined) {
      stream.terminate()
      return
    }
    const secret = this.#streamSecret(kept)
    if (!isDialer(kept.row) || secret === '') return
    const fresh = () => new Dialer(kept.row.ID, secret, { ...this.#deps, random, onTerminated: () => {} })
    await (this.dialer(kept.row.ID) ?? fresh()).terminate()
  }

  async #purge(row: Peering): Promise<void> {
    const { store, tracker, now } = this.#deps
    const mine = joinKey(row.Partition, row.Name)
    while (!this.#isReused(row) && store.list('nodes', 'all', mine).length > 0) {
      await this.#submit({ type: 'purge-imports', id: row.ID, limit: PURGE_NODES })
    }
    if (peeringById(store, row.ID)?.State !== 'DELETING') return
    await this.#submit({ type: 'remove-peering', id: row.ID, at: now() })
    tracker.forget(row.ID)
    this.#deps.logger.info('a peering was deleted', { peer: row.Name })
  }

  /** The peering has been revived meanwhile, or is gone. */
  #isReused({ ID }: Peering): boolean {
    const row = peeringById(this.#deps.store, ID)
    return row === undefined || isOpen(row)
  }

  async #submit(command: Command): Promise<void> {
    await this.#deps.committer.submit(state => reduce(state, command))
  }

  #failed({ Name }: Peering, error: unknown): void {
    this.#deps.logger.error('cannot end a peering yet', { peer: Name, error })
  }
}
