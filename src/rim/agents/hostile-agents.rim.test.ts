// What agents may not ask of servers, and servers may not do to agents.

import { mkdtempSync, rmSync } from 'node:fs'
import { createSecureServer, type ServerHttp2Stream } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { ALL_ROUTES } from '../../../test/support/http-api.ts'
import { closedPort } from '../../../test/support/loopback.ts'
import { startRunningAgent } from '../../../test/support/running-agent.ts'
import { tlsFilesIn } from '../../../test/support/tls-files.ts'
import { until } from '../../../test/support/until.ts'
import { XdsClient } from '../../../test/support/xds-client.ts'
import type { FileConfig } from '../../agent/options.ts'
import { MIRRORED_TABLES } from '../../core/store/mirrored.ts'
import { TABLES } from '../../core/store/tables.ts'
import { writeCsr } from '../../lib/x509/csr.ts'
import { noExtensions } from '../../lib/x509/extensions.ts'
import { EMPTY_NAME } from '../../lib/x509/name.ts'
import { readSigningKey } from '../../lib/x509/signature.ts'
import { NO_NAMES } from '../../lib/x509/subject-alt-names.ts'
import { RPC_PATHS } from '../federation/rpc.ts'
import { type Endpoint, RpcClient } from '../federation/rpc-client.ts'
import { tlsIdentity } from '../federation/tls-identity.ts'
import { newLeafKey } from '../signer/keys.ts'
import { AGENT_PATHS, LEASE_HEADER, type Welcome } from './protocol.ts'
import { readLines } from './read-lines.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const NODE = {
  ...{ ID: '22222222-2222-2222-2222-222222222222', Node: 'evil', Address: '127.0.0.1', Partition: 'default' },
  ...{ TaggedAddresses: {}, Meta: {} },
}
const CLIENT_ID = '33333333-3333-3333-3333-333333333333'
const HELLO = { Protocol: 1, Datacenter: 'dc1', Version: '1', Node: NODE, History: '', Revision: 0 }

async function startServer(config: FileConfig = {}) {
  const port = await closedPort()
  const server = await startRunningAgent({ node_name: 'server1', ...config, ports: { server: port } })
  closers.push(() => server.close())
  const client = new RpcClient({ identity: tlsIdentity({}, 'evil', Date.now()), key: '' })
  closers.push(() => client.close())
  const endpoint: Endpoint = { address: '127.0.0.1', port, serverName: 'server.dc1.consul' }
  const call = async (
    method: string,
    path: string,
    body: string | Buffer = '',
    headers: Record<string, string> = {},
  ) => {
    const signal = AbortSignal.timeout(10_000)
    const answer = await client.call(endpoint, { method, path, headers, body: Buffer.from(body), signal })
    return { status: answer.status, text: answer.body.toString('utf8') }
  }
  return { server, client, endpoint, call, port }
}

async function startClient(port: number, config: FileConfig = {}) {
  const client = await startRunningAgent({
    ...{ server: false, node_name: 'client1', node_id: CLIENT_ID, retry_join: [`127.0.0.1:${port}`] },
    ...{ ports: { server: -1, serf_lan: -1, serf_wan: -1, grpc_tls: -1 }, ...config },
  })
  closers.push(() => client.close())
  return client
}

/** An agent that has a lease, and what it was told. */
async function attached(hello: object = HELLO) {
  const started = await startServer()
  const abort = new AbortController()
  const body = Buffer.from(JSON.stringify(hello))
  const call = { method: 'POST', path: AGENT_PATHS.attach, body, signal: abort.signal }
  const lines = readLines((await started.client.open(started.endpoint, call)).body, 1e6)
  const welcome = ((await lines.next()).value as { welcome: Welcome }).welcome
  const told: unknown[] = []
  const listening = (async () => {
    for await (const line of lines) told.push(line)
  })().catch(() => {})
  closers.push(() => {
    abort.abort()
    return listening
  })
  const ask = (method: string, path: string, text = '') =>
    started.call(method, path, text, { [LEASE_HEADER]: welcome.lease })
  const askApi = (method: string, path: string, text = '') =>
    ask(method, `${AGENT_PATHS.api}?${new URLSearchParams({ path })}`, text)
  return { ...started, ask, askApi, told }
}

