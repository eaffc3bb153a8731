// Two peered clusters with real Envoys: services of east ask services of west, in every mode and protocol.

import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Gateway } from '../support/datacenter.ts'
import { dialsPeer, exportTo, linkPeers, type Peers, startPeers } from '../support/peers.ts'
import { PROTOCOLS, type Protocol } from '../support/protocols.ts'
import type { Service } from '../support/service.ts'
import { until } from '../support/until.ts'

let peers: Peers
let near: Gateway
let far: Gateway
let web: Service
let shop: Service
let trustDomains: { readonly east: string; readonly west: string }

const nameOf = (protocol: Protocol) => `${protocol}-api`
const APIS = PROTOCOLS.map(nameOf)
const ANSWER = { datacenter: 'west' }

beforeAll(async () => {
  peers = await startPeers()
  const { east, west } = peers
  await linkPeers(east, west)
  near = await east.startGateway()
  far = await west.startGateway()
  // Rules come first: connections from before a change are served as before for as long as Envoy drains its old listener.
  const Sources = [
    { Name: 'web', Peer: '*', Action: 'allow' },
    { Name: '*', Peer: 'east', Action: 'deny' },
  ]
  for (const api of APIS) await west.write({ Kind: 'service-intentions', Name: api, Sources })
  for (const protocol of PROTOCOLS) {
    await west.setProtocol(nameOf(protocol), protocol)
    await west.startService(nameOf(protocol), { protocol })
  }
  await exportTo(west, 'east', ...APIS)
  const upstreams = Object.fromEntries(APIS.map(api => [api, { DestinationPeer: 'west' }]))
  web = await east.startService('web', { upstreams })
  shop = await east.startService('shop', { upstreams })
  trustDomains = { east: await east.trustDomain(), west: await west.trustDomain() }
})

afterAll(() => peers?.mesh.stop())

test('the two clusters have roots of their own', () => {
  expect(trustDomains.east).not.toBe(trustDomains.west)
})

describe.each(PROTOCOLS)('%s', protocol => {
  const api = nameOf(protocol)

  test('goes straight to the gateway of the peer unless told otherwise', async () => {
    await dialsPeer(web, api, far.wan)
    await web.reachesOver(protocol, api, ANSWER)
  })

  test('is refused at the destination to those it does not admit', async () => {
    await web.reachesOver(protocol, api, ANSWER)
    await expect(shop.ask(api, protocol)).rejects.toThrow()
  })
})

test('a service sees who its real caller is, and the gateway that vouches for it', async () => {
  for (const protocol of ['http', 'http2', 'grpc'] as const) {
    const { headers } = await web.ask(nameOf(protocol), protocol)
    const [caller = '', gateway = ''] = String(headers['x-forwarded-client-cert']).split(',By=')
    expect(caller).toContain(`URI=spiffe://${trustDomains.east}/ns/default/dc/east/svc/web`)
    expect(gateway).toContain(`URI=spiffe://${trustDomains.west}/gateway/mesh/dc/west`)
  }
})

describe('in mode local', () => {
  beforeAll(() => peers.east.setMode('local'))

  test.each(PROTOCOLS)('%s goes through the gateways of both sides', async protocol => {
    const api = nameOf(protocol)
    await dialsPeer(web, api, near.lan)
    await web.reachesOver(protocol, api, ANSWER)
    await expect(shop.ask(api, protocol)).rejects.toThrow()
  })

  test('our gateway passes on what it cannot read', async () => {
    const path = await peers.mesh.pathOf(() => web.ask('tcp-api', 'tcp'))
    expect(path).toEqual(['east gateway -> west gateway (wan)', 'west gateway -> tcp-api', 'web -> east gateway (lan)'])
  })
})

