// An agent that is killed in the middle of writes, over and over: what it acknowledged is there when it starts again, and
// indexes have not gone back.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AgentProcess, startAgentProcess, untilAnswers } from '../support/agent-process.ts'
import { closedPort } from '../support/loopback.ts'

const ROUNDS = 4
const WRITERS = 6
const INDEXED = ['/v1/config/service-defaults', '/v1/catalog/services', '/v1/health/state/any']

let folder = ''
let url = ''
let args: readonly string[] = []
let agent: AgentProcess | undefined

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'killed-'))
  const http = await closedPort()
  url = `http://127.0.0.1:${http}`
  const off = ['dns', 'grpc', 'grpc-tls', 'server', 'serf-lan', 'serf-wan'].map(name => `-${name}-port=-1`)
  args = ['-server', '-bootstrap', '-node=n1', '-bind=127.0.0.1', `-data-dir=${folder}`, `-http-port=${http}`, ...off]
})

afterAll(async () => {
  await agent?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** One thing that is written again and again with a greater number. */
interface Writer {
  readonly write: (value: number) => { readonly path: string; readonly body: object }
  /** The number that is stored; -1 when nothing is. */
  readonly stored: () => Promise<number>
  acknowledged: number
  attempted: number
}

const entryWriter = (name: string): Writer => ({
  write: value => ({
    path: '/v1/config',
    body: { Kind: 'service-defaults', Name: name, MaxInboundConnections: value },
  }),
  stored: async () => Number((await read(`/v1/config/service-defaults/${name}`))?.MaxInboundConnections ?? -1),
  acknowledged: -1,
  attempted: -1,
})

const serviceWriter = (name: string): Writer => ({
  write: value => ({ path: '/v1/agent/service/register', body: { Name: name, Port: value, Check: { TTL: '1h' } } }),
  stored: async () => Number((await read(`/v1/agent/service/${name}`))?.Port ?? -1),
  acknowledged: -1,
  attempted: -1,
})

const nodeWriter = (name: string): Writer => ({
  write: value => ({
    path: '/v1/catalog/register',
    body: { Node: name, Address: '10.0.0.1', NodeMeta: { v: `${value}` } },
  }),
  stored: async () => Number((await read(`/v1/catalog/node/${name}`))?.Node?.Meta?.v ?? -1),
  acknowledged: -1,
  attempted: -1,
})

async function read(path: string) {
  const answer = await fetch(url + path)
  return answer.ok ? JSON.parse(await answer.text()) : undefined
}

/** Writes greater and greater numbers until the agent is gone. */
async function keepWriting(writer: Writer): Promise<void> {
  for (;;) {
    writer.attempted += 1
    const { path, body } = writer.write(writer.attempted)
    const answer = await fetch(url + path, { method: 'PUT', body: JSON.stringify(body) }).catch(() => undefined)
    if (answer === undefined) return
    expect([answer.status, await answer.text().catch(() => 'cut')]).toEqual([200, expect.not.stringContaining('error')])
    writer.acknowledged = writer.attempted
  }
}

async function indexes(): Promise<readonly number[]> {
  const answers = await Promise.all(INDEXED.map(path => fetch(url + path)))
  return answers.map(answer => Number(answer.headers.get('x-consul-index')))
}

it('loses nothing that it acknowledged', async () => {
  const makers = [entryWriter, serviceWriter, nodeWriter]
  const writers = Array.from(
    { length: WRITERS },
    (_, i) => makers[i % makers.length]?.(`thing-${i}`) ?? entryWriter('x'),
  )
  let seen: readonly number[] = INDEXED.map(() => 0)
  for (let round = 0; round <= ROUNDS; round++) {
    agent = startAgentProcess(args)
    await untilAnswers(agent, url)

    for (const writer of writers) {
      const stored = await writer.stored()
      // The last attempt may have been carried out without its answer arriving.
      expect(stored).toBeGreaterThanOrEqual(writer.acknowledged)
      expect(stored).toBeLessThanOrEqual(writer.attempted)
      writer.acknowledged = stored
      writer.attempted = stored
    }
    const now = await indexes()
    for (const [i, index] of now.entries()) expect(index).toBeGreaterThanOrEqual(seen[i] ?? 0)
    if (round === ROUNDS) break

    const writing = Promise.all(writers.map(keepWriting))
    await sleep(100 + Math.random() * 400)
    seen = await indexes()
    await sleep(Math.random() * 50)
    await agent.kill('SIGKILL')
    await writing
  }
  expect(writers.every(writer => writer.acknowledged > ROUNDS)).toBe(true)
})
