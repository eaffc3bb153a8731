import { status } from '@grpc/grpc-js'
import { afterEach, expect, test } from 'vitest'
import { FakeProxySource } from '../../../test/fakes/fake-proxy-source.ts'
import { memoryLog } from '../../../test/fakes/memory-log.ts'
import { XdsClient, type XdsClientOptions } from '../../../test/support/xds-client.ts'
import { fakeResource, realCluster, realListener, resourceSet } from '../../../test/support/xds-resources.ts'
import { Fault } from '../../core/model/fault.ts'
import { type GrpcServer, startGrpcServer } from './grpc-server.ts'
import { XdsService, type XdsServiceOptions } from './service.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function serve(options: Partial<XdsServiceOptions> = {}) {
  const source = new FakeProxySource()
  const { log, lines } = memoryLog()
  const service = new XdsService({ source, authorize: () => undefined, log, ...options })
  const server: GrpcServer = await startGrpcServer(grpc => service.addTo(grpc), {
    listeners: [{ host: '127.0.0.1', port: 0 }],
  })
  ends.push(() => server.close(0))
  const url = `http://127.0.0.1:${server.ports[0]}`
  const client = (id: string, more: Partial<XdsClientOptions> = {}) => {
    const made = new XdsClient({ url, id, ...more })
    ends.push(() => made.close())
    return made
  }
  return { source, service, server, client, lines, url }
}

const endpoints = (version: string) => fakeResource('endpoints', 'api', { version })
const web = resourceSet({
  cluster: [realCluster('local_app'), realCluster('api', 'eds')],
  endpoints: [endpoints('v1')],
  listener: [realListener('public:127.0.0.1:80', 'public'), realListener('api:127.0.0.1:9191')],
  route: [fakeResource('route', 'public')],
})

const warnings = (lines: readonly string[]) =>
  lines.filter(line => line.startsWith('[WARN]') || line.startsWith('[ERROR]'))

test('a proxy that connects gets everything, and what changes afterwards', async () => {
  const { source, client, service } = await serve()
  source.ready('web', web)
  const envoy = client('web').start()
  await envoy.until(() => envoy.held.route.has('public') && envoy.held.endpoints.has('api'))
  expect([...envoy.held.cluster.keys()]).toEqual(['local_app', 'api'])
  expect([...envoy.held.listener.keys()]).toEqual(['public:127.0.0.1:80', 'api:127.0.0.1:9191'])

  const before = envoy.responses.length
  source.ready('web', { ...web, endpoints: [endpoints('v2')] })
  await envoy.until(() => envoy.held.endpoints.get('api') === 'v2')
  expect(envoy.responses.slice(before).map(({ type, resources }) => [type, resources.length])).toEqual([
    ['endpoints', 1],
  ])
  expect(service.stats()).toMatchObject({ nacks: 0, responses: envoy.responses.length })
})

test('a proxy that reconnects is sent nothing it holds', async () => {
  const { source, client, service } = await serve()
  source.ready('web', web)
  const envoy = client('web').start()
  await envoy.until(() => envoy.held.route.has('public') && envoy.held.endpoints.has('api'))

  source.ready('web', { ...web, endpoints: [endpoints('v2')] })
  await envoy.until(() => envoy.held.endpoints.get('api') === 'v2')
  const before = envoy.responses.length
  envoy.reconnect()
  source.ready('web', { ...web, endpoints: [endpoints('v3')] })
  await envoy.until(() => envoy.held.endpoints.get('api') === 'v3')
  const since = envoy.responses.slice(before)
  expect(since.map(({ type, resources }) => [type, resources.map(({ name }) => name)])).toEqual([
    ['endpoints', ['api']],
  ])
  await expect.poll(() => service.stats().streams[0]?.state).toBe('settled')
})

test('nothing is sent while something essential is not known, and all of it afterwards', async () => {
  const { source, client, service } = await serve()
  source.set('web', { state: 'waiting', for: ['leaf of web'] })
  const envoy = client('web').start()
  await expect.poll(() => service.stats().streams[0]?.waitingFor).toEqual(['leaf of web'])
  expect(service.stats().streams[0]).toMatchObject({ state: 'waiting', node: { id: 'web' } })
  expect(envoy.responses).toEqual([])

  source.ready('web', web)
  await envoy.until(() => envoy.held.listener.size === 2)
  await expect.poll(() => service.stats().streams[0]?.state).toBe('settled')
})

test('many changes before its turn cost a stream one build and one response', async () => {
  const { source, client } = await serve()
  source.ready('web', web)
  const envoy = client('web').start()
  await envoy.until(() => envoy.held.route.has('public') && envoy.held.endpoints.has('api'))

  const [builds, before] = [source.builds, envoy.responses.length]
  for (let version = 2; version <= 50; version++) source.ready('web', { ...web, endpoints: [endpoints(`v${version}`)] })
  await envoy.until(() => envoy.held.endpoints.get('api') === 'v50')
  expect(source.builds - builds).toBe(1)
  expect(envoy.responses.length - before).toBe(1)
})

