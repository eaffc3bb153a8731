// Keeps fetched what queries want, for as long as somebody follows such a query and a little longer.

import type { FactKind, Want } from '../../core/model/fact.ts'
import { joinKey } from '../../core/model/tenancy.ts'
import type { Store } from '../../core/store/store.ts'

/** Fetches one kind of fact. `keep` runs until the signal aborts and calls `store.setFact` as the fact changes. */
export interface FactKeeper {
  readonly kind: FactKind
  keep(key: string, signal: AbortSignal): Promise<void>
}

interface Kept {
  readonly abort: AbortController
  lingering: NodeJS.Timeout | undefined
}

/** A proxy that reconnects within this time finds its facts still there. */
const LINGER_MS = 30_000

export class WantSupervisor {
  readonly #store: Store
  readonly #keepers: ReadonlyMap<FactKind, FactKeeper>
  readonly #onFailure: (want: Want, error: unknown) => void
  readonly #kept = new Map<string, Kept>()
  #closed = false

  constructor(store: Store, keepers: readonly FactKeeper[], onFailure: (want: Want, error: unknown) => void) {
    this.#store = store
    this.#keepers = new Map(keepers.map(keeper => [keeper.kind, keeper]))
    this.#onFailure = onFailure
    store.onWant((want, wanted) => (wanted ? this.#start(want) : this.#release(want)))
  }

  /** Stops every keeper. */
  close(): void {
    this.#closed = true
    for (const kept of this.#kept.values()) {
      clearTimeout(kept.lingering)
      kept.abort.abort()
    }
    this.#kept.clear()
  }

  #start(want: Want): void {
    const id = joinKey(want.kind, want.key)
    const known = this.#kept.get(id)
    if (known !== undefined) {
      clearTimeout(known.lingering)
      known.lingering = undefined
      return
    }
    const keeper = this.#keepers.get(want.kind)
    if (keeper === undefined || this.#closed) return
    const kept: Kept = { abort: new AbortController(), lingering: undefined }
    this.#kept.set(id, kept)
    // Wanting happens in the middle of a read; facts may only change after it.
    queueMicrotask(() => {
      keeper.keep(want.key, kept.abort.signal).catch(error => this.#onFailure(want, error))
    })
  }

  #release(want: Want): void {
    const id = joinKey(want.kind, want.key)
    const kept = this.#kept.get(id)
    if (kept === undefined) return
    kept.lingering = setTimeout(() => {
      this.#kept.delete(id)
      kept.abort.abort()
      this.#store.setFact(want.kind, want.key, undefined)
    }, LINGER_MS)
    kept.lingering.unref()
  }
}
