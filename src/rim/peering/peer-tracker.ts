// How the streams of peerings are doing, put where queries see it. Much changes with every frame; it is shown now and then.

import type { PeerStreamStatus } from '../../core/model/peering.ts'
import { UNTRIED } from '../../core/peering/state.ts'
import type { Store } from '../../core/store/store.ts'

const SHOW_MS = 100

export class PeerTracker {
  readonly #store: Store
  readonly #statuses = new Map<string, PeerStreamStatus>()
  readonly #unshown = new Set<string>()
  #timer: NodeJS.Timeout | undefined

  constructor(store: Store) {
    this.#store = store
  }

  status(id: string): PeerStreamStatus {
    return this.#statuses.get(id) ?? UNTRIED
  }

  /** Takes note of something that changes all the time; it is shown soon. */
  note(id: string, change: Partial<PeerStreamStatus>): void {
    this.#statuses.set(id, { ...this.status(id), ...change })
    this.#unshown.add(id)
    this.#timer ??= setTimeout(() => this.#show(), SHOW_MS)
  }

  /** Takes note of a change of state; it is shown at once. */
  change(id: string, change: Partial<PeerStreamStatus>): void {
    this.note(id, change)
    this.#show()
  }

  forget(id: string): void {
    this.#statuses.delete(id)
    this.#unshown.delete(id)
    this.#store.setFact('peer-stream', id, undefined)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #show(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const id of this.#unshown) this.#store.setFact('peer-stream', id, this.#statuses.get(id))
    this.#unshown.clear()
  }
}
