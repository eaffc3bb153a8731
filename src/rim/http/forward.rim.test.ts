// Two APIs joined by their forward hooks, as servers of two datacenters are by their connection.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TEST_SELF } from '../../../test/support/catalog-rows.ts'
import { startTestApi, type TestApi } from '../../../test/support/http-api.ts'
import { ROUTES } from '../../core/api/index.ts'
import { Store } from '../../core/store/store.ts'
import { Committer } from '../engine/committer.ts'
import { MemoryEngine } from '../engine/memory.ts'
import { systemWaitClock } from '../watch.ts'
import { type Api, createApi } from './api.ts'
import { emptyAnswer, type ForwardedRequest, receivedRequest } from './message.ts'

let primary: { readonly api: Api; readonly store: Store }
let secondary: TestApi
let forwarded: ForwardedRequest[]

async function startPrimary(): Promise<{ readonly api: Api; readonly store: Store }> {
  const store = new Store({ ...TEST_SELF, datacenter: 'onprem', primaryDatacenter: 'onprem' })
  const committer = new Committer(store, new MemoryEngine())
  await committer.start()
  const effects = ROUTES.flatMap(route => (route.type === 'effect' ? [route.effect] : []))
  const api = createApi({
    ...{ store, committer, routes: ROUTES },
    effects: Object.fromEntries(effects.map(name => [name, async () => emptyAnswer()])),
    authorize: () => {},
    forward: async () => {
      throw new Error('the primary forwards nothing here')
    },
    ...{ translateWanAddresses: false, alwaysPretty: false, clock: systemWaitClock },
    ...{ now: Date.now, freshId: () => 'id', onBug: () => {} },
  })
  return { api, store }
}

function know(store: Store, datacenter: string): void {
  const row = {
    Name: `s.${datacenter}`,
    Node: 's',
    Datacenter: datacenter,
    Address: 'x',
    Port: 1,
    RpcPort: 2,
    Status: 'alive',
    Tags: {},
  }
  store.apply([{ table: 'members', key: row.Name, row }], store.revision + 1)
}

beforeEach(async () => {
  forwarded = []
  primary = await startPrimary()
  secondary = await startTestApi({
    self: { datacenter: 'cloud', primaryDatacenter: 'onprem' },
    translateWanAddresses: true,
    forward: async (_datacenter, request) => {
      forwarded.push(request)
      return await primary.api.handle(receivedRequest(request))
    },
  })
  know(secondary.store, 'onprem')
})

afterEach(async () => {
  await secondary.close()
})

describe('a request for another datacenter', () => {
  it('is answered there, with its token, and shows WAN addresses here', async () => {
    const body = {
      Node: 'n',
      Address: '10.0.0.1',
      TaggedAddresses: { wan: '1.1.1.1' },
      Service: { Service: 'web', Port: 80, TaggedAddresses: { wan: { Address: '2.2.2.2', Port: 8080 } } },
    }
    const put = await secondary.call('PUT', '/v1/catalog/register?dc=onprem', body, { 'X-Consul-Token': 'secret' })
    expect(put.json).toBe(true)
    expect(forwarded[0]?.headers).toEqual({ 'x-consul-token': 'secret' })
    expect((await secondary.call('GET', '/v1/catalog/nodes')).json).toEqual([])
    const health = await secondary.call('GET', '/v1/health/service/web?datacenter=onprem&dc=cloud')
    expect(health.json).toMatchObject([
      { Node: { Address: '1.1.1.1', Datacenter: 'onprem' }, Service: { Address: '2.2.2.2', Port: 8080 } },
    ])
    expect(health.headers.get('x-consul-index')).toBe('1')
  })

  it('may be addressed by the body of a registration', async () => {
    const body = { Node: 'n', Address: '10.0.0.1', Datacenter: 'onprem' }
    await secondary.call('PUT', '/v1/catalog/register', body)
    expect(primary.store.list('nodes', 'all', 'default\u001f')).toHaveLength(1)
    await secondary.call('PUT', '/v1/catalog/register', { ...body, Datacenter: 'cloud' })
    expect(forwarded).toHaveLength(1)
  })

  it('is refused when nobody knows the datacenter', async () => {
    for (const [method, path] of [
      ['GET', '/v1/catalog/nodes?dc=nowhere'],
      ['PUT', '/v1/config?dc=nowhere'],
      ['GET', '/v1/agent/members?dc=nowhere'],
    ] as const) {
      const answer = await secondary.call(method, path, method === 'PUT' ? {} : undefined)
      expect(answer.status).toBe(500)
      expect(answer.text).toMatch(/^No path to datacenter "nowhere"; known are /)
    }
    expect(forwarded).toEqual([])
  })

  it('is not passed on a second time', async () => {
    const answer = await primary.api.handle(
      receivedRequest({
        ...{ method: 'GET', path: '/v1/catalog/nodes?dc=elsewhere', headers: {} },
        ...{ body: Buffer.alloc(0), signal: new AbortController().signal },
      }),
    )
    expect([answer.status, answer.body.toString()]).toEqual([
      500,
      'a request for datacenter "elsewhere" was passed on to "onprem" by mistake',
    ])
  })
})

describe('what belongs to the primary datacenter', () => {
  it('is written there, wherever it was sent', async () => {
    const entry = { Kind: 'service-defaults', Name: 'web', Protocol: 'http' }
    for (const search of ['', '?dc=cloud', '?dc=onprem']) {
      expect((await secondary.call('PUT', `/v1/config${search}`, entry)).json).toBe(true)
    }
    const intention = '/v1/connect/intentions/exact?source=web&destination=api'
    expect((await secondary.call('PUT', intention, { Action: 'allow' })).json).toBe(true)
    expect(forwarded).toHaveLength(4)
    expect(primary.store.list('entries', 'all', '').map(row => row.Kind)).toEqual([
      'service-defaults',
      'service-intentions',
    ])
    expect(secondary.store.list('entries', 'all', '')).toEqual([])
    expect((await secondary.call('DELETE', '/v1/config/service-defaults/web')).json).toEqual({})
    expect((await secondary.call('GET', '/v1/config/service-intentions')).json).toEqual([])
  })
})

describe('an agent that is no server', () => {
  it('leaves to a server what only a server can tell, and answers the rest itself', async () => {
    const left: string[] = []
    const agent = await startTestApi({
      toServer: async request => {
        left.push(request.path)
        return emptyAnswer()
      },
    })
    for (const path of [
      ...['/v1/peerings', '/v1/peering/west', '/v1/internal/peering/west/diagnosis'],
      ...['/v1/catalog/nodes', '/v1/catalog/nodes?consistent'],
    ]) {
      expect((await agent.call('GET', path)).status).toBe(200)
    }
    await agent.close()
    expect(left.map(path => path.split('&')[0])).toEqual([
      ...['/v1/peerings', '/v1/peering/west', '/v1/internal/peering/west/diagnosis', '/v1/catalog/nodes?consistent'],
    ])
  })
})
