// What all reads have in common: headers, holding, consistency, filters, layout; and what single endpoints answer.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkRow, nodeRow, registering, serviceRow } from '../../../test/support/catalog-rows.ts'
import { startTestApi, type TestAnswer, type TestApi } from '../../../test/support/http-api.ts'
import type { Command } from '../../core/store/commands.ts'
import { reduce } from '../../core/store/reduce.ts'

let api: TestApi

beforeEach(async () => {
  api = await startTestApi()
})

afterEach(async () => {
  await api.close()
  expect(api.bugs).toEqual([])
})

async function commit(...commands: readonly Command[]): Promise<void> {
  for (const command of commands) await api.committer.submit(state => reduce(state, command))
}

function get(path: string, headers?: Readonly<Record<string, string>>): Promise<TestAnswer> {
  return api.call('GET', path, undefined, headers)
}

function indexOf(answer: TestAnswer): number {
  return Number(answer.headers.get('x-consul-index'))
}

/** Values found under a path of keys in every row of a JSON list. */
function pluck(answer: TestAnswer, ...keys: readonly string[]): unknown[] {
  if (!Array.isArray(answer.json)) throw new Error(`no list: ${answer.text}`)
  return answer.json.map(row => keys.reduce((value, key) => value?.[key], row))
}

const TWO_WEBS: readonly Command[] = [
  registering(
    nodeRow('a', { Meta: { zone: 'x' } }),
    [serviceRow('a', 'web', { ID: 'web1', Tags: ['v1', 'prod'] })],
    [checkRow('a', 'alive'), checkRow('a', 'web1', { ServiceID: 'web1' })],
  ),
  registering(
    nodeRow('b', { Meta: { zone: 'y' } }),
    [serviceRow('b', 'web', { ID: 'web2', Tags: ['v2'], Port: 81 })],
    [checkRow('b', 'web2', { ServiceID: 'web2', Status: 'critical' })],
  ),
]

describe('every read', () => {
  it('carries the headers that clients look at', async () => {
    await commit(...TWO_WEBS)
    const { headers, status } = await get('/v1/health/service/web')
    expect(status).toBe(200)
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/json',
      'x-consul-index': '2',
      'x-consul-knownleader': 'true',
      'x-consul-lastcontact': '0',
      'x-consul-effective-consistency': 'leader',
      'x-consul-query-backend': 'blocking-query',
      'x-consul-default-acl-policy': 'allow',
      vary: 'Accept-Encoding',
    })
    expect((await get('/v1/catalog/nodes?stale')).headers.get('x-consul-effective-consistency')).toBe('stale')
    expect((await get('/v1/catalog/nodes?consistent')).headers.get('x-consul-effective-consistency')).toBe('consistent')
    expect((await get('/v1/catalog/nodes?cached')).headers.get('x-cache')).toBe('HIT')
  })

  it.each([
    ['index=x', 'Invalid index'],
    ['index=-1', 'Invalid index'],
    ['index=1&wait=soon', 'Invalid wait time'],
    ['wait=5', 'Invalid wait time'],
    ['stale&consistent', 'Cannot specify ?stale with ?consistent, conflicting semantics.'],
    ['max_stale=5s&consistent', 'Cannot specify ?stale with ?consistent, conflicting semantics.'],
    ['cached&consistent', 'Cannot specify ?cached with ?consistent, conflicting semantics.'],
    ['max_stale=x', 'Invalid max_stale value "x"'],
    ['passing=perhaps', 'Invalid value for ?passing'],
    ['partition=east', 'Invalid query parameter: "partition" - there is no partition "east"'],
  ])('refuses ?%s with 400 and a sentence', async (search, text) => {
    const answer = await get(`/v1/health/service/web?${search}`)
    expect([answer.status, answer.text]).toEqual([400, text])
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  })

  it('lays JSON out when asked to', async () => {
    expect((await get('/v1/catalog/datacenters?pretty')).text).toBe('[\n    "dc1"\n]\n')
    expect((await get('/v1/catalog/datacenters')).text).toBe('["dc1"]')
  })

  it('shows partition and namespace to those who name one', async () => {
    await commit(...TWO_WEBS)
    expect(pluck(await get('/v1/health/service/web'), 'Service', 'Namespace')).toEqual([undefined, undefined])
    expect(pluck(await get('/v1/health/service/web?ns=default'), 'Service', 'Namespace')).toEqual([
      'default',
      'default',
    ])
    const byHeader = await get('/v1/health/service/web', { 'X-Consul-Partition': 'default' })
    expect(pluck(byHeader, 'Node', 'Partition')).toEqual(['default', 'default'])
    expect(pluck(await get('/v1/health/service/web'), 'Node', 'Partition')).toEqual([undefined, undefined])
  })

  it('answers a repeated question with what has changed since', async () => {
    expect((await get('/v1/health/service/web')).json).toEqual([])
    await commit(...TWO_WEBS)
    expect((await get('/v1/health/service/web')).json).toHaveLength(2)
  })

  it('asks for permission each time, with the token of that request', async () => {
    await get('/v1/health/service/web?token=one')
    await get('/v1/health/service/web', { 'X-Consul-Token': 'two' })
    await get('/v1/health/service/web', { Authorization: 'Bearer three' })
    await get('/v1/health/service/web')
    expect(api.asked.map(([permissions, token]) => [permissions[0], token])).toEqual(
      ['one', 'two', 'three', ''].map(token => [{ resource: 'service', access: 'read', name: 'web' }, token]),
    )
  })
})

