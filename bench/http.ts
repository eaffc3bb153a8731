// What the HTTP API bears: reads from cached bytes, registrations, and a change that answers a thousand held requests. The
// server runs here on the memory engine, the load in a process of its own. Prints one JSON line a row.
// Run: npx tsx bench/http.ts [part of a row's name]

import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { ROUTES } from '../src/core/api/index.ts'
import { reduce } from '../src/core/store/reduce.ts'
import { Store } from '../src/core/store/store.ts'
import { Committer } from '../src/rim/engine/committer.ts'
import { MemoryEngine } from '../src/rim/engine/memory.ts'
import { createApi } from '../src/rim/http/api.ts'
import { emptyAnswer } from '../src/rim/http/message.ts'
import { startHttpServer } from '../src/rim/http/server.ts'
import { systemWaitClock } from '../src/rim/watch.ts'
import { checkRow, nodeRow, registering, serviceRow, TEST_SELF } from '../test/support/catalog-rows.ts'
import type { LoadPlan, LoadResult } from './http-client.ts'

const SECONDS = 4

interface Target {
  readonly store: Store
  readonly committer: Committer
  readonly port: number
  close(): Promise<void>
}

async function startTarget(): Promise<Target> {
  const store = new Store(TEST_SELF)
  const committer = new Committer(store, new MemoryEngine())
  await committer.start()
  const effects = ROUTES.flatMap(route => (route.type === 'effect' ? [route.effect] : []))
  const api = createApi({
    store,
    committer,
    routes: ROUTES,
    effects: Object.fromEntries(effects.map(name => [name, async () => emptyAnswer()])),
    authorize: () => {},
    forward: async () => emptyAnswer(),
    translateWanAddresses: false,
    alwaysPretty: false,
    clock: systemWaitClock,
    now: Date.now,
    freshId: randomUUID,
    onBug: error => process.stderr.write(`${String(error)}\n`),
  })
  const server = await startHttpServer({
    api,
    listen: [{ type: 'tcp', host: '127.0.0.1', port: 0 }],
    maxConnectionsPerClient: 0,
    headers: { 'X-Consul-Default-Acl-Policy': 'allow' },
  })
  const address = server.addresses[0]
  if (typeof address !== 'object') throw new Error('no TCP address')
  const close = async () => {
    await server.close()
    await committer.close()
  }
  return { store, committer, port: address.port, close }
}

async function seed(target: Target, name: string, instances: number): Promise<void> {
  const commands = Array.from({ length: instances }, (_, i) => {
    const node = `node-${i}`
    const service = serviceRow(node, name, { ID: `${name}-${i}`, Address: `10.0.${i >> 8}.${i & 255}`, Port: 8080 })
    const check = checkRow(node, `service:${name}-${i}`, { ServiceID: service.ID, Output: 'HTTP GET: 200 OK' })
    return registering(nodeRow(node, { ID: randomUUID(), Meta: { zone: 'a' } }), [service], [check])
  })
  await Promise.all(commands.map(command => target.committer.submit(state => reduce(state, command))))
}

