import { describe, expect, it } from 'vitest'
import { RecentMap } from './recent-map.ts'

const present = (map: RecentMap<string, string>, keys: string) => [...keys].filter(key => map.get(key) !== undefined)

describe('a map of what was used lately', () => {
  it('forgets what was not used for longest', () => {
    const map = new RecentMap<string, string>({ max: 2 })
    map.set('a', '1')
    map.set('b', '2')
    expect(map.get('a')).toBe('1')
    map.set('c', '3')
    expect(map.size).toBe(2)
    expect(present(map, 'abc')).toEqual(['a', 'c'])
  })

  it('counts a key once, with its newest value', () => {
    const map = new RecentMap<string, string>({ max: 2 })
    for (const value of ['1', '2', '3']) map.set('a', value)
    map.set('b', '4')
    expect([map.size, map.get('a'), map.get('b')]).toEqual([2, '3', '4'])
  })

  it('holds no more than the sum of sizes allows, and nothing that is too large by itself', () => {
    const map = new RecentMap<string, string>({ max: 10, weights: { max: 5, of: text => text.length } })
    map.set('a', 'xx')
    map.set('b', 'xx')
    map.set('c', 'xxx')
    expect(present(map, 'abc')).toEqual(['b', 'c'])
    map.set('b', 'xxxxxx')
    expect(present(map, 'abc')).toEqual(['c'])
    map.set('c', 'x')
    map.set('d', 'xxxx')
    expect(present(map, 'abcd')).toEqual(['c', 'd'])
  })

  it('keeps up with many more keys than it holds', () => {
    const map = new RecentMap<number, number>({ max: 100 })
    for (let i = 0; i < 10_000; i++) {
      map.set(i, i)
      expect(map.size).toBeLessThanOrEqual(100)
    }
    expect(map.size).toBeGreaterThan(90)
    expect([map.get(9_999), map.get(9_910), map.get(9_899)]).toEqual([9_999, 9_910, undefined])
  })
})