describe('a held read', () => {
  it('ends with the present answer when the time is over', async () => {
    await commit(...TWO_WEBS)
    const answer = await get('/v1/health/service/web?index=2&wait=10ms')
    expect([answer.status, indexOf(answer)]).toEqual([200, 2])
  })

  it.each([
    '/v1/catalog/nodes?index=INDEX&wait=60s',
    '/v1/catalog/nodes?wait=60s&index=INDEX',
    '/v1/catalog/nodes?wait=60s&index=INDEX&index=1',
    '/v1/catalog/nodes?wait=60s&%69ndex=INDEX',
    '/v1/catalog/nodes?wait=60s&index=INDEX&%69ndex=1',
  ])('waits for the index of this request and of no other before it: %s', async path => {
    await commit(...TWO_WEBS)
    // Asked with every index in turn: what is remembered of one request must not serve the next.
    for (const index of [0, 1]) expect(indexOf(await get(path.replace('INDEX', String(index))))).toBe(2)
    const held = get(path.replace('INDEX', '2'))
    const heldAgain = get(path.replace('INDEX', '3'))
    await commit(registering(nodeRow('c'), [], []))
    expect(indexOf(await held)).toBe(3)
    await commit(registering(nodeRow('d'), [], []))
    expect(indexOf(await heldAgain)).toBe(4)
  })

  it('wakes a hundred readers with the same bytes', async () => {
    await commit(...TWO_WEBS)
    const held = Array.from({ length: 100 }, () => get('/v1/health/service/web?passing&index=2&wait=60s'))
    const late = get('/v1/health/service/web?passing')
    await late
    await commit(registering(nodeRow('b'), [], [checkRow('b', 'web2', { ServiceID: 'web2' })]))
    const texts = new Set((await Promise.all(held)).map(answer => answer.text))
    expect(texts.size).toBe(1)
    expect(JSON.parse([...texts][0] ?? '')).toHaveLength(2)
  })

  it('has an index for a thing that does not exist, to wait for it from there', async () => {
    // An index is never 0: before and after the first write of all it is 1.
    await commit(...TWO_WEBS)
    const path = '/v1/config/service-defaults/later'
    const absent = await get(path)
    expect([absent.status, Number(absent.headers.get('x-consul-index'))]).toEqual([404, expect.any(Number)])
    const index = absent.headers.get('x-consul-index')
    expect(index).not.toBeNull()
    const held = get(`${path}?index=${index}&wait=20s`)
    await api.call('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'later' })
    expect((await held).status).toBe(200)
  })

  it('keeps waiting for a thing that does not exist while others change', async () => {
    await commit(...TWO_WEBS)
    const held = get('/v1/config/service-defaults/web?index=1&wait=60s')
    await commit(registering(nodeRow('c')))
    const put = { Kind: 'service-defaults', Name: 'web', Protocol: 'http' }
    await api.call('PUT', '/v1/config', put)
    expect((await held).json).toMatchObject(put)
  })
})

describe('health', () => {
  beforeEach(() => commit(...TWO_WEBS))

  it.each([
    ['passing', ['web1']],
    ['passing=1', ['web1']],
    ['passing=false', ['web1', 'web2']],
    ['tag=V1&tag=prod', ['web1']],
    ['tag=v1&tag=v2', []],
    ['node-meta=zone:y', ['web2']],
    ['near=_agent', ['web1', 'web2']],
    ['peer=other', []],
    ['filter=Service.Port == 81', ['web2']],
    ['filter=Checks.Status == critical', ['web2']],
    ['filter=Node.Meta.zone == x and not Service.Tags is empty', ['web1']],
  ])('of a service with ?%s', async (search, ids) => {
    expect(pluck(await get(`/v1/health/service/web?${search}`), 'Service', 'ID')).toEqual(ids)
  })

  it('refuses filters that do not fit', async () => {
    const answer = await get('/v1/health/service/web?filter=Service.Prot == 1')
    expect([answer.status, answer.text]).toEqual([
      500,
      'Failed to create boolean expression evaluator: Selector "Service.Prot" is not valid',
    ])
  })

  it('of nodes, services and states lists checks', async () => {
    expect(pluck(await get('/v1/health/node/A'), 'CheckID')).toEqual(['alive', 'web1'])
    expect(pluck(await get('/v1/health/checks/web'), 'CheckID')).toEqual(['web1', 'web2'])
    expect(pluck(await get('/v1/health/state/critical'), 'CheckID')).toEqual(['web2'])
    expect(pluck(await get('/v1/health/state/any?filter=Node == a'), 'CheckID')).toEqual(['alive', 'web1'])
    expect((await get('/v1/health/state/good')).status).toBe(400)
    expect((await get('/v1/health/service/')).text).toBe('Missing service name')
  })

  it('of what is dialled for a service lists its sidecars', async () => {
    const sidecar = serviceRow('a', 'web-sidecar-proxy', {
      Kind: 'connect-proxy',
      Proxy: { DestinationServiceName: 'web', MeshGateway: {}, Expose: {} },
    })
    await commit(registering(nodeRow('a'), [sidecar]))
    expect(pluck(await get('/v1/health/connect/web'), 'Service', 'ID')).toEqual(['web-sidecar-proxy'])
    expect(pluck(await get('/v1/catalog/connect/web'), 'ServiceID')).toEqual(['web-sidecar-proxy'])
  })
})

describe('central configuration', () => {
  it('is merged into proxies for those who ask for it', async () => {
    const sidecar = serviceRow('a', 'web-proxy', {
      Kind: 'connect-proxy',
      Proxy: { DestinationServiceName: 'web', MeshGateway: {}, Expose: {} },
    })
    await commit(registering(nodeRow('a'), [sidecar]))
    const plain = '/v1/health/connect/web'
    const merged = `${plain}?merge-central-config`
    expect(pluck(await get(merged), 'Service', 'Proxy', 'MeshGateway')).toEqual([{}])
    await api.call('PUT', '/v1/config', { Kind: 'proxy-defaults', Name: 'global', MeshGateway: { Mode: 'local' } })
    expect(pluck(await get(plain), 'Service', 'Proxy', 'MeshGateway')).toEqual([{}])
    const local = [{ Mode: 'local' }]
    expect(pluck(await get(merged), 'Service', 'Proxy', 'MeshGateway')).toEqual(local)
    expect(pluck(await get('/v1/catalog/connect/web?merge-central-config'), 'ServiceProxy', 'MeshGateway')).toEqual(
      local,
    )
    const node = await get('/v1/catalog/node-services/a?merge-central-config')
    expect(node.json).toMatchObject({ Services: [{ Proxy: { MeshGateway: { Mode: 'local' } } }] })
  })
})

describe('the catalog', () => {
  beforeEach(() => commit(...TWO_WEBS))

  it('lists nodes, services and instances', async () => {
    expect(pluck(await get('/v1/catalog/nodes?filter=Meta.zone == y'), 'Node')).toEqual(['b'])
    expect((await get('/v1/catalog/services')).json).toEqual({ web: ['v1', 'prod', 'v2'] })
    expect((await get('/v1/catalog/services?node-meta=zone:y')).json).toEqual({ web: ['v2'] })
    expect((await get('/v1/catalog/service/web?tag=v2')).json).toEqual([
      {
        ID: '',
        Node: 'b',
        Address: '10.0.0.1',
        Datacenter: 'dc1',
        TaggedAddresses: null,
        NodeMeta: { zone: 'y' },
        ServiceKind: '',
        ServiceID: 'web2',
        ServiceName: 'web',
        ServiceTags: ['v2'],
        ServiceAddress: '',
        ServiceWeights: { Passing: 1, Warning: 1 },
        ServiceMeta: {},
        ServicePort: 81,
        ServicePorts: null,
        ServiceSocketPath: '',
        ServiceEnableTagOverride: false,
        ServiceProxy: expect.objectContaining({ MeshGateway: {}, Expose: {} }),
        ServiceConnect: {},
        ServiceLocality: null,
        CreateIndex: 2,
        ModifyIndex: 2,
      },
    ])
  })

  it('shows a node with its services in two shapes, and null for one that is not there', async () => {
    const map = await get('/v1/catalog/node/a')
    expect(map.json).toMatchObject({ Node: { Node: 'a' }, Services: { web1: { Service: 'web', Port: 80 } } })
    const list = await get('/v1/catalog/node-services/a?filter=Port == 80')
    expect(list.json).toMatchObject({ Node: { Node: 'a' }, Services: [{ ID: 'web1' }] })
    expect((await get('/v1/catalog/node/nobody')).text).toBe('null')
    expect((await get('/v1/catalog/node-services/nobody')).json).toEqual({ Node: null, Services: null })
  })

  it('lists nothing for mesh gateways, which carry everything', async () => {
    expect((await get('/v1/catalog/gateway-services/mesh-gateway')).text).toBe('[]')
    const gateway = serviceRow('a', 'mesh-gateway', { Kind: 'mesh-gateway', Port: 8443 })
    await commit(registering(nodeRow('a'), [gateway]))
    expect(pluck(await get('/v1/internal/mesh-gateways'), 'Service', 'Port')).toEqual([8443])
  })

  it.each(['__proto__', 'constructor', 'a/b', 'ünï', '100%'])(
    'takes the service name %s for what it is',
    async name => {
      expect((await get(`/v1/catalog/service/${encodeURIComponent(name)}`)).json).toEqual([])
      await api.call('PUT', '/v1/catalog/register', { Node: name, Address: 'x', Service: { Service: name } })
      const services = await get('/v1/catalog/services')
      expect(Object.keys(Object(services.json))).toContain(name)
      expect(pluck(await get(`/v1/health/service/${encodeURIComponent(name)}`), 'Node', 'Node')).toEqual([name])
    },
  )
})

describe('the status', () => {
  it('names this server as leader and only peer', async () => {
    expect((await get('/v1/status/leader')).text).toBe('"127.0.0.1:8300"')
    expect((await get('/v1/status/peers')).text).toBe('["127.0.0.1:8300"]')
  })
})
