// Blocking queries: both agents hold the same requests, and let go of them for the same changes.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { describeOracle, type Oracle, type Request } from '../support/oracle.ts'

const WEB = { Name: 'web', Port: 80 }
const ENTRY = { Kind: 'service-defaults', Name: 'web', Protocol: 'http' }

const put = (path: string, body: object): Request => ({ method: 'PUT', path, body })
const config = (entry: object): Request => put('/v1/config', entry)
const allow = put('/v1/connect/intentions/exact?source=a&destination=web', { Action: 'allow' })

/** A read, and what makes its answer another. */
const WAKES: readonly (readonly [string, Request])[] = [
  ['/v1/catalog/services', put('/v1/agent/service/register', { Name: 'other' })],
  ['/v1/catalog/nodes', put('/v1/catalog/register', { Node: 'n2', Address: '10.0.0.2' })],
  ['/v1/catalog/service/web', put('/v1/agent/service/register', { ...WEB, Port: 81 })],
  ['/v1/health/service/web', put('/v1/agent/service/register', { ...WEB, Port: 82 })],
  ['/v1/health/service/nobody', put('/v1/agent/service/register', { Name: 'nobody' })],
  ['/v1/config/service-defaults', config({ ...ENTRY, Protocol: 'grpc' })],
  ['/v1/config/service-defaults/web', config({ ...ENTRY, Protocol: 'http2' })],
  ['/v1/config/service-defaults/absent', config({ ...ENTRY, Name: 'absent' })],
  ['/v1/connect/intentions', allow],
  ['/v1/connect/intentions/match?by=destination&name=db', config(intention('db'))],
  ['/v1/discovery-chain/api', config({ Kind: 'service-resolver', Name: 'api', ConnectTimeout: '9s' })],
]

/** A read, and what is nothing to it. */
const SLEEPS: readonly (readonly [string, Request])[] = [
  ['/v1/config/service-defaults/nowhere', config({ ...ENTRY, Name: 'elsewhere' })],
  ['/v1/discovery-chain/api', config({ ...ENTRY, Name: 'unrelated' })],
  ['/v1/connect/intentions/match?by=destination&name=quiet', config(intention('loud'))],
  [
    '/v1/health/service/web',
    put('/v1/catalog/register', { Node: 'n9', Address: '10.0.0.9', Service: { Service: 'far' } }),
  ],
]

function intention(name: string): object {
  return { Kind: 'service-intentions', Name: name, Sources: [{ Name: 'a', Action: 'deny' }] }
}

interface Held {
  readonly before: number
  readonly after: number
  readonly status: number
  readonly heldMs: number
}

/** Reads, reads again from the index that was told, and makes the change while that is held. */
async function held(base: string, path: string, wait: string, change: () => Promise<unknown>): Promise<Held> {
  const first = await fetch(base + path)
  await first.text()
  const before = Number(first.headers.get('x-consul-index'))
  const begun = performance.now()
  const blocked = fetch(`${base}${path}${path.includes('?') ? '&' : '?'}index=${before}&wait=${wait}`)
  await sleep(300)
  await change()
  const answer = await blocked
  await answer.text()
  const after = Number(answer.headers.get('x-consul-index'))
  return { before, after, status: answer.status, heldMs: performance.now() - begun }
}

async function bothHeld(oracle: Oracle, path: string, wait: string, change: Request): Promise<readonly Held[]> {
  const both = [oracle.ours.url, `http://${oracle.address}:8500`]
  let made: Promise<unknown> | undefined
  const makeOnce = () => {
    made ??= oracle.ask(change)
    return made
  }
  return await Promise.all(both.map(base => held(base, path, wait, makeOnce)))
}

describeOracle('blocking queries', oracle => {
  it('begin with something to see', async () => {
    await oracle.ask(put('/v1/agent/service/register', WEB))
    await oracle.ask(config(ENTRY))
    // An agent brings what was registered to its catalog in its own time.
    await sleep(1_000)
  })

  it.each(WAKES)('of %s wake up for a change', async (path, change) => {
    for (const { status, before, after, heldMs } of await bothHeld(oracle, path, '20s', change)) {
      expect(status).toBe(200)
      expect(after).toBeGreaterThan(before)
      expect(heldMs).toBeLessThan(10_000)
    }
  })

  it.each(SLEEPS)('of %s sleep on through what is nothing to them', async (path, change) => {
    for (const { heldMs } of await bothHeld(oracle, path, '2s', change)) {
      expect(heldMs).toBeGreaterThanOrEqual(2_000)
    }
  })

  it('take an index of nothing, of zero and far ahead', async () => {
    for (const index of ['', '0', '99999999']) {
      const { ours, theirs } = await oracle.ask({ path: `/v1/catalog/services?index=${index}&wait=10ms` })
      expect(ours).toEqual(theirs)
    }
  })
})
