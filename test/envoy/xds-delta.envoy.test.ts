// A real Envoy and the xDS server, over made-up proxies: what Envoy takes, refuses, forgets and remembers.

import { create } from '@bufbuild/protobuf'
import { expect, onTestFinished, test } from 'vitest'
import { buildBootstrap } from '../../src/core/bootstrap/bootstrap.ts'
import type { BootstrapInput } from '../../src/core/bootstrap/bootstrap-input.ts'
import { socketAddress } from '../../src/core/envoy/address.ts'
import { makeCluster } from '../../src/core/envoy/cluster.ts'
import { tcpProxyFilter } from '../../src/core/envoy/filter.ts'
import { makeListener } from '../../src/core/envoy/listener.ts'
import { loadAssignment } from '../../src/core/envoy/load-assignment.ts'
import { makeResource } from '../../src/core/envoy/make-resource.ts'
import type { Resource, ResourceSet } from '../../src/core/envoy/resource.ts'
import { FilterChainSchema } from '../../src/gen/envoy/config/listener/v3/listener_components_pb.ts'
import { startGrpcServer } from '../../src/rim/xds/grpc-server.ts'
import { XdsService } from '../../src/rim/xds/service.ts'
import { FakeProxySource } from '../fakes/fake-proxy-source.ts'
import { memoryLog } from '../fakes/memory-log.ts'
import { type EnvoyProcess, startEnvoy } from '../support/envoy-process.ts'
import { closedPort } from '../support/loopback.ts'
import { resourceSet } from '../support/xds-resources.ts'

async function serve(source: FakeProxySource, port = 0) {
  const { log, lines } = memoryLog()
  const service = new XdsService({ source, authorize: () => undefined, log })
  const server = await startGrpcServer(grpc => service.addTo(grpc), { listeners: [{ host: '127.0.0.1', port }] })
  const stop = () => {
    service.drain('the test is over')
    return server.close(1000)
  }
  onTestFinished(stop)
  return { service, lines, port: server.ports[0]!, stop }
}

function bootstrap(port: number): string {
  const input: BootstrapInput = {
    proxyId: 'web',
    cluster: 'web',
    sourceService: 'web',
    namespace: 'default',
    partition: 'default',
    datacenter: 'dc1',
    token: '',
    admin: { address: '127.0.0.1', port: 0, accessLogPath: '/dev/null' },
    grpc: { target: { address: '127.0.0.1', port } },
    config: {},
    env: {},
    omitDeprecatedTags: false,
    prometheus: { scrapePath: '/metrics' },
  }
  const built = buildBootstrap(input)
  if (!built.ok) throw new Error(JSON.stringify(built.issues))
  return JSON.stringify(built.bootstrap)
}

function eds(name: string, connectTimeoutMs = 5000): Resource {
  return makeResource(
    'cluster',
    makeCluster({ name, endpoints: { by: 'eds', fetchTimeoutMs: undefined }, connectTimeoutMs }),
  )
}

function endpoints(name: string, port: number): Resource {
  return makeResource(
    'endpoints',
    loadAssignment(name, [{ address: '127.0.0.1', port, health: { healthy: true, weight: 1 } }]),
  )
}

function listener(name: string, port: number, cluster: string): Resource {
  const filterChains = [
    create(FilterChainSchema, { filters: [tcpProxyFilter({ cluster, statPrefix: name, accessLogs: [] })] }),
  ]
  return makeResource(
    'listener',
    makeListener({ name, address: socketAddress('127.0.0.1', port), filterChains, accessLogs: [] }),
  )
}

interface Held {
  readonly clusters: string[]
  readonly listeners: string[]
  readonly endpoints: string
}

/** What Envoy has in use. */
async function held(envoy: EnvoyProcess): Promise<Held> {
  const clusters = JSON.parse(await envoy.admin('/clusters?format=json')).cluster_statuses as {
    name: string
    added_via_api?: boolean
    host_statuses?: { address: { socket_address: { port_value: number } } }[]
  }[]
  const byApi = clusters.filter(cluster => cluster.added_via_api)
  const listeners = JSON.parse(await envoy.admin('/listeners?format=json')).listener_statuses as
    | { name: string }[]
    | undefined
  const hosts = byApi.flatMap(({ name, host_statuses = [] }) =>
    host_statuses.map(host => `${name}=${host.address.socket_address.port_value}`),
  )
  return {
    clusters: byApi.map(({ name }) => name).sort(),
    listeners: (listeners ?? []).map(({ name }) => name).sort(),
    endpoints: hosts.sort().join(' '),
  }
}

const soon = { timeout: 20_000, interval: 50 }

async function small(): Promise<ResourceSet & { readonly port: number }> {
  const port = await closedPort()
  return {
    ...resourceSet({
      cluster: [eds('a'), eds('b')],
      endpoints: [endpoints('a', 1001), endpoints('b', 1002)],
      listener: [listener('l', port, 'a')],
    }),
    port,
  }
}

const all: Held = { clusters: ['a', 'b'], listeners: ['l'], endpoints: 'a=1001 b=1002' }

test('Envoy takes its first configuration, and every kind of change', async () => {
  const source = new FakeProxySource()
  const { port, service, lines } = await serve(source)
  const set = await small()
  source.ready('web', set)
  const envoy = await startEnvoy(bootstrap(port))
  await expect.poll(() => held(envoy), soon).toEqual(all)

  source.ready('web', { ...set, endpoints: [endpoints('a', 1003), set.endpoints[1]!] })
  await expect.poll(() => held(envoy), soon).toEqual({ ...all, endpoints: 'a=1003 b=1002' })

  const added = { ...set, cluster: [...set.cluster, eds('c')], endpoints: [...set.endpoints, endpoints('c', 1004)] }
  source.ready('web', added)
  await expect
    .poll(() => held(envoy), soon)
    .toEqual({ ...all, clusters: ['a', 'b', 'c'], endpoints: `${all.endpoints} c=1004` })

  source.ready('web', set)
  await expect.poll(() => held(envoy), soon).toEqual(all)
  await expect.poll(() => service.stats().streams[0]?.state, soon).toBe('settled')
  expect(lines.filter(line => line.startsWith('[WARN]'))).toEqual([])
})