describe('a server', () => {
  it.each([
    ['nothing', '', 400, 'the body is not JSON'],
    ['no JSON', '{"Protocol":', 400, 'the body is not JSON'],
    ['a list', '[]', 400, 'Protocol: is required'],
    ['nothing of itself', '{"Protocol":1,"Datacenter":"dc1"}', 400, 'Node'],
    ['another protocol', JSON.stringify({ ...HELLO, Protocol: 2 }), 400, 'speaks version 2'],
    ['another datacenter', JSON.stringify({ ...HELLO, Datacenter: 'dc2' }), 500, 'this is a server of "dc1"'],
    [
      'a partition that is not there',
      JSON.stringify({ ...HELLO, Node: { ...NODE, Partition: 'x' } }),
      400,
      'no partition "x"',
    ],
    ['a negative revision', JSON.stringify({ ...HELLO, Revision: -1 }), 400, 'Revision'],
    ['the name of the server', JSON.stringify({ ...HELLO, Node: { ...NODE, Node: 'SERVER1' } }), 409, 'a server at'],
    ['far too much', 'x'.repeat(17 * 1024 * 1024), 413, 'larger than'],
  ])('refuses an agent that says %s', async (_, body, status, text) => {
    const { call } = await startServer()
    const answer = await call('POST', AGENT_PATHS.attach, body)
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(text)])
  })

  it('answers nobody without a lease', async () => {
    const { call } = await startServer()
    for (const path of Object.values(AGENT_PATHS).filter(each => each !== AGENT_PATHS.attach)) {
      expect((await call('POST', path, '', { [LEASE_HEADER]: 'made-up' })).status).toBe(410)
    }
  })

  it('tells agents nothing that is a secret', async () => {
    const { server, told } = await attached()
    await server.call('PUT', '/v1/connect/ca/configuration', {
      Provider: 'consul',
      Config: { PrivateKeyType: 'rsa', PrivateKeyBits: 2048 },
    })
    await server.call('POST', '/v1/peering/token', { PeerName: 'other' })
    await until('the changes have come', () => expect(JSON.stringify(told)).toContain('"peerings"'))
    const text = JSON.stringify(told)
    expect(text).toContain('caRoots')
    for (const secret of ['PRIVATE KEY', 'caSigner', 'peeringSecrets', 'sealed', 'establishment']) {
      expect(text).not.toContain(secret)
    }
  })

  it('does for agents what any client may ask, and nothing that concerns only itself', async () => {
    const { askApi, server } = await attached()
    expect(JSON.parse((await askApi('GET', '/v1/catalog/datacenters')).text)).toEqual(['dc1'])
    await server.call('GET', '/v1/agent/connect/ca/leaf/web')
    const service = JSON.stringify({ Name: 'x', Check: { Args: ['true'], Interval: '1s' } })
    for (const [method, path, body] of [
      ['PUT', '/v1/agent/service/register', service],
      ['PUT', '/v1/%61gent/service/register', service],
      ['PUT', '/v1//agent/service/register', service],
      ['PUT', '/v1/agent/leave', ''],
      ['PUT', '/v1/agent/reload', ''],
      ['GET', '/v1/agent/self', ''],
      ['GET', '/v1/agent/connect/ca/leaf/web', ''],
      ['GET', '/v1/%61gent/connect/ca/leaf/web', ''],
      ['POST', AGENT_PATHS.signLeaf, ''],
      ['POST', '/rpc/federation/join', '[]'],
      ['GET', '', ''],
    ] as const) {
      const answer = await askApi(method, path, body)
      expect([path, [403, 404].includes(answer.status)]).toEqual([path, true])
      expect(answer.text).not.toContain('PRIVATE KEY')
    }
    expect(await (await server.call('GET', '/v1/agent/services')).text).toBe('{}')
  })

  it('does nothing for whoever asks as servers do, but for what agents may not ask', async () => {
    const { call, server } = await startServer()
    const service = JSON.stringify({ Name: 'x', Port: 1 })
    for (const [method, path, body] of [
      ['PUT', '/v1/agent/leave', ''],
      ['PUT', '/v1/agent/reload', ''],
      ['PUT', '/v1/agent/service/register', service],
      ['PUT', '/rpc/agent/../../v1/agent/service/register', service],
      ['GET', '/v1/agent/connect/ca/leaf/web', ''],
      ['GET', '/v1/agent/self', ''],
    ] as const) {
      const answer = await call(method, path, body)
      expect([path, answer.status]).toEqual([path, expect.toSatisfy((status: number) => [403, 404].includes(status))])
      expect(answer.text).not.toContain('PRIVATE KEY')
    }
    expect(await (await server.call('GET', '/v1/agent/services')).text).toBe('{}')
  })

  it('gives agents facts of other datacenters, and no certificates with their keys', async () => {
    const { ask } = await attached()
    const fact = (kind: string) => ask('GET', `${AGENT_PATHS.fact}?${new URLSearchParams({ kind, key: 'x' })}`)
    expect(await fact('leaf')).toMatchObject({ status: 400, text: expect.stringContaining('allowed are') })
    expect((await fact('constructor')).status).toBe(400)
    expect(JSON.parse((await fact('remote-gateways')).text)).toMatchObject({ value: { fresh: false } })
  })

  it('signs only for what may run in the partition of the agent', async () => {
    const { ask, server } = await attached()
    const { TrustDomain } = JSON.parse((await server.call('GET', '/v1/connect/ca/roots')).text)
    const { privateKeyPem } = newLeafKey()
    const key = readSigningKey(privateKeyPem)
    if (!key.ok) throw new Error('no key')
    const sign = (path: string, names: Partial<typeof NO_NAMES> = {}) => {
      const subjectAltNames = { ...NO_NAMES, uris: [`spiffe://${TrustDomain}${path}`], ...names }
      return ask('POST', AGENT_PATHS.signLeaf, writeCsr(EMPTY_NAME, { ...noExtensions(), subjectAltNames }, key.value))
    }
    expect((await sign('/ns/default/dc/dc1/svc/web')).status).toBe(200)
    expect((await sign('/gateway/mesh/dc/dc1')).status).toBe(200)
    expect((await sign('/agent/client/dc/dc1/id/evil')).status).toBe(200)
    for (const path of [
      '/ap/finance/ns/default/dc/dc1/svc/web',
      '/ap/finance/gateway/mesh/dc/dc1',
      '/agent/server/dc/dc1',
      '/agent/client/dc/dc1/id/other',
      '/ns/default/dc/dc2/svc/web',
      '',
    ]) {
      expect([path, [400, 403].includes((await sign(path)).status)]).toEqual([path, true])
    }
    expect((await sign('/ns/default/dc/dc1/svc/web', { dns: ['server.dc1.consul'] })).status).toBe(400)
    expect(await ask('POST', AGENT_PATHS.signLeaf, 'no request')).toMatchObject({ status: 400 })
  })
})

