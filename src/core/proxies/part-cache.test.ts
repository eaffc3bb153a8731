import { expect, it } from 'vitest'
import { PartCache } from './part-cache.ts'

function counting() {
  let made = 0
  return { make: () => ({ number: ++made }), count: () => made }
}

it('makes a part again only when an input is another object', () => {
  const cache = new PartCache()
  const { make, count } = counting()
  const input = { a: 1 }
  const first = cache.building(() => cache.use('part', [input, 1], make))
  expect(cache.building(() => cache.use('part', [input, 1], make))).toBe(first)
  expect(cache.building(() => cache.use('part', [{ a: 1 }, 1], make))).not.toBe(first)
  expect(count()).toBe(2)
})

it('counts one input more or fewer as a change', () => {
  const cache = new PartCache()
  const { make, count } = counting()
  cache.building(() => cache.use('part', [1], make))
  cache.building(() => cache.use('part', [1, undefined], make))
  expect(count()).toBe(2)
})

it('forgets parts that a build did not use', () => {
  const cache = new PartCache()
  const { make, count } = counting()
  cache.building(() => cache.use('part', [], make))
  cache.building(() => undefined)
  cache.building(() => cache.use('part', [], make))
  expect(count()).toBe(2)
})

it('keeps the inner parts of a group that was not made again', () => {
  const cache = new PartCache()
  const { make, count } = counting()
  const group = (input: number) =>
    cache.building(() => cache.group('group', [input], inner => [inner.use('part', [], make)]))
  const first = group(1)
  expect(group(1)).toBe(first)
  expect(group(2)).not.toBe(first)
  expect(count()).toBe(1)
})

it('gives equal data the identity it had before', () => {
  const cache = new PartCache()
  const first = cache.building(() => cache.keep('data', { a: [1] }))
  expect(cache.building(() => cache.keep('data', { a: [1] }))).toBe(first)
  expect(cache.building(() => cache.keep('data', { a: [2] }))).toEqual({ a: [2] })
})
