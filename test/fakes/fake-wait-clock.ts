// Time that stands still until a test moves it.

import type { WaitClock } from '../../src/rim/watch.ts'

export interface FakeWaitClock extends WaitClock {
  /** Lets time pass; what falls due runs in order, and what it starts has a turn to go on. */
  advance(ms: number): Promise<void>
  /** How many timers wait. */
  pending(): number
  /** Milliseconds until the next timer is due; undefined when none waits. */
  untilNext(): number | undefined
}

interface Timer {
  readonly due: number
  readonly run: () => void
}

/** A clock at 0 whose chance is always `random`. */
export function fakeWaitClock(random = 0.5): FakeWaitClock {
  const timers = new Set<Timer>()
  let now = 0
  const nextDue = (until: number) => {
    const due = [...timers].filter(timer => timer.due <= until)
    return due.toSorted((a, b) => a.due - b.due)[0]
  }
  return {
    random: () => random,
    pending: () => timers.size,
    untilNext: () => (timers.size === 0 ? undefined : nextDue(Number.POSITIVE_INFINITY)!.due - now),
    after(ms, run) {
      const timer = { due: now + ms, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async advance(ms) {
      const until = now + ms
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        timers.delete(timer)
        now = timer.due
        timer.run()
        await settle()
      }
      now = until
      await settle()
    },
  }
}

function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
