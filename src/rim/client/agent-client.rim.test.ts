import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeAgent, startFakeAgent } from '../../../test/fakes/fake-agent.ts'
import { apiPath, createAgentClient } from './agent-client.ts'
import { resolveClientOptions } from './client-options.ts'

const NO_FLAGS = {
  'http-addr': '',
  token: '',
  'token-file': '',
  'ca-file': '',
  'ca-path': '',
  'client-cert': '',
  'client-key': '',
  'tls-server-name': '',
  namespace: '',
  partition: '',
}

let folder: string
let agent: FakeAgent

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-client-'))
  agent = await startFakeAgent({
    'GET /v1/agent/self': { json: { Config: { NodeName: 'n1' } } },
    'PUT /v1/agent/service/deregister/a b/c': { status: 200, text: '' },
    'GET /v1/denied': { status: 403, text: 'Permission denied\n' },
    'GET /page': { status: 200, text: '<html>' },
  })
})

afterEach(async () => {
  await agent.close()
  rmSync(folder, { recursive: true })
})

function client(flags: Partial<typeof NO_FLAGS & { stale: boolean; datacenter: string }>, env = {}) {
  return createAgentClient(resolveClientOptions({ ...NO_FLAGS, ...flags }, env))
}

describe('agent client', () => {
  test('reads JSON and sends the options as headers and parameters', async () => {
    const flags = { 'http-addr': agent.address, token: 't1', datacenter: 'cloud', stale: true, partition: 'p1' }
    const self = await client(flags).json({ path: '/v1/agent/self', query: { wan: undefined, tag: ['a', 'b&c'] } })
    expect(self).toEqual({ Config: { NodeName: 'n1' } })
    expect(agent.requests[0]?.headers['x-consul-token']).toBe('t1')
    expect(agent.requests[0]?.query).toEqual({ dc: 'cloud', stale: 'true', partition: 'p1', tag: 'b&c' })
  })

  test('takes everything from the environment, and flags win over it', async () => {
    writeFileSync(join(folder, 'token'), 'from-file\n')
    const env = {
      CONSUL_HTTP_ADDR: `http://${agent.address}`,
      CONSUL_HTTP_TOKEN: 'from-env',
      CONSUL_HTTP_TOKEN_FILE: join(folder, 'token'),
      CONSUL_NAMESPACE: 'ns1',
    }
    await client({}, env).call({ path: '/v1/agent/self' })
    await client({ token: 'from-flag', namespace: 'ns2' }, env).call({ path: '/v1/agent/self' })
    expect(agent.requests.map(seen => [seen.headers['x-consul-token'], seen.query.ns])).toEqual([
      ['from-file', 'ns1'],
      ['from-flag', 'ns2'],
    ])
  })

  test('escapes path segments', async () => {
    const path = apiPath('v1', 'agent', 'service', 'deregister', 'a b/c')
    await client({ 'http-addr': agent.address }).call({ method: 'PUT', path })
    expect(agent.requests).toHaveLength(1)
  })

  test('speaks over a Unix socket', async () => {
    const path = join(folder, 'api.sock')
    const local = await startFakeAgent({ 'GET /v1/status/leader': { json: '127.0.0.1:8300' } }, path)
    expect(await client({ 'http-addr': `unix://${path}` }).json({ path: '/v1/status/leader' })).toBe('127.0.0.1:8300')
    await local.close()
  })

  test('turns a refusal into a fault with the text Consul clients show', async () => {
    const refused = client({ 'http-addr': agent.address }).call({ path: '/v1/denied' })
    await expect(refused).rejects.toMatchObject({
      code: 'denied',
      message: 'Unexpected response code: 403 (Permission denied)',
    })
  })

  test('says when the answer does not come from an agent', async () => {
    const answer = client({ 'http-addr': agent.address }).json({ path: '/page' })
    await expect(answer).rejects.toThrow(/answer to \/page is not JSON; does the address lead to an agent/)
  })

  test('says which address was tried, where it came from and what to do', async () => {
    const address = agent.address
    await agent.close()
    await expect(client({}, { CONSUL_HTTP_ADDR: address }).call({ path: '/v1/agent/self' })).rejects.toMatchObject({
      code: 'unavailable',
      message:
        `cannot reach the agent at http://${address} (CONSUL_HTTP_ADDR): connection refused. ` +
        'Start an agent there, or say where it listens with -http-addr or CONSUL_HTTP_ADDR.',
    })
  })

  test('says when TLS was tried on a plain port', async () => {
    const attempt = client({ 'http-addr': `https://${agent.address}` }).call({ path: '/v1/agent/self' })
    await expect(attempt).rejects.toThrow(/TLS failed; if the agent speaks plain HTTP, use http:\/\//)
  })

  test('says when the port does not speak HTTP', async () => {
    const server = createServer(socket => socket.end('SSH-2.0\r\n')).listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const attempt = client({ 'http-addr': `127.0.0.1:${port}` }).call({ path: '/v1/agent/self' })
    await expect(attempt).rejects.toThrow(/does not answer in HTTP/)
    server.close()
  })
})

describe('resolveClientOptions', () => {
  test.each([
    [{ 'token-file': '/no/such/file' }, {}, 'token file /no/such/file cannot be read: no such file or directory'],
    [{ 'ca-file': '/no/ca.pem' }, {}, 'CA file /no/ca.pem cannot be read'],
    [{ 'ca-path': '/no/dir' }, {}, 'CA path /no/dir cannot be read'],
    [{ 'client-cert': 'x.pem' }, {}, 'go together'],
    [{}, { CONSUL_HTTP_SSL: 'maybe' }, 'CONSUL_HTTP_SSL=maybe: expected true or false'],
  ])('refuses %j %j', (flags, env, message) => {
    expect(() => resolveClientOptions({ ...NO_FLAGS, ...flags }, env)).toThrow(message)
  })

  test('reads TLS settings from the environment', () => {
    const env = { CONSUL_HTTP_SSL: '1', CONSUL_HTTP_SSL_VERIFY: 'false', CONSUL_TLS_SERVER_NAME: 'server.dc1.consul' }
    const options = resolveClientOptions(NO_FLAGS, env)
    expect(options.address.scheme).toBe('https')
    expect(options.tls).toEqual({ ca: [], serverName: 'server.dc1.consul', verify: false })
  })
})
