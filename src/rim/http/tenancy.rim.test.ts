// Partitions and namespaces at the door: what is in one cannot be seen from another, whichever way one asks.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../../../test/support/http-api.ts'

let api: TestApi

beforeEach(async () => {
  api = await startTestApi()
  await put('/v1/partition', { Name: 'finance' })
  await put('/v1/namespace?partition=finance', { Name: 'dev' })
  await put('/v1/namespace', { Name: 'dev' })
})

afterEach(async () => {
  await api.close()
  expect(api.bugs).toEqual([])
})

async function put(path: string, body: unknown) {
  const answer = await api.call('PUT', path, body)
  expect([path, answer.status, answer.text]).toEqual([path, 200, answer.text])
  return answer
}

const json = async (path: string) => (await api.call('GET', path)).json

function register(partition: string, namespace: string, service: string) {
  const tenancy = { Partition: partition, Namespace: namespace }
  const check = { Name: 'alive', CheckID: `alive-${service}`, Status: 'passing', ServiceID: service }
  return put('/v1/catalog/register', {
    ...tenancy,
    ...{ Node: `node-${partition}`, Address: '10.0.0.1' },
    Service: { Service: service },
    Check: check,
  })
}

describe('what is in one partition or namespace', () => {
  const places = [
    ['default', 'default'],
    ['default', 'dev'],
    ['finance', 'default'],
    ['finance', 'dev'],
  ] as const

  it.each(places)('is all that %s/%s sees', async (partition, namespace) => {
    for (const [ap, ns] of places) await register(ap, ns, `secret-${ap}-${ns}`)
    const own = `secret-${partition}-${namespace}`
    const query = `partition=${partition}&ns=${namespace}`
    const paths = [
      `/v1/catalog/services?${query}`,
      `/v1/health/state/any?${query}`,
      `/v1/catalog/node/node-${partition}?${query}`,
      `/v1/catalog/node-services/node-${partition}?${query}`,
      `/v1/health/node/node-${partition}?${query}`,
      ...places.flatMap(([ap, ns]) => [
        `/v1/catalog/service/secret-${ap}-${ns}?${query}`,
        `/v1/health/service/secret-${ap}-${ns}?${query}`,
        `/v1/health/checks/secret-${ap}-${ns}?${query}`,
        `/v1/catalog/node/node-${ap}?${query}`,
      ]),
    ]
    const seen = new Set<string>()
    for (const path of paths) {
      for (const name of JSON.stringify(await json(path)).match(/secret-[a-z]+-[a-z]+/g) ?? []) seen.add(name)
    }
    expect([...seen]).toEqual([own])
  })

  it('goes by node and id of its own: the same names elsewhere are other things', async () => {
    for (const [ap, ns] of places) await register(ap, ns, 'web')
    await put('/v1/catalog/deregister', {
      Node: 'node-finance',
      ServiceID: 'web',
      Partition: 'finance',
      Namespace: 'dev',
    })
    const counts = []
    for (const [ap, ns] of places) {
      const rows = await json(`/v1/health/service/web?partition=${ap}&ns=${ns}`)
      counts.push(Array.isArray(rows) ? rows.length : -1)
    }
    expect(counts).toEqual([1, 1, 1, 0])
  })

  it('has config entries of its own', async () => {
    await put('/v1/config', { Kind: 'service-defaults', Name: 'web', Protocol: 'http', Partition: 'finance' })
    await put('/v1/config?ns=dev', { Kind: 'service-defaults', Name: 'web', Protocol: 'grpc' })
    const protocols = []
    for (const [ap, ns] of places) {
      const answer = await api.call('GET', `/v1/config/service-defaults/web?partition=${ap}&ns=${ns}`)
      protocols.push(answer.status === 200 ? JSON.parse(answer.text).Protocol : answer.status)
    }
    expect(protocols).toEqual([404, 'grpc', 'http', 404])
  })
})