function start(plan: LoadPlan): Promise<LoadResult> {
  const client = spawn(process.execPath, ['--import', 'tsx', new URL('http-client.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  client.stdin.end(JSON.stringify(plan))
  return new Promise((resolve, reject) => {
    createInterface(client.stdout).once('line', line => resolve(JSON.parse(line)))
    client.once('exit', code => code !== 0 && reject(new Error(`load generator ended with ${code}`)))
  })
}

function message(method: string, path: string, body = ''): string {
  return `${method} ${path} HTTP/1.1\r\nHost: bench\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`
}

function report(row: string, goal: string, figures: object): void {
  process.stdout.write(`${JSON.stringify({ row, goal, ...figures })}\n`)
}

async function rate(row: string, goal: string, plan: Omit<LoadPlan, 'durationMs'>): Promise<void> {
  const cpu = process.cpuUsage()
  const { answers, seconds, bytes, failures, p50Ms, p99Ms } = await start({ ...plan, durationMs: SECONDS * 1000 })
  const used = process.cpuUsage(cpu)
  report(row, goal, {
    perSecond: Math.round(answers / seconds),
    megabytesPerSecond: Math.round(bytes / seconds / 1e6),
    ...{ p50Ms, p99Ms, failures },
    cpuMicrosecondsEach: Math.round((used.user + used.system) / Math.max(answers, 1)),
  })
}

const ROWS: Readonly<Record<string, (target: Target) => Promise<void>>> = {
  'health-10': async target => {
    await seed(target, 'web', 10)
    const requests = [get('/v1/health/service/web')]
    for (const connections of [1, 32]) {
      await rate(`health-10 x${connections}`, connections === 1 ? '8000/s' : '40000/s', {
        port: target.port,
        connections,
        requests,
      })
    }
  },
  'health-1000': async target => {
    await seed(target, 'web', 1000)
    const requests = [get('/v1/health/service/web?passing')]
    await rate('health-1000 x32', '2000/s', { port: target.port, connections: 32, requests })
  },
  services: async target => {
    for (let i = 0; i < 100; i++) await seed(target, `service-${i}`, 1)
    await rate('services x32', '40000/s', {
      port: target.port,
      connections: 32,
      requests: [get('/v1/catalog/services')],
    })
  },
  register: async target => {
    const requests = Array.from({ length: 20_000 }, (_, i) => {
      const Service = { ID: `web-${i}`, Service: 'web', Port: 1000 + (i % 60_000) }
      return message(
        'PUT',
        '/v1/catalog/register',
        JSON.stringify({ Node: `node-${i % 500}`, Address: '10.0.0.1', Service }),
      )
    })
    await rate('register x32', '12000/s', { port: target.port, connections: 32, requests })
  },
  blocked: async target => {
    await seed(target, 'web', 10)
    // An agent in service has answered before: the first round warms the code and is not told.
    await heldRound(target, 1000)
    for (const connections of [1000, 5000]) await blocked(target, connections)
  },
}

async function blocked(target: Target, connections: number): Promise<void> {
  const before = settledMemory()
  const { lastMs, cpuMs, whileHeld, failures } = await heldRound(target, connections)
  report(`blocked ${connections}`, connections === 1000 ? 'last 50 ms, 25 us each' : 'last 200 ms, 25 us each', {
    failures,
    lastMs,
    cpuMicrosecondsEach: Math.round((cpuMs * 1000) / connections),
    kilobytesEach: Math.round((whileHeld - before) / connections / 1024),
  })
}

/** Holds as many requests, makes one change, and waits until the last one is answered. */
async function heldRound(target: Target, connections: number) {
  const path = `/v1/health/service/web?index=${target.store.revision}&wait=60s`
  const plan = { port: target.port, connections, durationMs: 60_000, requests: [get(path)], once: true }
  const held = start(plan)
  await pause(3000)
  const whileHeld = settledMemory()
  const cpu = process.cpuUsage()
  const changedAt = Date.now()
  const check = checkRow('node-0', 'service:web-0', { ServiceID: 'web-0', Output: String(changedAt) })
  await target.committer.submit(state => reduce(state, registering(nodeRow('node-0'), [], [check])))
  const { answeredAt, failures } = await held
  const used = process.cpuUsage(cpu)
  if (answeredAt.length !== connections) throw new Error(`only ${answeredAt.length} of ${connections} were answered`)
  const lastMs = Math.max(...answeredAt) - changedAt
  return { lastMs, cpuMs: (used.user + used.system) / 1000, whileHeld, failures }
}

function settledMemory(): number {
  globalThis.gc?.()
  return process.memoryUsage().rss
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

const wanted = process.argv[2] ?? ''
for (const [name, run] of Object.entries(ROWS)) {
  if (!name.includes(wanted)) continue
  const target = await startTarget()
  await run(target)
  await target.close()
}
