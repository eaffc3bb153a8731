import { describe, expect, it } from 'vitest'
import { FeedProgress } from './feed-progress.ts'

const at = (revision: number, isCopying = false) => ({ position: { history: 'h', revision }, isCopying })

describe('a feed', () => {
  it('is not stuck while nothing is owed, however long nothing comes', () => {
    const progress = new FeedProgress(at(7), 0)
    expect([1, 1e6, 1e9].map(now => progress.isStuck(7, now))).toEqual([false, false, false])
  })

  it('is stuck when the server has more and nothing comes for long', () => {
    const progress = new FeedProgress(at(7), 0)
    expect([progress.isStuck(8, 39_000), progress.isStuck(8, 41_000)]).toEqual([false, true])
  })

  it('is stuck in the middle of a copy as well', () => {
    const progress = new FeedProgress(at(7, true), 0)
    expect([progress.isStuck(7, 39_000), progress.isStuck(7, 41_000)]).toEqual([false, true])
  })

  it('is not stuck while something comes, however slowly', () => {
    const progress = new FeedProgress(at(7), 0)
    const stuck: boolean[] = []
    for (let now = 30_000; now < 600_000; now += 30_000) {
      stuck.push(progress.isStuck(900, now))
      progress.moved(now)
    }
    expect(stuck).not.toContain(true)
  })

  it('is given its time from the moment something is owed', () => {
    const progress = new FeedProgress(at(7), 0)
    expect([progress.isStuck(7, 100_000), progress.isStuck(8, 130_000), progress.isStuck(8, 141_000)]).toEqual([
      false,
      false,
      true,
    ])
  })
})
