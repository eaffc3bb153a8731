import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, START, testIntermediate, testRoot } from '../../../test/support/authority.ts'
import { intermediateNeed, isFromOldSigner, leafRenewalAt, reissueDelay, signingKeyIdOf } from './renewal.ts'

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('a leaf', () => {
  it('is renewed between 60 % and 90 % of its life', () => {
    fc.assert(
      fc.property(chance, fc.integer({ min: 1, max: 365 }), (random, days) => {
        const at = leafRenewalAt({ validAfter: START, validBefore: START + days * DAY_MS }, random)
        expect((at - START) / (days * DAY_MS)).toBeGreaterThanOrEqual(0.6 - 1e-9)
        expect((at - START) / (days * DAY_MS)).toBeLessThanOrEqual(0.9 + 1e-9)
      }),
    )
  })

  it('is issued anew once another key signs', () => {
    const root = testRoot()
    const intermediate = testIntermediate(root)
    const leaf = { signingKeyId: signingKeyIdOf(intermediate) }
    expect(isFromOldSigner(leaf, root.row)).toBe(false)
    expect(isFromOldSigner(leaf, testRoot().row)).toBe(true)
  })
})

describe('after a change of root', () => {
  it('few leaves follow at once and many within 30 s', () => {
    expect(reissueDelay(1, 0.999)).toBeLessThan(5)
    expect(reissueDelay(500, 0.999)).toBeLessThan(2000)
    fc.assert(
      fc.property(fc.nat(1_000_000), chance, (leaves, random) => {
        expect(reissueDelay(leaves, random)).toBeLessThan(30_000)
      }),
    )
  })

  it('a rate limit stretches the window as far as it needs', () => {
    expect(reissueDelay(5000, 0.5, 50)).toBe(50_000)
  })
})

describe('an intermediate', () => {
  const root = testRoot()
  const intermediate = testIntermediate(root)

  it('is needed where there is none', () => {
    expect(intermediateNeed(undefined, root.row, START)).toBe('missing')
  })

  it('is renewed at half its life', () => {
    expect(intermediateNeed(intermediate, root.row, START + 182 * DAY_MS)).toBeUndefined()
    expect(intermediateNeed(intermediate, root.row, START + 183 * DAY_MS)).toBe('half-life')
  })

  it('is renewed when the primary has another root', () => {
    expect(intermediateNeed(intermediate, testRoot().row, START)).toBe('root-changed')
  })
})
