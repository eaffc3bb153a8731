import { expect, it } from 'vitest'
import { SHARDS, shardOf } from './shard.ts'

it('spreads numbered names evenly', () => {
  const sizes = new Map<number, number>()
  for (let i = 0; i < 6400; i++) {
    const shard = shardOf(`service-${i}`)
    sizes.set(shard, (sizes.get(shard) ?? 0) + 1)
  }
  expect(sizes.size).toBe(SHARDS)
  expect(Math.max(...sizes.values())).toBeLessThan(150)
})

it('keeps a name where it is', () => {
  expect(shardOf('web')).toBe(shardOf('web'))
  expect(shardOf('')).toBeGreaterThanOrEqual(0)
})