describe('entries about a whole partition', () => {
  const read = (query: string) => api.call('GET', `/v1/config/proxy-defaults/global?${query}`)

  it('are the same in whichever namespace one writes and looks', async () => {
    await put('/v1/config?partition=finance&ns=dev', { Kind: 'proxy-defaults', Name: 'global', Config: { a: 1 } })
    for (const query of ['partition=finance', 'partition=finance&ns=dev']) expect((await read(query)).status).toBe(200)
    expect((await read('')).status).toBe(404)
    expect(await json('/v1/config/proxy-defaults?partition=finance&ns=dev')).toHaveLength(1)
    expect((await api.call('DELETE', '/v1/config/proxy-defaults/global?partition=finance&ns=dev')).status).toBe(200)
    expect((await read('partition=finance')).status).toBe(404)
  })

  it('cannot say that they are about one', async () => {
    const answer = await api.call('PUT', '/v1/config', { Kind: 'mesh', Namespace: 'dev' })
    expect([answer.status, answer.text]).toEqual([
      500,
      'Namespace: mesh is about a whole partition, not about the namespace "dev"',
    ])
  })
})

describe('an intention', () => {
  const exact = (source: string, query: string) =>
    `/v1/connect/intentions/exact?source=${source}&destination=api&${query}`

  it('is about services of the partition and namespace that the request names, and may come from elsewhere', async () => {
    await put(exact('default/default/web', 'partition=finance&ns=dev'), { Action: 'deny' })
    const found = await json(exact('default/default/web', 'partition=finance&ns=dev'))
    expect(found).toMatchObject({ SourceName: 'web', DestinationPartition: 'finance', DestinationNS: 'dev' })
    expect(found).not.toHaveProperty('SourcePartition')
    expect(await json('/v1/connect/intentions?partition=finance&ns=dev')).toHaveLength(1)
    for (const query of ['', 'ns=dev', 'partition=finance', 'ns=*']) {
      expect([query, await json(`/v1/connect/intentions?${query}`)]).toEqual([query, []])
    }
  })

  it('may be about all services of all namespaces', async () => {
    await put('/v1/config', {
      ...{ Kind: 'service-intentions', Name: '*', Namespace: '*', Partition: 'finance' },
      Sources: [{ Name: '*', Namespace: '*', Action: 'deny' }],
    })
    for (const ns of ['default', 'dev']) {
      expect(await json(`/v1/connect/intentions?partition=finance&ns=${ns}`)).toHaveLength(1)
    }
  })

  it.each([
    ['nope/default/web', 'there is no partition "nope"'],
    ['default/nope/web', 'there is no namespace "nope" in partition "default"'],
  ])('from %s is refused', async (source, text) => {
    const answer = await api.call('PUT', exact(source, ''), { Action: 'deny' })
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(text)])
  })
})

describe('?ns=*', () => {
  it('spans the namespaces of one partition in lists', async () => {
    await register('default', 'default', 'a')
    await register('default', 'dev', 'b')
    await register('finance', 'dev', 'c')
    expect(Object.keys(Object(await json('/v1/catalog/services?ns=*'))).sort()).toEqual(['a', 'b'])
    expect(await json('/v1/health/state/passing?ns=*')).toHaveLength(2)
  })

  it.each(['/v1/health/service/web?ns=*', '/v1/catalog/node/n?ns=*'])('is refused by %s', async path => {
    const answer = await api.call('GET', path)
    expect([answer.status, answer.text]).toEqual([
      400,
      'Invalid query parameter: "ns" - there is no namespace "*" in partition "default"',
    ])
  })
})

describe('writing into what does not exist', () => {
  it.each([
    ['/v1/catalog/register', { Node: 'n', Address: 'x', Partition: 'nope' }, 'there is no partition "nope"'],
    [
      '/v1/catalog/register',
      { Node: 'n', Address: 'x', Namespace: 'nope', Service: { Service: 'a' } },
      'there is no namespace "nope"',
    ],
    ['/v1/config', { Kind: 'service-defaults', Name: 'a', Partition: 'nope' }, 'there is no partition "nope"'],
  ])('is refused: PUT %s %j', async (path, body, text) => {
    const answer = await api.call('PUT', path, body)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain(text)
  })
})
