import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SortedGroup } from './sorted-group.ts'

const key = fc.integer({ min: 0, max: 60 }).map(n => `k${n}`)
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('set' as const), key }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('list' as const), key }) },
)

describe('a sorted group', () => {
  it('lists what sorting all of it would list', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), steps => {
        const group = new SortedGroup<string>()
        const model = new Map<string, string>()
        steps.forEach(({ type, key }, i) => {
          if (type === 'set') {
            group.set(key, `${key} ${i}`)
            model.set(key, `${key} ${i}`)
          } else if (type === 'delete') {
            group.delete(key)
            model.delete(key)
          } else {
            const expected = [...model.keys()].sort().map(each => model.get(each))
            expect(group.list()).toEqual(expected)
          }
          expect(group.isEmpty).toBe(model.size === 0)
        })
      }),
      { numRuns: 100 },
    )
  })

  it('returns the same list until something changes', () => {
    const group = new SortedGroup<number>()
    group.set('b', 1)
    group.set('a', 2)
    const first = group.list()
    expect(group.list()).toBe(first)
    group.delete('c')
    expect(group.list()).toBe(first)
    group.set('c', 3)
    expect(first).toEqual([2, 1])
    expect(group.list()).toEqual([2, 1, 3])
  })
})