test('an unknown proxy is told so on every try, and logged once', async () => {
  const { source, client, lines } = await serve()
  const envoy = client('nobody').start()
  expect(await envoy.ended).toEqual({ code: status.NOT_FOUND, message: 'unknown service ID: nobody' })
  expect((await envoy.reconnect().ended).code).toBe(status.NOT_FOUND)
  expect((await client('other').start().ended).code).toBe(status.NOT_FOUND)
  const text = 'agent: proxy cannot have its configuration; it will keep trying'
  expect(warnings(lines)).toEqual([
    `[WARN]  ${text}: proxy=nobody reason="unknown service ID: nobody"`,
    `[WARN]  ${text}: proxy=other reason="unknown service ID: other"`,
  ])

  source.ready('nobody', web)
  envoy.reconnect()
  await envoy.until(() => envoy.held.listener.size === 2)
})

test('a proxy that is deregistered loses its stream, and is followed no more', async () => {
  const { source, client } = await serve()
  source.ready('web', web)
  const envoy = client('web').start()
  await envoy.until(() => envoy.held.listener.size === 2)
  source.set('web', { state: 'gone', reason: 'service web was deregistered' })
  const message = 'stream terminated due to an irrecoverable error: service web was deregistered'
  expect(await envoy.ended).toEqual({ code: status.ABORTED, message })
  expect(source.followed.size).toBe(0)
})

test('a refusal is logged once with the resource, counted, and shown', async () => {
  const { source, client, lines, service } = await serve()
  source.ready('web', web)
  const judge: XdsClientOptions['judge'] = ({ resources }) =>
    resources.some(({ version }) => version.startsWith('bad')) ? 'Error adding endpoints api: malformed' : undefined
  const envoy = client('web', { judge }).start()
  await envoy.until(() => envoy.held.endpoints.has('api') && envoy.held.route.has('public'))

  for (const version of ['bad1', 'bad2']) {
    source.ready('web', { ...web, endpoints: [endpoints(version)] })
    await envoy.until(() => envoy.responses.at(-1)?.resources[0]?.version === version)
  }
  await expect.poll(() => service.stats().nacks).toBe(2)
  expect(envoy.held.endpoints.get('api')).toBe('v1')
  expect(warnings(lines)).toEqual([
    '[WARN]  agent: proxy refused its configuration and keeps the last good one: proxy=web type=endpoints ' +
      'resources=["api"] error="Error adding endpoints api: malformed"',
  ])
  expect(service.stats().streams[0]).toMatchObject({
    state: 'pending',
    refusals: [{ type: 'endpoints', names: ['api'], message: 'Error adding endpoints api: malformed' }],
  })
})

test('an invalid resource is withheld from all, logged once, and the rest is sent', async () => {
  const { source, client, lines } = await serve()
  const bad = fakeResource('cluster', 'bad', { issues: [{ path: 'name', message: 'is odd' }] })
  for (const id of ['one', 'two']) source.ready(id, { ...web, cluster: [...web.cluster, bad] })
  for (const id of ['one', 'two']) {
    const envoy = client(id).start()
    await envoy.until(() => envoy.held.listener.size === 2)
    expect([...envoy.held.cluster.keys()]).toEqual(['local_app', 'api'])
  }
  expect(warnings(lines)).toEqual([
    '[ERROR] agent: invalid resource withheld, proxies keep the last good one: proxy=one type=cluster name=bad problems=["name is odd"]',
  ])
})

test('streams that do not introduce themselves properly are refused with the reason', async () => {
  const { client, source } = await serve()
  source.ready('web', web)
  const refusal = async (act: (envoy: XdsClient) => void, id = 'web') => {
    const envoy = client(id)
    act(envoy)
    const { code, message } = await envoy.ended
    expect(code).toBe(status.INVALID_ARGUMENT)
    return message
  }
  expect(await refusal(envoy => envoy.ask({ type: 'cluster', withNode: false }))).toMatch(/^node is missing/)
  expect(await refusal(envoy => envoy.ask({}))).toMatch(/^type_url is empty/)
  expect(await refusal(envoy => envoy.ask({ type: 'cluster' }), '')).toMatch(/^node.id is empty/)
  expect(await refusal(envoy => envoy.sendRaw(Buffer.from([255, 255])))).toMatch(/^request is not a valid/)
})

test('state of the world is not served, and says what is', async () => {
  const { client } = await serve()
  const path = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources'
  const envoy = client('web', { path })
  envoy.ask({ type: 'cluster' })
  const { code, message } = await envoy.ended
  expect(code).toBe(status.UNIMPLEMENTED)
  expect(message).toContain('DELTA_GRPC')
})

