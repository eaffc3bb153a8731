// Servers of peered clusters that reach each other through mesh gateways only.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { spell } from '../../src/sandbox/loopback.ts'
import type { Gateway } from '../support/datacenter.ts'
import { exportTo, linkPeers, type Peers, peerIs, startPeers } from '../support/peers.ts'
import { until } from '../support/until.ts'

let peers: Peers
let eastGateway: Gateway
let westGateway: Gateway

beforeAll(async () => {
  peers = await startPeers()
  const { east, west } = peers
  eastGateway = await east.startGateway()
  westGateway = await west.startGateway()
  for (const side of [east, west]) {
    await side.write({ Kind: 'mesh', Name: 'mesh', Peering: { PeerThroughMeshGateways: true } })
  }
})

afterAll(() => peers?.mesh.stop())

test('a token names the gateway, and the link goes through the gateways of both sides', async () => {
  const { east, west, mesh } = peers
  const path = await mesh.pathOf(() => linkPeers(east, west))
  expect(await west.agent.call('GET', '/v1/peering/east')).toMatchObject({
    PeerServerAddresses: [spell(eastGateway.wan)],
  })
  expect(path).toContainEqual(expect.stringMatching(/^west gateway -> east gateway \(wan\)$/))
  expect(path).toContainEqual(expect.stringContaining(`east gateway -> ${east.agent.plan.grpc.address}:`))
})

test('what is exported arrives, and is reached', async () => {
  const { east, west } = peers
  await west.startService('api')
  await exportTo(west, 'east', 'api')
  const web = await east.startService('web', { upstreams: { api: { DestinationPeer: 'west' } } })
  await web.reaches('api', { datacenter: 'west' })
})

/** Where the link goes when it is made anew because its server was away. */
function pathOfNextLink(): Promise<readonly string[]> {
  const { east, mesh } = peers
  return mesh.pathOf(async () => {
    await east.killAgent()
    await peerIs(peers.west, 'east', { State: 'FAILING', StreamStatus: { Stale: true } })
    await east.restartAgent()
    await peerIs(peers.west, 'east', { State: 'ACTIVE' })
  })
}

test('a server that comes back behind the gateways is found there', async () => {
  const { east, west } = peers
  await exportTo(east, 'west', 'nothing-yet')
  await until('west has heard of the export', async () => {
    expect(await west.agent.call('GET', '/v1/peering/east')).toMatchObject({
      StreamStatus: { ImportedServices: ['nothing-yet'] },
    })
  })
  const path = await pathOfNextLink()
  expect(path).toContain('west gateway -> east gateway (wan)')
  await hearsOf('restarted')
})

test('gateways of the side that listens may be replaced under other addresses', async () => {
  const { east, west } = peers
  const next = await east.startGateway()
  await until('west knows the new gateway', async () => {
    const peering = await west.agent.call('GET', '/v1/peering/east')
    expect(peering).toMatchObject({ PeerServerAddresses: expect.arrayContaining([spell(next.wan)]) })
  })
  await eastGateway.proxy.child.kill()
  await east.agent.call('PUT', '/v1/agent/service/deregister/east-gateway')
  await hearsOf('moved')
  await until('west knows the new gateway alone', async () => {
    const peering = await west.agent.call('GET', '/v1/peering/east')
    expect(peering).toMatchObject({ State: 'ACTIVE', PeerServerAddresses: [spell(next.wan)] })
  })
  expect(await pathOfNextLink()).toContain('west gateway -> east gateway 2 (wan)')
  await hearsOf('moved-and-restarted')
})

test('gateways of the side that dials may be replaced too', async () => {
  await westGateway.proxy.child.kill()
  await hearsOf('late')
  await peers.west.agent.call('PUT', '/v1/agent/service/deregister/west-gateway')
  await peers.west.startGateway()
  expect(await pathOfNextLink()).toContain('west gateway 2 -> east gateway 2 (wan)')
})

test('the address of a server itself was never told', async () => {
  const { east, west } = peers
  const { address, port } = east.agent.plan.grpcTls
  expect(JSON.stringify(await west.agent.call('GET', '/v1/peerings'))).not.toContain(`${address}:${port}`)
})

/** Waits until west has heard of a service that east has exported just now. */
async function hearsOf(name: string): Promise<void> {
  const { east, west } = peers
  await east.startService(name)
  await exportTo(east, 'west', name)
  await until(`west hears of ${name}`, async () => {
    const found = await west.agent.call('GET', `/v1/health/connect/${name}?peer=east`)
    expect(found).not.toEqual([])
  })
}
