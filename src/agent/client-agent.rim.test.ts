// Whole agents in this process: a server, and clients that follow it.

import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startRelay } from '../../test/fakes/tcp-relay.ts'
import { closedPort } from '../../test/support/loopback.ts'
import { type AgentAnswer, type RunningAgent, startRunningAgent } from '../../test/support/running-agent.ts'
import { until } from '../../test/support/until.ts'
import { XdsClient } from '../../test/support/xds-client.ts'
import type { FileConfig } from './options.ts'

const closers: (() => unknown)[] = []
let folder = ''
let port = 0
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-clients-'))
  port = await closedPort()
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(config: FileConfig): Promise<RunningAgent> {
  const agent = await startRunningAgent(config)
  closers.push(() => agent.close())
  return agent
}

/** A server that keeps its state, so that it can be started again. */
function startServer(config: FileConfig = {}): Promise<RunningAgent> {
  const kept = { engine: 'sqlite', data_dir: join(folder, 'server') } as const
  return start({ node_name: 'server1', ...kept, ...config, ports: { server: port, ...config.ports } })
}

function startClient(config: FileConfig = {}): Promise<RunningAgent> {
  const ports = { server: -1, serf_lan: -1, serf_wan: -1, grpc_tls: -1 }
  return start({
    server: false,
    node_name: 'client1',
    node_id: ID,
    retry_join: [`127.0.0.1:${port}`],
    ports,
    ...config,
  })
}

const ID = '22222222-2222-2222-2222-222222222222'
const OTHER_ID = '33333333-3333-3333-3333-333333333333'
const WEB = { Name: 'web', Port: 80, Connect: { SidecarService: { Port: 20000 } } }

async function json(agent: RunningAgent, path: string): Promise<unknown> {
  return JSON.parse((await agent.call('GET', path)).text)
}

async function names(agent: RunningAgent, query = ''): Promise<readonly string[]> {
  return Object.keys((await json(agent, `/v1/catalog/services${query}`)) as object).sort()
}

async function register(agent: RunningAgent, definition: object): Promise<AgentAnswer> {
  return await agent.call('PUT', '/v1/agent/service/register', definition)
}

async function statuses(agent: RunningAgent, query = ''): Promise<readonly unknown[]> {
  const members = (await json(agent, `/v1/agent/members${query}`)) as { Name: string; Status: number }[]
  return members.map(({ Name, Status }) => [Name, Status])
}

