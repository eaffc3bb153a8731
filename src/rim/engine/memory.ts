// The engine of `-dev` and of tests: nothing outlives the process.

import type { Write } from '../../core/store/store.ts'
import type { Committed, Engine, Loaded } from './engine.ts'

export class MemoryEngine implements Engine {
  #head = 0

  async load(): Promise<Loaded> {
    return { head: this.#head, rows: [] }
  }

  async commit(head: number, _writes: readonly Write[]): Promise<Committed> {
    if (head !== this.#head) return { ok: false, conflict: true }
    this.#head += 1
    return { ok: true, revision: this.#head }
  }

  watch(): void {}

  async close(): Promise<void> {}
}
