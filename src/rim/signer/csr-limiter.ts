// How many leaf requests are signed per second: a token bucket whose customers wait at most half a second for their
// turn.

import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../../core/model/fault.ts'

/** Consul docs: a request waits this long for its turn and is refused if it would have to wait longer. */
const MAX_WAIT_MS = 500

export interface CsrLimiter {
  /** Resolves when it is one's turn; throws Fault `exhausted` at once when that is more than half a second away. */
  take(): Promise<void>
}

export interface CsrLimiterOptions {
  /** Requests per second; 0 means no limit. Asked each time, because the configuration can change. */
  readonly perSecond: () => number
  /** Milliseconds on any clock that does not go back. */
  readonly now: () => number
  readonly sleep?: (ms: number) => Promise<unknown>
}

/**
 * A limiter that starts with one free turn. Turns are handed out in order, so the number of those waiting is bounded.
 */
export function csrLimiter({ perSecond, now, sleep: wait = sleep }: CsrLimiterOptions): CsrLimiter {
  let nextTurn = Number.NEGATIVE_INFINITY
  return {
    async take() {
      const limit = perSecond()
      if (limit <= 0) return
      const time = now()
      const turn = Math.max(nextTurn, time)
      if (turn - time > MAX_WAIT_MS) {
        throw new Fault('exhausted', 'rate limit on certificate signing requests reached; try again later')
      }
      nextTurn = turn + 1000 / limit
      if (turn > time) await wait(turn - time)
    },
  }
}