describe('a server that verifies certificates', () => {
  it('keeps from agents what is for servers, and serves them otherwise', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'isthmus-tls-'))
    closers.push(() => rmSync(folder, { recursive: true, force: true }))
    const authority = tlsFilesIn(folder)
    const strict = { verify_incoming: true, verify_outgoing: true }
    const ofServer = { ...authority.issue('server', ['server.dc1.consul', 'localhost']), ...strict }
    const ofAgent = { ...authority.issue('client', ['client.dc1.consul', 'server.dc1.consul.evil']), ...strict }
    const { port } = await startServer({ tls: { defaults: ofServer } })
    const asked = (files: typeof ofServer) => {
      const client = new RpcClient({ identity: tlsIdentity(files, 'x', Date.now()), key: '' })
      closers.push(() => client.close())
      const endpoint: Endpoint = { address: '127.0.0.1', port, serverName: 'server.dc1.consul' }
      return async (method: string, path: string, body = '') => {
        const call = { method, path, body: Buffer.from(body), signal: AbortSignal.timeout(10_000) }
        return (await client.call(endpoint, call)).status
      }
    }
    const [agent, server] = [asked(ofAgent), asked(ofServer)]
    for (const path of [...Object.values(RPC_PATHS), '/rpc/agent/../federation/join', '/v1/catalog/nodes']) {
      expect([path, await agent('POST', path, '[]')]).toEqual([path, 403])
    }
    expect([await server('POST', RPC_PATHS.join, '[]'), await server('GET', '/v1/catalog/nodes')]).toEqual([200, 200])

    const client = await startClient(port, { tls: { defaults: ofAgent } })
    expect((await client.call('PUT', '/v1/agent/service/register', { Name: 'web', Port: 80 })).status).toBe(200)
    expect(JSON.parse((await client.call('GET', '/v1/catalog/service/web')).text)).toHaveLength(1)
  })
})