describe('the gateway of the exporter, asked from outside', () => {
  /** What comes back over TLS under a server name, or over plain TCP without one. */
  function knock(name: string | undefined): Promise<string> {
    const { address: host, port } = far.wan
    const unverified = { rejectUnauthorized: false, checkServerIdentity: () => undefined }
    return new Promise(resolve => {
      const socket =
        name === undefined ? connectTcp({ host, port }) : connectTls({ host, port, servername: name, ...unverified })
      let text = ''
      socket.on('data', chunk => {
        text += chunk
      })
      socket.on('error', () => {})
      socket.once('close', () => resolve(text))
      socket.write('GET / HTTP/1.1\r\nhost: api\r\n\r\n')
    })
  }

  test.each([
    ['a service that is not exported', () => `web.default.default.east.external.${trustDomains.west}`],
    ['another peer', () => `tcp-api.default.default.moon.external.${trustDomains.west}`],
    ['another trust domain', () => `tcp-api.default.default.east.external.${trustDomains.east}`],
    ['another datacenter', () => `tcp-api.default.dc9.internal.${trustDomains.west}`],
    ['a cluster of its own', () => `exported~http-api.default.west.internal.${trustDomains.west}`],
    ['no name', () => ''],
    ['no TLS', () => undefined],
  ])('closes %s and dials nobody', async (_, nameOfIt) => {
    const name = nameOfIt()
    let answer = ''
    const path = await peers.mesh.pathOf(async () => {
      answer = await knock(name)
    })
    expect([answer, path]).toEqual(['', []])
  })

  test('lets nobody in without a certificate of the peer', async () => {
    expect(await knock(`http-api.default.default.east.external.${trustDomains.west}`)).toBe('')
    expect(await knock(`tcp-api.default.default.east.external.${trustDomains.west}`)).toBe('')
  })
})

describe('the exporter', () => {
  test('routes requests of peers by its own entries, to what it does not even export', async () => {
    const { west } = peers
    await west.setProtocol('beta-api', 'http')
    await west.startService('beta-api', { protocol: 'http' })
    const Splits = [{ Weight: 100, Service: 'beta-api' }]
    await west.write({ Kind: 'service-splitter', Name: 'http-api', Splits })
    await web.reachesOver('http', 'http-api', { service: 'beta-api', datacenter: 'west' })
    await west.delete('service-splitter', 'http-api')
    await web.reachesOver('http', 'http-api', { service: 'http-api' })
  })

  test('takes an export back, and gives it again', async () => {
    await exportTo(peers.west, 'east', ...APIS.filter(api => api !== 'tcp-api'))
    await until('tcp-api is out of reach', () => expect(web.ask('tcp-api', 'tcp')).rejects.toThrow())
    await web.reachesOver('grpc', 'grpc-api', ANSWER)
    await exportTo(peers.west, 'east', ...APIS)
    await web.reachesOver('tcp', 'tcp-api', ANSWER)
  })
})

describe('a resolver of the importer', () => {
  test('sends a service on to a peer', async () => {
    const { east } = peers
    const Redirect = { Service: 'tcp-api', Peer: 'west' }
    await east.write({ Kind: 'service-resolver', Name: 'virtual', Redirect })
    await web.register({ upstreams: { ...web.plan.upstreams, 'tcp-api': { DestinationName: 'virtual' } } })
    await until('web reaches the peer as virtual', async () => {
      const path = await peers.mesh.pathOf(() => web.ask('tcp-api', 'tcp'))
      expect(path).toContain('west gateway -> tcp-api')
    })
  })

  test('fails over to a peer while no instance is healthy here, and back', async () => {
    const { east, west } = peers
    await west.startService('db')
    await exportTo(west, 'east', ...APIS, 'db')
    const Failover = { '*': { Targets: [{ Peer: 'west' }] } }
    await east.write({ Kind: 'service-resolver', Name: 'db', Failover })
    const db = await east.startService('db')
    const app = await east.startService('app', { upstreams: { db: {} } })
    await app.reaches('db', { datacenter: 'east' })
    await db.stopAnswering()
    await app.reaches('db', { datacenter: 'west' })
    await db.startAnswering()
    await app.reaches('db', { datacenter: 'east' })
  })
})

test('the end of the peering on one side ends it on the other, and nothing is left of it', async () => {
  const { east, west } = peers
  await west.agent.call('DELETE', '/v1/peering/east')
  await until('east has forgotten what west exported', async () => {
    expect(await east.agent.call('GET', '/v1/health/connect/http-api?peer=west')).toEqual([])
  })
  await until('web is cut off', () => expect(web.ask('http-api', 'http')).rejects.toThrow())
  await until('the gateway of west has closed the ways in', async () => {
    const clusters = (await far.proxy.admin.hosts()).map(host => host.cluster)
    expect(clusters.filter(name => name.startsWith('exported~'))).toEqual([])
  })
})
