// Requests that go on while something happens, and what became of them.

import { setTimeout as pause } from 'node:timers/promises'
import { eventually, expectThat } from '../../src/sandbox/eventually.ts'

export interface Traffic {
  readonly answered: number
  /** What went wrong, one line for each request that got no answer. */
  readonly failures: readonly string[]
  /** Waits until so many more requests have been answered. */
  flows(requests?: number): Promise<void>
  /** Ends it, and waits for the last answers. */
  stop(): Promise<void>
}

const LANES = 4
const PAUSE_MS = 5

/** Runs `request` over and over, several at a time, until stopped. One that fails is tried again up to `attempts` times. */
export function startTraffic(request: () => Promise<unknown>, attempts: number): Traffic {
  let isStopped = false
  let answered = 0
  const failures: string[] = []
  const lane = async () => {
    while (!isStopped) {
      await persist(request, attempts).then(
        () => {
          answered += 1
        },
        error => {
          failures.push(`after ${answered} answers: ${error instanceof Error ? error.message : error}`)
        },
      )
      await pause(PAUSE_MS)
    }
  }
  const lanes = Array.from({ length: LANES }, lane)
  return {
    failures,
    get answered() {
      return answered
    },
    flows: async (requests = 50) => {
      const goal = answered + requests
      await eventually(`${requests} more requests are answered`, () => {
        expectThat(answered >= goal, `${goal - answered} are missing; failures: ${failures.slice(-3).join('; ')}`)
      })
    },
    stop: async () => {
      isStopped = true
      await Promise.all(lanes)
    },
  }
}

async function persist(request: () => Promise<unknown>, attempts: number): Promise<void> {
  for (let left = attempts; ; left--) {
    try {
      await request()
      return
    } catch (error) {
      if (left <= 1) throw error
    }
    // Uneven, so that lanes and load balancing do not keep step.
    await pause(PAUSE_MS * (1 + Math.random()))
  }
}