/** Something that listens where a server should, and says what it likes. */
async function startImpostor(answer: (stream: ServerHttp2Stream, path: string) => void): Promise<number> {
  const { cert, key } = tlsIdentity({}, 'server.dc1.consul', Date.now()).server
  const server = createSecureServer({ cert: String(cert), key: String(key) })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    answer(stream, headers[':path'] ?? '')
  })
  server.on('session', session => {
    session.on('error', () => {})
    closers.push(() => session.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const line = (value: unknown) => `${JSON.stringify(value)}\n`
const WELCOME = line({
  welcome: { lease: 'l', server: 's', history: 'h', revision: 1, primaryDatacenter: 'dc1', defaultAllow: true },
})

describe('a client agent', () => {
  it.each([
    ['no welcome', () => line({ hello: 'world' }), 'the server did not begin as a server does'],
    ['half a welcome', () => line({ welcome: { lease: 'l' } }), 'the server did not begin as a server does'],
    ['no JSON', () => 'HTTP/1.1 200 OK\n', 'a line that is not JSON'],
    ['a line without an end', () => 'x'.repeat(17 * 1024 * 1024), 'a line of more than'],
    [
      'rows of no table',
      () => `${WELCOME}${line({ begin: 1 })}${line({ rows: [['nodes', 'k', 'x']] })}`,
      'a row without',
    ],
    [
      'rows that are none',
      () =>
        `${WELCOME}${line({ begin: 1 })}${line({ rows: [['nodes', 'k', { CreateIndex: 1, ModifyIndex: 1 }]] })}${line({ end: 1 })}`,
      'a row without what it is listed by (table nodes)',
    ],
    ['changes of nothing', () => `${WELCOME}${line({ batch: 1, writes: [] })}`, 'changes before a copy'],
  ])('that is told %s says so, and goes on with a server that is one', async (_, text, complaint) => {
    const impostor = await startImpostor(stream => {
      stream.respond({ ':status': 200 })
      stream.write(text())
    })
    const client = await startClient(impostor)
    await until('it says what is wrong', () => expect(client.log.lines.join('\n')).toContain(complaint))
    const { port } = await startServer()
    await client.call('PUT', `/v1/agent/join/127.0.0.1:${port}`)
    await until('it follows the server', async () => {
      expect((await client.call('GET', '/v1/catalog/services')).text).toContain('consul')
    })
  })

  it('that is told rows which only look like some stays up, and is as good as new with a server that is one', async () => {
    const name = { Node: 'evil', Name: 'web', ID: 'web', Service: 'web', CheckID: 'web' }
    const tenancy = { Partition: 'default', Namespace: 'default', PeerName: '', Peer: '', Datacenter: 'dc1' }
    const kinds = ['service-resolver', 'service-router', 'service-splitter', 'service-defaults', 'service-intentions']
    const entries = [...kinds, 'proxy-defaults', 'mesh', 'exported-services', 'sameness-group'].map(Kind => ({ Kind }))
    const rows = MIRRORED_TABLES.flatMap(table =>
      (table === 'entries' ? entries : [{}]).flatMap(extra => {
        const row = { ...name, ...tenancy, ...extra, ServiceID: 'web', ServiceName: 'web', Connect: {} }
        const definition = TABLES[table] as unknown as { key(row: object): string }
        return [[table, definition.key(row), { ...row, CreateIndex: 1, ModifyIndex: 1 }]]
      }),
    )
    let isOver = false
    const impostor = await startImpostor((stream, path) => {
      stream.respond({ ':status': isOver ? 500 : 200 })
      if (path === AGENT_PATHS.attach)
        stream.write(`${WELCOME}${line({ begin: 1 })}${line({ rows })}${line({ end: 1 })}`)
      else stream.end(path.startsWith(AGENT_PATHS.fact) ? JSON.stringify({ serial: 1, value: 'nonsense' }) : 'nonsense')
    })
    const client = await startClient(impostor)
    const web = { Name: 'web', Port: 80, Connect: { SidecarService: { Port: 20000 } }, Check: { AliasService: 'web' } }
    expect((await client.call('PUT', '/v1/agent/service/register', web)).status).toBe(200)
    const envoy = new XdsClient({ url: `http://127.0.0.1:${client.agent.grpcPort}`, id: 'web-sidecar-proxy' }).start()
    closers.push(() => envoy.close())
    // A certificate is waited for: a server may come that signs.
    for (const { path } of ALL_ROUTES.filter(each => each.method === 'GET' && !each.path.includes('/leaf/'))) {
      const url = path.replace(/:kind/, 'service-resolver').replace(/[:*]\w*/g, 'web')
      const { status } = await client.call('GET', url)
      expect([url, [200, 400, 404, 500].includes(status)]).toEqual([url, true])
    }
    expect(client.log.lines.join('\n')).toContain('follows a server')
    expect((await client.call('GET', '/v1/agent/self')).status).toBe(200)

    isOver = true
    const { port } = await startServer()
    await client.call('PUT', `/v1/agent/join/127.0.0.1:${port}`)
    await until('it follows the server', async () => {
      const services = JSON.parse((await client.call('GET', '/v1/catalog/services')).text)
      expect(Object.keys(services).sort()).toEqual(['consul', 'web', 'web-sidecar-proxy'])
    })
  })
})
