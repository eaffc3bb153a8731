import { expect, it } from 'vitest'
import { csrLimiter } from './csr-limiter.ts'

function limiter(perSecond: () => number) {
  let time = 0
  const waits: number[] = []
  const sleep = async (ms: number) => void waits.push(ms)
  return {
    limiter: csrLimiter({ perSecond, now: () => time, sleep }),
    waits,
    advance: (ms: number) => void (time += ms),
  }
}

it('spaces requests evenly', async () => {
  const { limiter: limit, waits } = limiter(() => 50)
  await limit.take()
  await limit.take()
  await limit.take()
  expect(waits).toEqual([20, 40])
})

it('refuses at once whoever would wait longer than half a second', async () => {
  const { limiter: limit, advance } = limiter(() => 50)
  const first = await Promise.allSettled(Array.from({ length: 40 }, () => limit.take()))
  expect(first.filter(result => result.status === 'fulfilled')).toHaveLength(26)
  await expect(limit.take()).rejects.toMatchObject({ code: 'exhausted' })
  advance(20)
  await expect(limit.take()).resolves.toBeUndefined()
})

it('saves up no turns while nobody asks', async () => {
  const { limiter: limit, waits, advance } = limiter(() => 10)
  await limit.take()
  advance(60_000)
  await limit.take()
  await limit.take()
  expect(waits).toEqual([100])
})

it('lets everybody through when there is no limit, also from one moment to the next', async () => {
  let perSecond = 0
  const { limiter: limit, waits } = limiter(() => perSecond)
  for (let i = 0; i < 1000; i++) await limit.take()
  expect(waits).toEqual([])
  perSecond = 1
  await limit.take()
  await expect(limit.take()).rejects.toMatchObject({ code: 'exhausted' })
})
