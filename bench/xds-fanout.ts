// How long until every proxy has a change of endpoints that all of them share, and what it costs the server.
// `npx tsx bench/xds-fanout.ts [clients] [rounds]`: the server runs here over a made-up source, the clients in a child process.
// Prints one JSON line: medians over the rounds; times and CPU in milliseconds, memory in kilobytes per client.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { create } from '@bufbuild/protobuf'
import { makeResource } from '../src/core/envoy/make-resource.ts'
import type { Resource, ResourceSet } from '../src/core/envoy/resource.ts'
import { ClusterLoadAssignmentSchema } from '../src/gen/envoy/config/endpoint/v3/endpoint_pb.ts'
import { createLogger } from '../src/rim/logger.ts'
import { startGrpcServer } from '../src/rim/xds/grpc-server.ts'
import type { ProxySource } from '../src/rim/xds/proxy-source.ts'
import { XdsService } from '../src/rim/xds/service.ts'
import { fakeResource, realCluster, realListener } from '../test/support/xds-resources.ts'

const clients = Number(process.argv[2] ?? 1000)
const rounds = Number(process.argv[3] ?? 20)
const upstreams = ['api', 'b', 'c', 'd', 'e']

/** 50 endpoints, one of which is another in every round. */
function apiEndpoints(round: number): Resource {
  const lbEndpoints = Array.from({ length: 50 }, (_, index) => {
    const portSpecifier = { case: 'portValue' as const, value: index === 0 ? 1000 + round : 20000 }
    const address = { case: 'socketAddress' as const, value: { address: `10.0.0.${index}`, portSpecifier } }
    return { hostIdentifier: { case: 'endpoint' as const, value: { address: { address } } }, loadBalancingWeight: 1 }
  })
  return makeResource(
    'endpoints',
    create(ClusterLoadAssignmentSchema, { clusterName: 'api', endpoints: [{ lbEndpoints }] }),
  )
}

/** What belongs to one proxy alone. */
function ownResources(): Pick<ResourceSet, 'cluster' | 'listener'> {
  return {
    cluster: ['local_app', ...upstreams].map(name => realCluster(name, name === 'local_app' ? 'static' : 'eds')),
    listener: ['public', ...upstreams].map(name => realListener(`${name}:127.0.0.1:80`)),
  }
}

/** Proxies that share endpoints and have the rest for themselves. */
class BenchSource implements ProxySource {
  api = apiEndpoints(0)
  readonly #others = upstreams.slice(1).map(name => fakeResource('endpoints', name))
  readonly #followers = new Set<() => void>()

  follow(_node: unknown, onChange: () => void) {
    const { cluster, listener } = ownResources()
    this.#followers.add(onChange)
    let last: ResourceSet | undefined
    const current = () => {
      if (last?.endpoints[0] !== this.api) {
        const endpoints = [this.api, ...this.#others]
        last = { cluster, listener, endpoints, route: [], secret: [], allowEmpty: new Set() }
      }
      return { state: 'ready' as const, resources: last! }
    }
    return { current, close: () => void this.#followers.delete(onChange) }
  }

  change(round: number): void {
    this.api = apiEndpoints(round)
    for (const onChange of this.#followers) onChange()
  }
}

interface Round {
  readonly lastMs: number
  readonly cpuMs: number
}

/** Has the clients wait for a version of `api`, brings it about, and measures until the last has it and all have answered. */
async function measure(child: ChildProcess, version: string, act: () => void): Promise<Round> {
  child.send({ version })
  await once(child, 'message')
  const { acks } = service.stats()
  const begin = performance.now()
  const cpu = process.cpuUsage()
  act()
  await once(child, 'message')
  const lastMs = performance.now() - begin
  while (service.stats().acks < acks + clients) await new Promise(setImmediate)
  const { user, system } = process.cpuUsage(cpu)
  return { lastMs, cpuMs: (user + system) / 1000 }
}

function median(values: readonly number[]): number {
  return Number([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]?.toFixed(1))
}

function residentKb(): number {
  globalThis.gc?.()
  return process.memoryUsage.rss() / 1024
}

const source = new BenchSource()
const log = createLogger({
  level: 'warn',
  json: false,
  write: line => void process.stderr.write(line),
  now: () => new Date(),
})
const service = new XdsService({ source, authorize: () => undefined, log })
const server = await startGrpcServer(grpc => service.addTo(grpc), { listeners: [{ host: '127.0.0.1', port: 0 }] })
const child = fork(new URL('xds-fanout-clients.ts', import.meta.url), [String(server.ports[0]), String(clients)])
await once(child, 'message')

const residentBefore = residentKb()
const connecting = await measure(child, source.api.version, () => child.send('connect'))
while (service.stats().streams.some(({ state }) => state !== 'settled'))
  await new Promise(resolve => setTimeout(resolve, 50))
const memory = (residentKb() - residentBefore) / clients

const figures: Round[] = []
for (let round = 1; round <= rounds; round++) {
  figures.push(await measure(child, apiEndpoints(round).version, () => source.change(round)))
}
const line = {
  clients,
  last_ms: median(figures.map(({ lastMs }) => lastMs)),
  server_cpu_ms: median(figures.map(({ cpuMs }) => cpuMs)),
  connect_ms: median([connecting.lastMs]),
  connect_cpu_ms: median([connecting.cpuMs]),
  kb_per_client: Number(memory.toFixed(1)),
}
process.stdout.write(`${JSON.stringify(line)}\n`)
child.disconnect()
await server.close(0)
process.exit()