test('a token decides, when the stream begins, at every turn and when tokens change', async () => {
  let good = 'secret'
  const seen: string[] = []
  const { source, client, service, lines } = await serve({
    authorize: (token, node) => {
      seen.push(node.id)
      return token === good ? undefined : new Fault('denied', `token may not write service "${node.id}"`)
    },
  })
  source.ready('web', web)
  const denied = { code: status.PERMISSION_DENIED, message: 'token may not write service "web"' }
  expect(await client('web').start().ended).toEqual(denied)
  expect(await client('web', { token: 'wrong' }).start().ended).toEqual(denied)
  expect(warnings(lines)).toHaveLength(1)

  const envoy = client('web', { token: 'secret' }).start()
  await envoy.until(() => envoy.held.listener.size === 2)
  good = 'other'
  service.recheck()
  expect(await envoy.ended).toEqual(denied)
  expect(seen).toContain('web')
})

test('a build that throws ends the stream, and the next one is served', async () => {
  const { source, client, lines } = await serve()
  source.set('web', new Error('a bug'))
  const envoy = client('web').start()
  expect((await envoy.ended).code).toBe(status.UNAVAILABLE)
  expect(lines).toContain('[ERROR] agent: cannot serve proxy: proxy=web error="a bug"')
  source.ready('web', web)
  envoy.reconnect()
  await envoy.until(() => envoy.held.listener.size === 2)

  source.set('web', new Fault('exhausted', 'too much'))
  expect(await envoy.ended).toEqual({ code: status.RESOURCE_EXHAUSTED, message: 'too much' })
})

test('a client that leaves, politely or not, is followed no more', async () => {
  const { source, client, service } = await serve()
  source.ready('web', web)
  const [polite, rude] = [client('web').start(), client('web').start()]
  await polite.until(() => polite.held.listener.size === 2)
  await rude.until(() => rude.held.listener.size === 2)
  expect(service.stats().streams).toHaveLength(2)
  polite.halfClose()
  expect(await polite.ended).toEqual({ code: status.OK, message: 'OK' })
  rude.close()
  await expect.poll(() => source.followed.size).toBe(0)
  expect(service.stats().streams).toHaveLength(0)
})

test('draining ends all streams and takes no new ones', async () => {
  const { source, client, service } = await serve()
  source.ready('web', web)
  const envoy = client('web').start()
  await envoy.until(() => envoy.held.listener.size === 2)
  service.drain('this server is leaving')
  expect(await envoy.ended).toEqual({ code: status.UNAVAILABLE, message: 'this server is leaving' })
  expect(await client('web').start().ended).toEqual({ code: status.UNAVAILABLE, message: 'this server is leaving' })
})

test('a client that does not read costs one pending response per type, then its stream', async () => {
  const { source, client, service, lines } = await serve({ stallMs: 50 })
  const big = (version: string) => ({ ...web, cluster: [fakeResource('cluster', 'big', { version, size: 500_000 })] })
  source.ready('web', big('v1'))
  const envoy = client('web')
  envoy.stopReading()
  envoy.start()
  await expect.poll(() => service.stats().responses).toBe(1)
  for (let version = 2; version < 20; version++) source.ready('web', big(`v${version}`))
  await expect.poll(() => service.stats().streams).toEqual([])
  expect(service.stats().responses).toBe(1)
  expect(warnings(lines)[0]).toContain('the client does not read what it is sent')
  expect((await envoy.ended).code).toBe(-1)
})

test('a token is looked at again on a stream where nothing happens', async () => {
  let good = true
  const authorize = () => (good ? undefined : new Fault('denied', 'token expired'))
  const { source, client } = await serve({ authorize, recheckMs: 20 })
  source.ready('web', web)
  const envoy = client('web').start()
  await envoy.until(() => envoy.held.listener.size === 2)
  good = false
  expect(await envoy.ended).toEqual({ code: status.PERMISSION_DENIED, message: 'token expired' })
})

test('a change that touches many streams leaves turns for others', async () => {
  const { source, client, service } = await serve({ sliceMs: 0 })
  const ids = Array.from({ length: 20 }, (_, index) => `web-${index}`)
  for (const id of ids) source.ready(id, web)
  const envoys = ids.map(id => client(id).start())
  for (const envoy of envoys) await envoy.until(() => envoy.held.endpoints.has('api') && envoy.held.route.has('public'))
  await expect.poll(() => service.stats().streams.every(({ state }) => state === 'settled')).toBe(true)

  const before = source.builds
  for (const id of ids) source.ready(id, { ...web, endpoints: [endpoints('v2')] })
  const builds: number[] = []
  while (source.builds - before < ids.length) {
    await new Promise(setImmediate)
    builds.push(source.builds - before)
  }
  expect(builds.slice(0, 3)).toEqual([1, 2, 3])
  for (const envoy of envoys) await envoy.until(() => envoy.held.endpoints.get('api') === 'v2')
})
