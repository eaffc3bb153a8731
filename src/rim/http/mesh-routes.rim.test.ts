// Config entries, intentions, discovery chains, the CA and members over HTTP.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeRow, registering } from '../../../test/support/catalog-rows.ts'
import { startTestApi, type TestApi } from '../../../test/support/http-api.ts'
import type { Leaf } from '../../core/model/fact.ts'
import { reduce } from '../../core/store/reduce.ts'

let api: TestApi

beforeEach(async () => {
  api = await startTestApi({ now: () => 1_700_000_000_000, freshId: () => '12345678-1234-1234-1234-123456789012' })
})

afterEach(async () => {
  await api.close()
  expect(api.bugs).toEqual([])
})

async function json(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await api.call(method, path, body)
  return answer.status === 200 ? answer.json : `${answer.status}: ${answer.text}`
}

describe('config entries', () => {
  it('are written only over the revision that was seen', async () => {
    const entry = { Kind: 'service-defaults', Name: 'web', Protocol: 'http' }
    expect(await json('PUT', '/v1/config?cas=5', entry)).toBe(false)
    expect(await json('PUT', '/v1/config?cas=0', entry)).toBe(true)
    expect(await json('PUT', '/v1/config?cas=0', { ...entry, Protocol: 'http2' })).toBe(false)
    expect(await json('PUT', '/v1/config?cas=1', { ...entry, Protocol: 'grpc' })).toBe(true)
    expect(await json('DELETE', '/v1/config/service-defaults/web?cas=1')).toBe(false)
    expect(await json('DELETE', '/v1/config/service-defaults/web?cas=2')).toBe(true)
    expect(await json('PUT', '/v1/config?cas=x', entry)).toMatch(/^500: Invalid value for \?cas/)
  })

  it('are created once by many who create them at the same time', async () => {
    const create = (i: number) =>
      json('PUT', '/v1/config?cas=0', { Kind: 'service-defaults', Name: 'web', Meta: { by: String(i) } })
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => create(i)))
    expect(outcomes.filter(each => each === true)).toHaveLength(1)
  })

  it('are set by every comparison when they are there already', async () => {
    const entry = { Kind: 'service-defaults', Name: 'web', Protocol: 'http' }
    expect(await json('PUT', '/v1/config', entry)).toBe(true)
    expect(await json('PUT', '/v1/config?cas=7', entry)).toBe(true)
    expect(await json('GET', '/v1/config/service-defaults/web')).toMatchObject({ ModifyIndex: 1 })
  })

  it('take snake_case, keep their index when written again, and may hold slashes in their names', async () => {
    const entry = { kind: 'service-resolver', name: 'a/b', connect_timeout: '5s' }
    expect(await json('PUT', '/v1/config', entry)).toBe(true)
    expect(await json('PUT', '/v1/config', entry)).toBe(true)
    const indexes = { Hash: expect.any(Number), CreateIndex: 1, ModifyIndex: 1 }
    const stored = { Kind: 'service-resolver', Name: 'a/b', ConnectTimeout: '5s', ...indexes }
    expect(await json('GET', '/v1/config/service-resolver/a/b')).toEqual(stored)
    expect(await json('GET', '/v1/config/service-resolver')).toEqual([stored])
    expect(await json('GET', '/v1/config/service-router')).toEqual([])
  })

  it.each([
    [{ Name: 'x' }, '400: Request decoding failed: Payload does not contain a kind/Kind key at the top level'],
    [{ Kind: 'nonsense', Name: 'x' }, '400: Request decoding failed: invalid config entry kind: nonsense; known are'],
    [
      { Kind: 'service-defaults', Name: 'x', Protocl: 'http' },
      '400: Request decoding failed: json: unknown field "Protocl"; did you mean "Protocol"?',
    ],
    [
      { Kind: 'proxy-defaults', Name: 'global', MeshGateway: { Mode: 'lokal' } },
      '400: Request decoding failed: MeshGateway.Mode: invalid value "lokal"',
    ],
    [{ Kind: 'proxy-defaults', Name: 'local' }, '500: Name: invalid name ("local"), only "global" is supported'],
    [
      { Kind: 'service-splitter', Name: 'x', Splits: [{ Weight: 100 }] },
      '500: discovery chain "x" uses a protocol "tcp"',
    ],
  ])('%j are refused', async (entry, text) => {
    expect(String(await json('PUT', '/v1/config', entry)).slice(0, text.length)).toBe(text)
    expect(await json('GET', '/v1/config/proxy-defaults')).toEqual([])
  })

  it('of unknown kinds and without names are not read', async () => {
    expect(await json('GET', '/v1/config/nonsense')).toMatch(/^400: invalid config entry kind: nonsense/)
    expect(await json('GET', '/v1/config/service-defaults/')).toMatch(/^404: /)
  })
})

