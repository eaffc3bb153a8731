// Waiting for something to become so. Nothing here sleeps for a fixed time and hopes.

import { setTimeout as pause } from 'node:timers/promises'
import { Fault } from '../core/model/fault.ts'

export interface Patience {
  /** Ends the waiting early. */
  readonly signal?: AbortSignal
  /** Gives up after this long; 60 s unless said. */
  readonly deadlineMs?: number
  readonly everyMs?: number
}

/**
 * Asks until `probe` returns: it throws, or rejects, for as long as the thing is not so. Throws Fault('timeout') with what
 * the probe said last, Fault('unavailable') when the probe says that waiting is in vain.
 */
export async function eventually<T>(what: string, probe: () => T | Promise<T>, patience: Patience = {}): Promise<T> {
  const { signal, deadlineMs = 60_000, everyMs = 50 } = patience
  const deadline = performance.now() + deadlineMs
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await probe()
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof Impossible) {
        throw new Fault('unavailable', `waited until ${what}: ${error.message}`, { cause: error })
      }
      if (performance.now() > deadline) {
        const last = error instanceof Error ? error.message : String(error)
        throw new Fault('timeout', `gave up waiting until ${what}: ${last}`, { cause: error })
      }
    }
    await pause(everyMs, undefined, { signal })
  }
}

/** Thrown by a probe that knows that waiting is in vain. */
export class Impossible extends Error {}

/** Throws unless the claim holds; for probes. */
export function expectThat(claim: boolean, otherwise: string): asserts claim {
  if (!claim) throw new Error(otherwise)
}
