import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PeeringState, PeerStreamStatus } from '../model/peering.ts'
import { isStale, redialDelay, UNTRIED, visibleState } from './state.ts'

const CONNECTED = { ...UNTRIED, connected: true, imported: [] }
const BROKEN = { ...UNTRIED, error: 'no route', imported: ['web'] }

describe('the state of a peering', () => {
  it.each<readonly [PeeringState, PeerStreamStatus | undefined, PeeringState]>([
    ['PENDING', undefined, 'PENDING'],
    ['PENDING', UNTRIED, 'PENDING'],
    ['PENDING', CONNECTED, 'ACTIVE'],
    ['PENDING', BROKEN, 'FAILING'],
    ['ESTABLISHING', undefined, 'ESTABLISHING'],
    ['ESTABLISHING', CONNECTED, 'ACTIVE'],
    ['ESTABLISHING', BROKEN, 'FAILING'],
    ['DELETING', CONNECTED, 'DELETING'],
    ['TERMINATED', BROKEN, 'TERMINATED'],
    ['TERMINATED', CONNECTED, 'TERMINATED'],
  ])('stored as %s is seen, with the stream it has, as it should be', (State, stream, seen) => {
    expect(visibleState({ State }, stream)).toBe(seen)
  })

  it('says that imports may be old while a stream that brought some is broken', () => {
    expect(isStale({ State: 'PENDING' }, BROKEN)).toBe(true)
    expect(isStale({ State: 'PENDING' }, CONNECTED)).toBe(false)
    expect(isStale({ State: 'PENDING' }, { ...BROKEN, imported: undefined })).toBe(false)
    expect(isStale({ State: 'DELETING' }, BROKEN)).toBe(false)
  })
})

describe('the time to the next attempt', () => {
  it('grows to one second while nobody can be reached, and to half a minute while we are refused', () => {
    expect([1, 2, 3, 4, 5, 99].map(n => redialDelay('unreachable', n, 1))).toEqual([250, 500, 1000, 1000, 1000, 1000])
    expect([1, 2, 6, 99].map(n => redialDelay('refused', n, 1))).toEqual([1000, 2000, 30000, 30000])
    expect(redialDelay('leader', 1, 1)).toBe(50)
  })

  it('is never nothing and leaves a quarter to chance', () => {
    const reasons = fc.constantFrom('leader' as const, 'unreachable' as const, 'refused' as const)
    fc.assert(
      fc.property(reasons, fc.nat(), fc.double({ min: 0, max: 0.999, noNaN: true }), (reason, failures, random) => {
        const ms = redialDelay(reason, failures, random)
        const full = redialDelay(reason, failures, 1)
        expect(ms).toBeGreaterThan(0)
        expect(ms).toBeGreaterThanOrEqual(full * 0.75)
        expect(ms).toBeLessThanOrEqual(full)
      }),
    )
  })
})