describe('intentions', () => {
  const exact = '/v1/connect/intentions/exact?source=web&destination=api'

  it('are written, read and deleted by source and destination', async () => {
    expect(await json('GET', exact)).toBe('404: Intention not found')
    expect(await json('PUT', exact, { Action: 'allow', SourceType: 'consul', Description: 'why' })).toBe(true)
    expect(await json('GET', exact)).toEqual({
      SourceNS: 'default',
      SourceName: 'web',
      DestinationNS: 'default',
      DestinationName: 'api',
      SourceType: 'consul',
      Action: 'allow',
      Description: 'why',
      Precedence: 9,
      CreateIndex: 1,
      ModifyIndex: 1,
    })
    expect(await json('GET', '/v1/config/service-intentions/api')).toMatchObject({ Sources: [{ Name: 'web' }] })
    expect(await json('DELETE', exact)).toBe(true)
    expect(await json('DELETE', exact)).toBe(true)
    expect(await json('GET', '/v1/config/service-intentions')).toEqual([])
  })

  it('are listed, matched and checked in order of precedence', async () => {
    const put = (source: string, destination: string, Action: string) =>
      json('PUT', `/v1/connect/intentions/exact?source=${source}&destination=${destination}`, { Action })
    await put('*', '*', 'deny')
    await put('*', 'api', 'allow')
    await put('web', 'api', 'deny')
    expect(await json('GET', '/v1/connect/intentions')).toMatchObject([
      { Precedence: 9 },
      { Precedence: 8 },
      { Precedence: 5 },
    ])
    expect(await json('GET', '/v1/connect/intentions?filter=Action == allow')).toMatchObject([{ Precedence: 8 }])
    const matched = '/v1/connect/intentions/match?by=destination&name=api&name=__proto__'
    expect(await json('GET', matched)).toMatchObject({
      api: [{ SourceName: 'web' }, { SourceName: '*' }, { DestinationName: '*' }],
    })
    expect(Object.keys(Object(await json('GET', matched)))).toEqual(['api', '__proto__'])
    expect(await json('GET', '/v1/connect/intentions/match?by=source&name=web')).toMatchObject({ web: [{}, {}, {}] })

    const check = (source: string, destination: string) =>
      json('GET', `/v1/connect/intentions/check?source=${source}&destination=${destination}`)
    expect(await check('web', 'api')).toEqual({ Allowed: false })
    expect(await check('db', 'api')).toEqual({ Allowed: true })
    expect(await check('db', 'other')).toEqual({ Allowed: false })
  })

  it.each([
    [
      'GET',
      '/v1/connect/intentions/exact?source=web',
      undefined,
      "500: required query parameter 'destination' not set",
    ],
    ['GET', '/v1/connect/intentions/match?name=x', undefined, "500: required query parameter 'by' not set"],
    [
      'GET',
      '/v1/connect/intentions/match?by=x&name=x',
      undefined,
      "500: 'by' parameter must be one of 'source' or 'destination'",
    ],
    ['GET', '/v1/connect/intentions/match?by=source', undefined, "500: required query parameter 'name' not set"],
    ['PUT', exact, {}, "500: Sources[0].Action must be set to 'allow' or 'deny'"],
    ['GET', '/v1/connect/intentions/12345678-0000-0000-0000-000000000000', undefined, '404: Intention not found'],
  ])('%s %s is refused', async (method, path, body, text) => {
    expect(await json(method, path, body)).toBe(text)
  })

  it('have an id when the deprecated API made them', async () => {
    const body = { SourceName: 'web', DestinationName: 'api', Action: 'deny', Meta: { a: 'b' } }
    const ID = '12345678-1234-1234-1234-123456789012'
    expect(await json('POST', '/v1/connect/intentions', body)).toEqual({ ID })
    expect(await json('POST', '/v1/connect/intentions', body)).toMatch(/^500: duplicate intention found/)
    const path = `/v1/connect/intentions/${ID}`
    expect(await json('GET', path)).toMatchObject({
      ID,
      Action: 'deny',
      Meta: { a: 'b' },
      CreatedAt: '2023-11-14T22:13:20Z',
    })
    expect(await json('PUT', path, { ...body, Action: 'allow' })).toBe(true)
    expect(await json('GET', exact)).toMatchObject({ ID, Action: 'allow' })
    expect(await json('DELETE', path)).toBe(true)
    expect(await json('GET', path)).toBe('404: Intention not found')
  })
})

