// What makes rows durable and orders them. Memory, SQLite and etcd fill the same contract.

import type { StoredRow, Write } from '../../core/store/store.ts'

export interface Loaded {
  /** The newest revision; 0 when nothing was ever written. */
  readonly head: number
  readonly rows: readonly StoredRow[]
}

export interface Batch {
  readonly revision: number
  readonly writes: readonly Write[]
}

/** `conflict`: somebody else has written since `head`; catch up by `watch` and fold again. */
export type Committed =
  | { readonly ok: true; readonly revision: number }
  | { readonly ok: false; readonly conflict: true }

export interface Engine {
  /** Everything stored, with the revision it stands at. */
  load(): Promise<Loaded>
  /** Writes a batch if `head` is still the newest revision. Resolves when it is durable. */
  commit(head: number, writes: readonly Write[]): Promise<Committed>
  /** Batches of other replicas, in order, each once, beginning after revision `from`. */
  watch(from: number, onBatch: (batch: Batch) => void): void
  /** Stops after what is under way has ended. */
  close(): Promise<void>
}
