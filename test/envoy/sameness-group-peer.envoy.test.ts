// A sameness group with a peer in it: a service that is gone from its own cluster is asked at the peer, which exports it to the group.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { linkPeers, type Peers, startPeers } from '../support/peers.ts'
import type { Service } from '../support/service.ts'
import { until } from '../support/until.ts'

let peers: Peers
let api: Service
let web: Service

beforeAll(async () => {
  peers = await startPeers()
  const { east, west } = peers
  await linkPeers(east, west)
  for (const [cluster, Peer] of [[east, 'west'] as const, [west, 'east'] as const]) {
    await cluster.write({ Kind: 'sameness-group', Name: 'same', IncludeLocal: true, Members: [{ Peer }] })
    const Services = [{ Name: 'api', Consumers: [{ SamenessGroup: 'same' }] }]
    await cluster.write({ Kind: 'exported-services', Name: 'default', Services })
    await cluster.startGateway()
  }
  await east.write({ Kind: 'service-resolver', Name: 'api', Failover: { '*': { SamenessGroup: 'same' } } })
  api = await east.startService('api')
  await west.startService('api')
  web = await east.startService('web', { upstreams: { api: {} } })
})

afterAll(() => peers?.mesh.stop())

test('as long as it is in its own cluster, it is asked there', async () => {
  await web.reaches('api', { datacenter: 'east' })
})

test('gone from there, it is asked at the peer', async () => {
  await api.stopAnswering()
  await web.reaches('api', { datacenter: 'west' })
})

test('an intention about the group decides who comes from the peer', async () => {
  const write = (...Sources: object[]) => peers.west.write({ Kind: 'service-intentions', Name: 'api', Sources })
  const nobody = { Name: '*', Peer: 'east', Action: 'deny' }
  await write(nobody)
  await until('web is refused', () => expect(web.ask('api')).rejects.toThrow())
  await write(nobody, { Name: 'web', SamenessGroup: 'same', Action: 'allow' })
  await web.reaches('api', { datacenter: 'west' })
})

test('back again, it is asked at home', async () => {
  await api.startAnswering()
  await web.reaches('api', { datacenter: 'east' })
})