describe('discovery chains', () => {
  it('are compiled for the datacenter and the overrides asked for', async () => {
    await json('PUT', '/v1/config', { Kind: 'service-resolver', Name: 'api', Redirect: { Datacenter: 'dc2' } })
    expect(await json('GET', '/v1/discovery-chain/api')).toMatchObject({
      Chain: { ServiceName: 'api', Datacenter: 'dc1', Protocol: 'tcp', StartNode: 'resolver:api.default.default.dc2' },
    })
    expect(await json('GET', '/v1/discovery-chain/web?compile-dc=dc3')).toMatchObject({ Chain: { Datacenter: 'dc3' } })
    const overrides = { OverrideProtocol: 'http', OverrideConnectTimeout: '7s', OverrideMeshGateway: { Mode: 'local' } }
    expect(await json('POST', '/v1/discovery-chain/web', overrides)).toMatchObject({
      Chain: {
        Protocol: 'http',
        Targets: { 'web.default.default.dc1': { ConnectTimeout: '7s', MeshGateway: { Mode: 'local' } } },
      },
    })
    expect(await json('POST', '/v1/discovery-chain/web', { OverrideProtocl: 'http' })).toMatch(
      /^400: .*did you mean "OverrideProtocol"/,
    )
  })
})

describe('the certificate authority', () => {
  const root = (ID: string, pem: string) => ({
    ...{ ID, Name: ID, SerialNumber: 7, SigningKeyID: 'k', ExternalTrustDomain: 'u', NotBefore: 'b', NotAfter: 'a' },
    ...{
      RootCert: pem,
      IntermediateCerts: null,
      Active: ID === 'a',
      PrivateKeyType: 'ec',
      PrivateKeyBits: 256,
      RotatedOutAt: 5,
    },
  })

  function startCa(): void {
    const row = { ActiveRootID: 'a', TrustDomain: 'u.consul', Roots: [root('a', 'A'), root('b', 'B\n')] }
    api.store.apply([{ table: 'caRoots', key: '', row }], 4)
  }

  it('is not there before it has started', async () => {
    expect(await json('GET', '/v1/connect/ca/roots')).toMatch(/^503: /)
    expect(await json('GET', '/v1/connect/ca/configuration')).toMatch(/^503: /)
  })

  it('shows its roots, as JSON and as one chain', async () => {
    startCa()
    const { RotatedOutAt, ...shown } = root('a', 'A')
    const roots = await api.call('GET', '/v1/connect/ca/roots')
    expect(roots.json).toMatchObject({
      ActiveRootID: 'a',
      TrustDomain: 'u.consul',
      Roots: [{ ...shown, ModifyIndex: 4 }, {}],
    })
    expect([roots.text.includes('RotatedOutAt'), roots.headers.get('x-consul-index'), RotatedOutAt]).toEqual([
      false,
      '4',
      5,
    ])
    const pem = await api.call('GET', '/v1/connect/ca/roots?pem=true')
    expect([pem.text, pem.headers.get('content-type')]).toEqual(['A\nB\n', 'application/pem-certificate-chain'])
    expect(await json('GET', '/v1/connect/ca/roots?pem=maybe')).toMatch(/^400: /)
    expect((await api.call('GET', '/v1/agent/connect/ca/roots')).headers.get('x-cache')).toBe('HIT')
  })

  it('has a leaf fetched for whoever asks, and wakes those who wait for the next', async () => {
    const leaf = (serialNumber: string): Leaf => ({
      ...{ certPem: 'C', privateKeyPem: 'K', serialNumber, spiffeUri: 'spiffe://u.consul/ns/default/dc/dc1/svc/web' },
      ...{ validAfter: 1_700_000_000_000, validBefore: 1_700_000_100_000 },
    })
    const issue = (serial: string) => api.store.setFact('leaf', leaf(serial).spiffeUri, leaf(serial))
    api.store.onWant((_want, isWanted) => isWanted && setImmediate(issue, '01'))
    const first = api.call('GET', '/v1/agent/connect/ca/leaf/web')
    startCa()
    const { headers, json: body } = await first
    const index = headers.get('x-consul-index')
    expect(body).toEqual({
      ...{ SerialNumber: '01', CertPEM: 'C', PrivateKeyPEM: 'K', Service: 'web' },
      ...{ ServiceURI: leaf('01').spiffeUri, ValidAfter: '2023-11-14T22:13:20Z', ValidBefore: '2023-11-14T22:15:00Z' },
      ...{ CreateIndex: Number(index), ModifyIndex: Number(index) },
    })
    api.store.onWant(() => {})
    const next = api.call('GET', `/v1/agent/connect/ca/leaf/web?index=${index}&wait=60s`)
    await new Promise(resolve => setTimeout(resolve, 20))
    issue('02')
    expect((await next).json).toMatchObject({ SerialNumber: '02' })
    expect(Number((await next).headers.get('x-consul-index'))).toBeGreaterThan(Number(index))
  })

  it.each([
    [
      { Target: 'api', ClientCertURI: 'spiffe://u.consul/ns/default/dc/dc9/svc/web' },
      { Authorized: true, Reason: 'Default behavior configured by ACLs' },
    ],
    [
      { Target: 'db', ClientCertURI: 'spiffe://other/ns/default/dc/dc1/svc/web' },
      { Authorized: false, Reason: 'Matched L4 intention: default/web => default/db (Precedence: 9, Action: DENY)' },
    ],
    [{ ClientCertURI: 'spiffe://u/ns/default/dc/dc1/svc/web' }, '400: Target service must be specified'],
    [{ Target: 'api', ClientCertURI: 'http://web' }, '400: ClientCertURI not a valid Connect identifier'],
    [
      { Target: 'api', ClientCertURI: 'spiffe://u/agent/server/dc/dc1' },
      '400: ClientCertURI not a valid Service identifier',
    ],
  ])('authorises %j', async (body, outcome) => {
    await json('PUT', '/v1/connect/intentions/exact?source=web&destination=db', { Action: 'deny' })
    expect(await json('POST', '/v1/agent/connect/authorize', body)).toEqual(outcome)
  })
})

