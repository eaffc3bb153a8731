import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimLoopback, type Loopback } from './loopback.ts'

const NETWORK = 90

let loopback: Loopback

beforeAll(async () => {
  loopback = await claimLoopback(NETWORK)
})

afterAll(() => loopback.release())

test('a free port is given as wished, and never twice', async () => {
  const address = await loopback.address(NETWORK, 2)
  expect(await loopback.port(address, 21000)).toBe(21000)
  expect(await loopback.port(address, 21000)).not.toBe(21000)
})

test('in place of a port that is in use another one is given', async () => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const taken = typeof address === 'object' && address !== null ? address.port : 0
  expect(await loopback.port('127.0.0.1', taken)).not.toBe(taken)
  server.close()
})

test('who comes second gets other networks, or on a system without them other ports', async () => {
  const second = await claimLoopback(NETWORK)
  const [mine, theirs] = [await loopback.address(NETWORK, 5), await second.address(NETWORK, 5)]
  expect(theirs === mine ? theirs : '127.0.0.1').toBe('127.0.0.1')
  await second.release()
})

test('networks that were given back can be claimed again', async () => {
  const second = await claimLoopback(NETWORK)
  const before = await second.address(NETWORK, 5)
  await second.release()
  const third = await claimLoopback(NETWORK)
  expect(await third.address(NETWORK, 5)).toBe(before)
  await third.release()
})