describe('a client agent', () => {
  it('has what is registered with it in the catalog as soon as it answers, and reads there what others do', async () => {
    const [server, client] = [await startServer(), await startClient()]
    expect(await register(client, WEB)).toMatchObject({ status: 200, text: '' })
    expect(await names(server)).toEqual(['consul', 'web', 'web-sidecar-proxy'])
    expect(await names(client)).toEqual(['consul', 'web', 'web-sidecar-proxy'])
    expect(await json(client, '/v1/health/service/web')).toEqual(await json(server, '/v1/health/service/web'))
    expect(await json(server, '/v1/health/node/client1')).toContainEqual(
      expect.objectContaining({ CheckID: 'serfHealth', Status: 'passing' }),
    )

    await client.call('PUT', '/v1/agent/service/deregister/web')
    expect(await names(server)).toEqual(['consul'])
    expect(client.log.lines.filter(line => /WARN|ERROR/.test(line))).toEqual([])
  })

  it('has servers write, and reads its own writes at once', async () => {
    const [server, client] = [await startServer(), await startClient()]
    for (let i = 0; i < 20; i++) {
      const entry = { Kind: 'service-defaults', Name: 'web', Protocol: i % 2 === 0 ? 'http' : 'tcp' }
      expect((await client.call('PUT', '/v1/config', entry)).text).toBe('true')
      expect(await json(client, '/v1/config/service-defaults/web')).toMatchObject({ Protocol: entry.Protocol })
    }
    expect(await json(client, '/v1/config/service-defaults/web')).toEqual(
      await json(server, '/v1/config/service-defaults/web'),
    )
    const refused = await client.call('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'web', Protokol: 'tcp' })
    expect(refused.status).toBe(400)
    expect(refused.text).toContain('Protokol')
    const { ModifyIndex } = (await json(client, '/v1/config/service-defaults/web')) as { ModifyIndex: number }
    const cas = (index: number) =>
      client.call('PUT', `/v1/config?cas=${index}`, { Kind: 'service-defaults', Name: 'web', Protocol: 'grpc' })
    expect([(await cas(ModifyIndex - 1)).text, (await cas(ModifyIndex)).text]).toEqual(['false', 'true'])
  })

  it('configures proxies, with certificates whose keys it makes itself', async () => {
    const [server, client] = [await startServer(), await startClient()]
    await register(server, { Name: 'api', Port: 81, Connect: { SidecarService: { Port: 20001 } } })
    const Upstreams = [{ DestinationName: 'api', LocalBindPort: 9191 }]
    await register(client, { ...WEB, Connect: { SidecarService: { Port: 20000, Proxy: { Upstreams } } } })
    const envoy = new XdsClient({ url: `http://127.0.0.1:${client.agent.grpcPort}`, id: 'web-sidecar-proxy' }).start()
    closers.push(() => envoy.close())
    const isApi = (name: string) => name.startsWith('api.default.dc1.internal.')
    await envoy.until(() => [...envoy.held.endpoints.keys()].some(isApi) && envoy.held.listener.size === 2)

    const leaf = await json(client, '/v1/agent/connect/ca/leaf/web')
    expect(leaf).toMatchObject({ PrivateKeyPEM: expect.stringContaining('EC PRIVATE KEY') })
    const roots = await json(client, '/v1/agent/connect/ca/roots')
    expect(roots).toEqual(await json(server, '/v1/agent/connect/ca/roots'))
  })

  it('is a member of its datacenter until it leaves', async () => {
    const [server, client] = [await startServer(), await startClient()]
    await register(client, WEB)
    const both = [
      ['client1', 1],
      ['server1', 1],
    ]
    expect([await statuses(server), await statuses(client)]).toEqual([both, both])
    expect(await json(client, '/v1/status/leader')).toBe(await json(server, '/v1/status/leader'))
    await client.agent.leave()
    expect(await statuses(server)).toEqual([
      ['client1', 3],
      ['server1', 1],
    ])
    expect([await names(server), await json(server, '/v1/catalog/node/client1')]).toEqual([['consul'], null])
    await client.close()

    const again = await startClient()
    await register(again, WEB)
    expect((await statuses(server))[0]).toEqual(['client1', 1])
  })

  it('joins a server that is named later, and says what is wrong with a place that is none', async () => {
    await startServer()
    const client = await startClient({ retry_join: [] })
    const joins = (place: string) => client.call('PUT', `/v1/agent/join/${place}`)
    expect((await joins(`127.0.0.1:${await closedPort()}`)).text).toMatch(
      /^Failed to join 127\.0\.0\.1:\d+: .*ECONNREFUSED/,
    )
    expect(await joins('no-such-host.invalid')).toMatchObject({
      ...{ status: 500, text: expect.stringContaining('the name "no-such-host.invalid" cannot be resolved') },
    })
    expect(await joins('1:2:3:x')).toMatchObject({ status: 400, text: expect.stringContaining('join: "1:2:3:x"') })
    expect((await joins(`localhost:${port}`)).status).toBe(200)
    await until('it follows the server', async () => expect(await names(client)).toEqual(['consul']))
    const { Stats, Member } = (await json(client, '/v1/agent/self')) as { Stats: { consul: object }; Member: object }
    expect(Stats.consul).toEqual({ acl: 'disabled', index: expect.any(String), known_servers: '1', server: 'false' })
    expect(Member).toEqual(((await json(client, '/v1/agent/members')) as object[])[0])
  })

  it('that has failed is made to leave, in its partition, and may come back', async () => {
    const server = await startServer()
    await server.call('PUT', '/v1/partition', { Name: 'finance' })
    const client = await startClient({ partition: 'finance' })
    await register(client, WEB)
    const force = (query: string) => server.call('PUT', `/v1/agent/force-leave/client1?partition=finance${query}`)
    expect((await force('')).text).toContain('is alive; make it leave')
    await client.close()
    await until('it is taken for failed', async () =>
      expect(await statuses(server, '?partition=finance')).toContainEqual(['client1', 4]),
    )
    expect((await server.call('PUT', '/v1/agent/force-leave/client1')).text).toContain(
      "No node found with name 'client1'",
    )
    expect((await force('')).status).toBe(200)
    expect(await statuses(server, '?partition=finance')).toContainEqual(['client1', 3])
    expect(await names(server, '?partition=finance')).toEqual([])
    expect((await force('&prune')).status).toBe(200)
    expect(await statuses(server, '?partition=finance')).toEqual([['server1', 1]])

    const again = await startClient({ partition: 'finance' })
    await register(again, WEB)
    expect(await statuses(server, '?partition=finance')).toContainEqual(['client1', 1])
  })

  it('that was taken for gone while it was cut off is back with all it has as soon as it is heard again', async () => {
    // Nobody is at the address that the server shows, so that there is no way but the relay.
    const server = await startServer({ advertise_addr: '127.0.0.9' })
    const relay = await startRelay(`127.0.0.1:${port}`)
    const client = await startClient({ retry_join: [relay.address] })
    await register(client, WEB)
    relay.cut()
    await until('it is forgotten', async () =>
      expect(await server.call('PUT', '/v1/agent/force-leave/client1?prune')).toMatchObject({ status: 200 }),
    )
    expect(await names(server)).toEqual(['consul'])
    relay.mend()
    await until('it is back', async () => expect(await names(server)).toEqual(['consul', 'web', 'web-sidecar-proxy']))
    await until('it has noticed', async () => expect(await names(client)).toContain('web'))
  })

  it('puts its node and services into maintenance, as others see it', async () => {
    const [server, client] = [await startServer(), await startClient()]
    await register(client, { Name: 'web', Port: 80 })
    const passing = async () => ((await json(server, '/v1/health/service/web?passing')) as unknown[]).length
    expect(await passing()).toBe(1)
    await client.call('PUT', '/v1/agent/maintenance?enable=true')
    expect(await passing()).toBe(0)
    await client.call('PUT', '/v1/agent/maintenance?enable=false')
    expect(await passing()).toBe(1)
    await client.call('PUT', '/v1/agent/service/maintenance/web?enable=true&reason=why')
    expect(await passing()).toBe(0)
  })
})

describe('a client agent in a partition', () => {
  it('is refused until the partition exists, and says so once', async () => {
    const server = await startServer()
    const client = await startClient({ partition: 'finance' })
    const complaints = () => client.log.lines.filter(line => line.includes('there is no partition \\"finance\\"'))
    await until('it says what is missing', () => expect(complaints()).toHaveLength(1))
    for (const path of ['/v1/catalog/services', '/v1/agent/members']) {
      expect(await client.call('GET', path)).toMatchObject({ status: 500, text: 'No known Consul servers' })
    }
    expect((await register(client, WEB)).status).toBe(200)
    await server.call('PUT', '/v1/partition', { Name: 'finance' })
    await until('what was registered meanwhile is there', async () =>
      expect(await names(server, '?partition=finance')).toEqual(['web', 'web-sidecar-proxy']),
    )
    expect(complaints()).toHaveLength(1)
  })

  it('means its own partition wherever none is named', async () => {
    const server = await startServer()
    await server.call('PUT', '/v1/partition', { Name: 'finance' })
    const client = await startClient({ partition: 'finance' })
    await register(client, WEB)
    await client.call('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'web', Protocol: 'http' })
    expect(await names(client)).toEqual(['web', 'web-sidecar-proxy'])
    expect(await names(client, '?partition=default')).toEqual(['consul'])
    expect([await names(server), await names(server, '?partition=finance')]).toEqual([
      ['consul'],
      ['web', 'web-sidecar-proxy'],
    ])
    expect(await json(client, '/v1/config/service-defaults/web')).toMatchObject({ Partition: 'finance' })
    expect((await server.call('GET', '/v1/config/service-defaults/web')).status).toBe(404)
    expect(await json(client, '/v1/agent/services')).toMatchObject({ web: { Partition: 'finance' } })
    expect(await json(client, '/v1/agent/connect/ca/leaf/web')).toMatchObject({
      ServiceURI: expect.stringContaining('/ap/finance/ns/default/dc/dc1/svc/web'),
    })
    expect(await statuses(server)).toEqual([['server1', 1]])
    expect(await statuses(server, '?partition=finance')).toEqual([
      ['client1', 1],
      ['server1', 1],
    ])
  })

  it('registers in the namespace of the request, unless the definition names one', async () => {
    const server = await startServer()
    await server.call('PUT', '/v1/partition', { Name: 'finance' })
    const client = await startClient({ partition: 'finance' })
    const put = (path: string, body?: object) => client.call('PUT', `/v1/agent/${path}`, body)
    expect(await put('service/register?ns=ledger', WEB)).toMatchObject({
      ...{ status: 400, text: expect.stringContaining('"ledger"') },
    })
    for (const Name of ['ledger', 'other']) await client.call('PUT', '/v1/namespace', { Name })
    await put('service/register?ns=ledger', WEB)
    await put('service/register?ns=ledger', { Name: 'api', Namespace: 'other' })
    const inLedger = '?partition=finance&ns=ledger'
    expect(await names(server, inLedger)).toEqual(['web', 'web-sidecar-proxy'])
    expect(await names(server, '?partition=finance&ns=other')).toEqual(['api'])
    expect(await names(server, '?partition=finance')).toEqual([])

    await put('check/register?ns=ledger', { Name: 'ttl', ServiceID: 'web', TTL: '1h', Status: 'passing' })
    await put('service/maintenance/web?ns=ledger&enable=true&reason=why')
    const checks = (await json(server, `/v1/health/checks/web${inLedger}`)) as { CheckID: string; Namespace: string }[]
    expect(checks.map(({ CheckID, Namespace }) => [CheckID, Namespace]).sort()).toEqual([
      ['_service_maintenance:web', 'ledger'],
      ['ttl', 'ledger'],
    ])
    await put('service/deregister/web?ns=ledger')
    expect(await names(server, inLedger)).toEqual([])
  })

  it('registers nothing for another partition', async () => {
    const server = await startServer()
    await server.call('PUT', '/v1/partition', { Name: 'finance' })
    const client = await startClient({ partition: 'finance' })
    const asked = await client.call('PUT', '/v1/agent/service/register?partition=default', WEB)
    for (const refused of [await register(client, { ...WEB, Partition: 'default' }), asked]) {
      expect([refused.status, refused.text]).toEqual([
        400,
        expect.stringContaining('this agent is in partition "finance", not in "default"'),
      ])
    }
  })
})

describe('when the server goes away', () => {
  it('a client serves what it knows, says so once, and goes on when the server is back', async () => {
    const server = await startServer()
    const client = await startClient()
    await register(client, WEB)
    const envoy = new XdsClient({ url: `http://127.0.0.1:${client.agent.grpcPort}`, id: 'web-sidecar-proxy' }).start()
    closers.push(() => envoy.close())
    await envoy.until(() => envoy.held.listener.size === 1)
    const before = await client.call('GET', '/v1/health/service/web')
    const responses = envoy.responses.length

    await server.close()
    await until('it says that there is no server', () =>
      expect(client.log.lines.filter(line => line.includes('no server can be followed'))).toHaveLength(1),
    )
    const meanwhile = await client.call('GET', '/v1/health/service/web')
    expect(meanwhile.text).toBe(before.text)
    const contact = ({ headers }: AgentAnswer) =>
      ['knownleader', 'lastcontact'].map(name => headers.get(`x-consul-${name}`))
    expect(contact(before)).toEqual(['true', '0'])
    expect(contact(meanwhile)).toEqual(['false', expect.stringMatching(/^[1-9]\d*$/)])
    const consistent = await client.call('GET', '/v1/health/service/web?consistent')
    expect([consistent.status, consistent.text]).toEqual([500, 'No known Consul servers'])
    const refused = await client.call('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'web' })
    expect([refused.status, refused.text]).toEqual([500, 'No known Consul servers'])
    expect((await register(client, { Name: 'late', Port: 82 })).status).toBe(200)
    const other = new XdsClient({ url: `http://127.0.0.1:${client.agent.grpcPort}`, id: 'web-sidecar-proxy' }).start()
    closers.push(() => other.close())
    await other.until(() => other.held.listener.size === 1)

    const again = await startServer()
    await until('what was registered meanwhile is there', async () => expect(await names(again)).toContain('late'))
    expect(envoy.responses.length).toBe(responses)
    expect(client.log.lines.filter(line => line.includes('no server can be followed'))).toHaveLength(1)
    expect(await json(again, '/v1/health/node/client1')).toContainEqual(
      expect.objectContaining({ CheckID: 'serfHealth', Status: 'passing' }),
    )
  })

  it.each([
    ['with what it had', (): FileConfig => ({})],
    ['with nothing', (): FileConfig => ({ data_dir: join(folder, 'other') })],
    [
      'as it was before',
      (): FileConfig => {
        cpSync(join(folder, 'backup'), join(folder, 'restored'), { recursive: true })
        return { data_dir: join(folder, 'restored') }
      },
    ],
  ])('and comes back %s, a client fetches everything anew, and serves what it knows until then', async (_, config) => {
    const server = await startServer()
    await server.close()
    cpSync(join(folder, 'server'), join(folder, 'backup'), { recursive: true })
    const second = await startServer()
    const client = await startClient()
    await register(client, WEB)
    for (let i = 0; i < 20; i++) await client.call('PUT', '/v1/config', { Kind: 'service-defaults', Name: `x${i}` })
    await second.close()
    await until('the client notices', async () =>
      expect((await client.call('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'no' })).status).toBe(500),
    )
    expect(await names(client)).toContain('web')

    const third = await startServer(config())
    await until('the client has everything again', () =>
      expect(client.log.lines.join('\n')).toContain('has the whole state again'),
    )
    expect(client.log.lines.join('\n')).toMatch(/fetching the whole state anew.*the server was started anew/)
    await until('both say the same', async () => {
      expect(await names(third)).toContain('web')
      for (const path of ['/v1/config/service-defaults', '/v1/health/service/web', '/v1/catalog/nodes']) {
        expect(await json(client, path)).toEqual(await json(third, path))
      }
    })
  })

  it('a client goes to another one of its list', async () => {
    const first = await startServer()
    const otherPort = await closedPort()
    const second = await start({ node_name: 'server2', ports: { server: otherPort } })
    const join = ['127.0.0.1:1', `127.0.0.1:${port}`, `localhost:${otherPort}`]
    const client = await startClient({ retry_join: join })
    await register(client, WEB)
    const holders = async () => [await names(first), await names(second)].map(each => each.includes('web'))
    const [isAtFirst] = await holders()
    await (isAtFirst ? first : second).close()
    const left = isAtFirst ? second : first
    await until('the other has it', async () => expect(await names(left)).toContain('web'))
    expect((await client.call('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'web' })).text).toBe('true')
    expect(await json(client, '/v1/catalog/services')).toEqual(await json(left, '/v1/catalog/services'))
  })
})

describe('two client agents', () => {
  it('must have different names', async () => {
    const server = await startServer()
    await startClient()
    const second = await startClient({ node_id: OTHER_ID, bind_addr: '127.0.0.2' })
    await until('the clash is named', () =>
      expect(second.log.lines.join('\n')).toContain('node_name: an agent at 127.0.0.1 is named \\"client1\\" too'),
    )
    expect(await statuses(server)).toEqual([
      ['client1', 1],
      ['server1', 1],
    ])
  })

  it('cannot pose for one another where a key is shared that one does not know', async () => {
    const encrypt = Buffer.alloc(32, 1).toString('base64')
    const server = await startServer({ encrypt })
    const stranger = await startClient({ encrypt: Buffer.alloc(32, 2).toString('base64') })
    await until('the refusal is named', () =>
      expect(stranger.log.lines.join('\n')).toContain('another \\"encrypt\\" key'),
    )
    const client = await startClient({ encrypt, node_name: 'client2', node_id: OTHER_ID })
    await register(client, WEB)
    expect(await names(server)).toContain('web')
    expect(await statuses(server)).toEqual([
      ['client2', 1],
      ['server1', 1],
    ])
  })

  it('of different datacenters do not follow the same server', async () => {
    await startServer()
    const client = await startClient({ datacenter: 'dc2' })
    await until('the difference is named', () =>
      expect(client.log.lines.join('\n')).toContain('this is a server of \\"dc1\\", and the agent says \\"dc2\\"'),
    )
  })
})
