// A real Consul beside our own agent: both get the same requests, and their answers are compared with what is by chance
// masked. Needs CONSUL_BIN, the path of a consul binary; without it the suites are skipped.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claimLoopback, type Loopback } from '../../src/sandbox/loopback.ts'
import { maskJson, maskText } from './oracle-mask.ts'
import { type RunningAgent, startRunningAgent } from './running-agent.ts'
import { until } from './until.ts'

const CONSUL_BIN = process.env.CONSUL_BIN ?? ''
/** The name that both agents' node has. */
export const NODE = 'n1'
const KNOWN_DIFFERENCES = readFileSync(join(import.meta.dirname, '../oracle/known-differences.md'), 'utf8')
const NETWORK = 190
const USUAL_PORTS = { http: 8500, grpc: 8502, server: 8300, serf_wan: 8302 }

export interface Request {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS' | 'HEAD'
  readonly path: string
  /** Sent as it is when it is a text. */
  readonly body?: string | object
}

export interface Step extends Request {
  /** Section of known-differences.md that says why the answers differ. */
  readonly known?: string
  /** Why the step is here, where the request does not say it. */
  readonly what?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface Both {
  readonly ours: Answer
  readonly theirs: Answer
}

export interface Oracle {
  readonly ours: RunningAgent
  readonly address: string
  /** Puts one request to both. */
  ask(request: Request): Promise<Both>
}

/** A suite with both agents running, new and empty; skipped without CONSUL_BIN. */
export function describeOracle(title: string, define: (oracle: Oracle) => void): void {
  if (CONSUL_BIN === '') {
    describe.skip(`${title} (set CONSUL_BIN to a consul binary to compare with it)`, () => it('is compared', () => {}))
    return
  }
  describe(title, () => {
    let running: { oracle: Oracle; stop(): Promise<void> } | undefined
    beforeAll(async () => {
      running = await start()
    })
    afterAll(() => running?.stop())
    const started = (): Oracle => {
      if (running === undefined) throw new Error('the agents have not been started')
      return running.oracle
    }
    define({
      get ours() {
        return started().ours
      },
      get address() {
        return started().address
      },
      ask: request => started().ask(request),
    })
  })
}

/** One test per step, in order: each step sees what those before it have done. */
export function compareSteps(oracle: Oracle, steps: readonly Step[]): void {
  for (const step of steps) {
    it(titleOf(step), async () => {
      if (step.known === undefined) return await agree(oracle, step)
      const { ours, theirs } = await oracle.ask(step)
      expect(KNOWN_DIFFERENCES.includes(`\n## ${step.known}\n`), `known-differences.md has "${step.known}"`).toBe(true)
      expect(ours).not.toEqual(theirs)
    })
  }
}

/** Reads are repeated for a while: an agent brings what was registered to its catalog in its own time. */
async function agree(oracle: Oracle, step: Step): Promise<void> {
  const isRead = step.method === undefined || step.method === 'GET'
  for (let left = isRead ? 15 : 0; ; left--) {
    const { ours, theirs } = await oracle.ask(step)
    if (left === 0 || isDeepStrictEqual(ours, theirs)) return expect(ours).toEqual(theirs)
    await sleep(100)
  }
}

function titleOf({ method = 'GET', path, body, what, known }: Step): string {
  const text = typeof body === 'object' ? JSON.stringify(body) : (body ?? '')
  const request = `${method} ${path} ${text.length > 100 ? `${text.slice(0, 100)}…` : text}`.trim()
  return `${what === undefined ? '' : `${what}: `}${request}${known === undefined ? '' : ` (known: ${known})`}`
}

async function start(): Promise<{ oracle: Oracle; stop(): Promise<void> }> {
  const loopback = await claimLoopback(NETWORK)
  const address = await loopback.address(NETWORK, 2)
  const consul = spawnConsul(address)
  const own = await loopback.address(NETWORK, 3)
  const ours = await startRunningAgent({ node_name: NODE, bind_addr: own, client_addr: own, ports: USUAL_PORTS })
  await until('Consul is ready', async () => {
    const answer = await fetch(`http://${address}:8500/v1/connect/ca/roots`)
    const nodes = await fetch(`http://${address}:8500/v1/health/node/${NODE}`)
    expect([answer.status, await nodes.json()]).toEqual([200, [expect.objectContaining({ Status: 'passing' })]])
  })
  const oracle: Oracle = {
    ours,
    address,
    async ask(request) {
      const [mine, real] = await Promise.all([answerOf(ours.url, request), answerOf(`http://${address}:8500`, request)])
      return { ours: hinted(shared(mine, real), real), theirs: real }
    },
  }
  return { oracle, stop: () => stop(consul, ours, loopback) }
}

function spawnConsul(address: string): ChildProcess {
  const args = ['agent', '-dev', '-node', NODE, '-bind', address, '-client', address]
  return spawn(CONSUL_BIN, [...args, '-log-level', 'err', '-hcl', 'disable_update_check = true'], { stdio: 'ignore' })
}

async function stop(consul: ChildProcess, ours: RunningAgent, loopback: Loopback): Promise<void> {
  const ended = new Promise(resolve => consul.once('exit', resolve))
  consul.kill('SIGKILL')
  await Promise.all([ended, ours.close(), loopback.release()])
}

const COMPARED_HEADERS = [
  'allow',
  'content-type',
  'x-consul-knownleader',
  'x-consul-lastcontact',
  'x-consul-effective-consistency',
  'x-consul-query-backend',
  'x-consul-default-acl-policy',
  'x-cache',
]

const OF_READS = /index|knownleader|lastcontact|consistency|backend|x-cache/

async function answerOf(base: string, { method = 'GET', path, body }: Request): Promise<Answer> {
  const text = typeof body === 'object' ? JSON.stringify(body) : body
  const answer = await fetch(base + path, { method, ...(text === undefined ? {} : { body: text }) })
  const got = await answer.text()
  const isRefused = answer.status >= 400
  const headers = COMPARED_HEADERS.flatMap(name => {
    const value = answer.headers.get(name)
    return value === null || (isRefused && OF_READS.test(name)) ? [] : [[name, name === 'x-cache' ? 'some' : value]]
  })
  const hasIndex = !isRefused && answer.headers.has('x-consul-index') ? [['x-consul-index', 'some']] : []
  return { status: answer.status, headers: Object.fromEntries([...headers, ...hasIndex]), body: bodyOf(path, got) }
}

function bodyOf(path: string, text: string): unknown {
  try {
    const json = maskJson(JSON.parse(text))
    return path.startsWith('/v1/catalog/services') ? sortedTags(json) : json
  } catch {
    return maskText(text)
  }
}

/** The tags of all instances of a service come in no order. */
function sortedTags(json: unknown): unknown {
  const entries = Object.entries(Object(json)).map(([name, tags]) => [name, Array.isArray(tags) ? tags.sort() : tags])
  return Object.fromEntries(entries)
}

/** Every read of ours says its index and how consistent it is; Consul's say so for part of the API. */
function shared(ours: Answer, theirs: Answer): Answer {
  const headers = Object.entries(ours.headers).filter(([name]) => name in theirs.headers || !OF_READS.test(name))
  return { ...ours, headers: Object.fromEntries(headers) }
}

/** Where an error says what Consul's says and then more, it says the same. */
function hinted(ours: Answer, theirs: Answer): Answer {
  const said = ours.body
  if (theirs.status < 400 || typeof said !== 'string' || typeof theirs.body !== 'string') return ours
  return sentencesOf(theirs.body).every(sentence => said.includes(sentence)) ? { ...ours, body: theirs.body } : ours
}

/** Consul lists several errors as `2 errors occurred:` and a bullet each. */
function sentencesOf(text: string): readonly string[] {
  if (!/\d+ errors? occurred:/.test(text)) return [text.trim() || 'nothing']
  return text.split('\n').flatMap(line => (line.trim().startsWith('* ') ? [line.trim().slice(2)] : []))
}