test('a cluster that changes keeps its endpoints', async () => {
  const source = new FakeProxySource()
  const { port, service } = await serve(source)
  const set = await small()
  source.ready('web', set)
  const envoy = await startEnvoy(bootstrap(port))
  await expect.poll(() => held(envoy), soon).toEqual(all)

  source.ready('web', { ...set, cluster: [eds('a', 6000), eds('b', 6000)] })
  await expect.poll(() => envoy.stat('cluster_manager.cluster_modified'), soon).toBe(2)
  await expect.poll(() => envoy.stat('cluster_manager.warming_clusters'), { timeout: 5000, interval: 50 }).toBe(0)
  expect(await held(envoy)).toEqual(all)
  await expect.poll(() => service.stats().streams[0]?.state, soon).toBe('settled')
})

test('an Envoy whose server restarts keeps all, and is told only what changed', async () => {
  const source = new FakeProxySource()
  const first = await serve(source)
  const set = await small()
  source.ready('web', set)
  const envoy = await startEnvoy(bootstrap(first.port))
  await expect.poll(() => held(envoy), soon).toEqual(all)
  await first.stop()
  expect(await held(envoy)).toEqual(all)

  source.ready('web', { ...set, endpoints: [endpoints('a', 1005), set.endpoints[1]!] })
  const { service } = await serve(source, first.port)
  await expect.poll(() => held(envoy), soon).toEqual({ ...all, endpoints: 'a=1005 b=1002' })
  await expect.poll(() => service.stats().streams[0]?.state, soon).toBe('settled')
  expect(service.stats().responses).toBe(1)
})

test('a listener Envoy refuses is named in the log, its neighbours arrive, and a better one cures it', async () => {
  const source = new FakeProxySource()
  const { port, service, lines } = await serve(source)
  const set = await small()
  source.ready('web', set)
  const envoy = await startEnvoy(bootstrap(port))
  await expect.poll(() => held(envoy), soon).toEqual(all)

  const other = await closedPort()
  const refused = makeResource(
    'listener',
    makeListener({ name: 'm', address: socketAddress('not-an-address', 80), filterChains: [], accessLogs: [] }),
  )
  source.ready('web', { ...set, listener: [...set.listener, refused, listener('n', other, 'b')] })
  await expect.poll(() => held(envoy), soon).toEqual({ ...all, listeners: ['l', 'n'] })
  await expect.poll(() => service.stats().nacks, soon).toBe(1)
  expect(service.stats().streams[0]?.refusals).toMatchObject([{ type: 'listener', names: ['m'] }])
  expect(lines.filter(line => line.startsWith('[WARN]')).join()).toContain('resources=["m"]')

  source.ready('web', {
    ...set,
    listener: [...set.listener, listener('m', await closedPort(), 'a'), listener('n', other, 'b')],
  })
  await expect.poll(() => held(envoy), soon).toEqual({ ...all, listeners: ['l', 'm', 'n'] })
  await expect.poll(() => service.stats().streams[0]?.state, soon).toBe('settled')
  expect(service.stats().nacks).toBe(1)
})

test('a cluster that breaks the rules of the API does not sink the others', async () => {
  const source = new FakeProxySource()
  const { port, service, lines } = await serve(source)
  const set = await small()
  source.ready('web', { ...set, cluster: [...set.cluster, eds('bad', 0)] })
  const envoy = await startEnvoy(bootstrap(port))
  await expect.poll(() => held(envoy), soon).toEqual(all)
  expect(service.stats().nacks).toBe(0)
  expect(lines.filter(line => line.startsWith('[ERROR]')).join()).toMatch(/withheld.*type=cluster name=bad/)
})

test('a gateway without clusters has its listener at once, and its first cluster later', async () => {
  const source = new FakeProxySource()
  const { port } = await serve(source)
  const { port: listening } = await small()
  const empty = {
    ...resourceSet({ listener: [listener('l', listening, 'a')] }),
    allowEmpty: new Set(['cluster' as const]),
  }
  source.ready('web', empty)
  const envoy = await startEnvoy(bootstrap(port))
  await expect.poll(() => held(envoy), soon).toEqual({ clusters: [], listeners: ['l'], endpoints: '' })

  source.ready('web', { ...empty, cluster: [eds('a')], endpoints: [endpoints('a', 1001)] })
  await expect.poll(() => held(envoy), soon).toEqual({ clusters: ['a'], listeners: ['l'], endpoints: 'a=1001' })
  source.ready('web', empty)
  await expect.poll(() => held(envoy), soon).toEqual({ clusters: [], listeners: ['l'], endpoints: '' })
})

test('an Envoy of an unknown proxy keeps trying, and is served when the proxy is registered', async () => {
  const source = new FakeProxySource()
  const { port, lines } = await serve(source)
  const envoy = await startEnvoy(bootstrap(port))
  await expect.poll(() => source.builds, soon).toBeGreaterThan(1)
  expect(lines.filter(line => line.startsWith('[WARN]'))).toHaveLength(1)
  source.ready('web', await small())
  await expect.poll(() => held(envoy), soon).toEqual(all)
})