describe('members', () => {
  it('are the agents of this datacenter, or the servers of all', async () => {
    const server = (Node: string, Datacenter: string, Status: string) => ({
      table: 'members' as const,
      key: `${Node}.${Datacenter}`,
      row: {
        Name: `${Node}.${Datacenter}`,
        Node,
        Datacenter,
        Address: '1.1.1.1',
        Port: 8302,
        RpcPort: 8300,
        Status,
        Tags: { role: 'consul' },
      },
    })
    await api.committer.submit(() => ({
      ok: true,
      applied: true,
      writes: [server('n1', 'dc1', 'alive'), server('n9', 'dc2', 'failed'), server('n8', 'dc3', 'left')],
    }))
    const agent = { Node: 'c1', Partition: 'default', ID: '', Address: '10.0.0.1', Version: '0', Since: 0 }
    await api.committer.submit(state => reduce(state, { type: 'set-agent', agent: { ...agent, Status: 'failed' } }))
    await api.committer.submit(state => reduce(state, registering(nodeRow('external'))))

    expect(await json('GET', '/v1/agent/members')).toMatchObject([
      { Name: 'c1', Addr: '10.0.0.1', Status: 4, Tags: { role: 'node' } },
      { Name: 'n1', Addr: '1.1.1.1', Status: 1, Tags: { role: 'consul' } },
    ])
    expect(await json('GET', '/v1/agent/members?wan')).toMatchObject([
      { Name: 'n1.dc1', Status: 1 },
      { Name: 'n8.dc3', Status: 3 },
      { Name: 'n9.dc2', Status: 4 },
    ])
    expect(await json('GET', '/v1/agent/members?wan&filter=Status == 4')).toMatchObject([{ Name: 'n9.dc2' }])
    expect(await json('GET', '/v1/catalog/datacenters')).toEqual(['dc1', 'dc2'])
  })
})
