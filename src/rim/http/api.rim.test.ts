import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../../../test/support/http-api.ts'

let api: TestApi

beforeEach(async () => {
  api = await startTestApi()
})

afterEach(async () => {
  await api.close()
  expect(api.bugs).toEqual([])
})

function web(id = 'web1', extra: object = {}): object {
  return { Node: 'node1', Address: '10.0.0.1', Service: { ID: id, Service: 'web', Port: 80, ...extra } }
}

function indexOf(answer: { headers: Headers }): string {
  return answer.headers.get('x-consul-index') ?? ''
}

describe('catalog over HTTP', () => {
  it('shows a registered service and forgets a deregistered one', async () => {
    const registered = await api.call('PUT', '/v1/catalog/register', web())
    expect([registered.status, registered.json]).toEqual([200, true])

    const health = await api.call('GET', '/v1/health/service/web')
    expect(health.json).toEqual([
      {
        Node: {
          ID: '',
          Node: 'node1',
          Address: '10.0.0.1',
          Datacenter: 'dc1',
          TaggedAddresses: null,
          Meta: null,
          CreateIndex: 1,
          ModifyIndex: 1,
        },
        Service: {
          ID: 'web1',
          Service: 'web',
          Tags: [],
          Address: '',
          Meta: null,
          Port: 80,
          Weights: { Passing: 1, Warning: 1 },
          EnableTagOverride: false,
          Proxy: expect.objectContaining({ MeshGateway: {}, Expose: {} }),
          Connect: {},
          PeerName: '',
          CreateIndex: 1,
          ModifyIndex: 1,
        },
        Checks: [],
      },
    ])

    await api.call('PUT', '/v1/catalog/deregister', { Node: 'node1', ServiceID: 'web1' })
    expect((await api.call('GET', '/v1/health/service/web')).json).toEqual([])
  })

  it('wakes a blocked read when what it read has changed', async () => {
    const first = await api.call('GET', '/v1/health/service/web')
    expect(indexOf(first)).toBe('1')
    const held = api.call('GET', '/v1/health/service/web?index=1&wait=60s')
    await api.call('PUT', '/v1/catalog/register', { Node: 'other', Address: '10.0.0.9' })
    await api.call('PUT', '/v1/catalog/register', web())
    const second = await held
    expect(second.json).toHaveLength(1)
    expect(Number(indexOf(second))).toBeGreaterThan(1)
  })
})

describe('config entries over HTTP', () => {
  it('writes, reads, lists and deletes', async () => {
    const entry = { Kind: 'proxy-defaults', Name: 'global', MeshGateway: { Mode: 'local' } }
    expect((await api.call('PUT', '/v1/config', entry)).json).toBe(true)
    const got = await api.call('GET', '/v1/config/proxy-defaults/global')
    expect(got.json).toMatchObject({ ...entry, CreateIndex: 1, ModifyIndex: 1 })
    expect((await api.call('GET', '/v1/config/proxy-defaults')).json).toHaveLength(1)
    expect((await api.call('DELETE', '/v1/config/proxy-defaults/global')).json).toEqual({})
    const missing = await api.call('GET', '/v1/config/proxy-defaults/global')
    expect([missing.status, missing.text]).toEqual([404, 'Config entry not found for "proxy-defaults" / "global"'])
  })
})
