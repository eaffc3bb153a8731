// Several mesh gateways on each side of a peering, known by address and by host name; some die, some move.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proxyIsReady } from '../../src/sandbox/proxy.ts'
import type { Datacenter, Gateway } from '../support/datacenter.ts'
import { dialsPeer, exportTo, linkPeers, type Peers, startPeers } from '../support/peers.ts'
import { CHECK_INTERVAL, type Service } from '../support/service.ts'
import { until } from '../support/until.ts'

const APIS = { 'tcp-api': 'tcp', 'http-api': 'http' } as const
const ANSWER = { datacenter: 'west' }

let peers: Peers
let web: Service
let near: readonly [Gateway, Gateway]
let far: readonly [Gateway, Gateway]

beforeAll(async () => {
  peers = await startPeers()
  const { east, west } = peers
  await linkPeers(east, west)
  near = [await east.startGateway(), await east.startGateway()]
  far = [await west.startGateway(), await west.startGateway()]
  for (const [name, protocol] of Object.entries(APIS)) {
    await west.setProtocol(name, protocol)
    await west.startService(name, { protocol })
  }
  await exportTo(west, 'east', ...Object.keys(APIS))
  const upstreams = Object.fromEntries(Object.keys(APIS).map(name => [name, { DestinationPeer: 'west' }]))
  web = await east.startService('web', { upstreams })
})

afterAll(() => peers?.mesh.stop())

async function webIsAnswered(): Promise<void> {
  for (const [name, protocol] of Object.entries(APIS)) await web.reachesOver(protocol, name, ANSWER)
}

test('requests use all gateways of the peer', async () => {
  await dialsPeer(web, 'tcp-api', far[0].wan, far[1].wan)
  const traffic = web.keepAsking('tcp-api')
  const path = await peers.mesh.pathOf(() => traffic.flows())
  await traffic.stop()
  expect(path).toEqual(expect.arrayContaining(['web -> west gateway (wan)', 'web -> west gateway 2 (wan)']))
  expect(traffic.failures).toEqual([])
})

test('in mode local they use all gateways of both sides', async () => {
  await peers.east.setMode('local')
  await dialsPeer(web, 'tcp-api', near[0].lan, near[1].lan)
  const traffic = web.keepAsking('tcp-api')
  const path = await peers.mesh.pathOf(() => traffic.flows(200))
  await traffic.stop()
  for (const from of ['east gateway', 'east gateway 2']) {
    for (const to of ['west gateway (wan)', 'west gateway 2 (wan)']) expect(path).toContain(`${from} -> ${to}`)
  }
  expect(traffic.failures).toEqual([])
  await peers.east.setMode('remote')
})

test('one gateway of the peer dies: requests go on through the other', async () => {
  await far[0].proxy.child.kill()
  await dialsPeerHealthy(far[1])
  await webIsAnswered()
  const traffic = web.keepAsking('tcp-api')
  await traffic.flows(100)
  await traffic.stop()
  expect(traffic.failures).toEqual([])
})

/** Waits until this is the only gateway in use. */
function dialsPeerHealthy(gateway: Gateway): Promise<void> {
  return until('one gateway of the peer is in use', async () => {
    const hosts = (await web.sidecar.admin.hosts()).filter(host => host.cluster.startsWith('tcp-api.'))
    const healthy = hosts.filter(host => host.isHealthy).map(host => host.address)
    expect(healthy).toEqual([`${gateway.wan.address}:${gateway.wan.port}`])
  })
}

describe('gateways known by host name', () => {
  /** Gives a gateway a host name in place of its address, as where a load balancer stands in front of it. */
  async function nameGateway(datacenter: Datacenter, id: string, gateway: Gateway): Promise<void> {
    const { lan } = gateway
    const port = await peers.mesh.loopback.port('127.0.0.1', 0)
    const binds = { lan: { Address: lan.address, Port: lan.port }, front: { Address: '127.0.0.1', Port: port } }
    await datacenter.agent.call('PUT', '/v1/agent/service/register', {
      ...{ Kind: 'mesh-gateway', ID: id, Name: 'mesh-gateway', Address: lan.address, Port: lan.port },
      TaggedAddresses: { lan: binds.lan, wan: { Address: 'localhost', Port: port } },
      Proxy: { Config: { envoy_gateway_no_default_bind: true, envoy_gateway_bind_addresses: binds } },
      Check: { TCP: `${lan.address}:${lan.port}`, Interval: CHECK_INTERVAL },
    })
    peers.mesh.names.set(`127.0.0.1:${port}`, `${id} (name)`)
  }

  beforeAll(async () => {
    const third = await peers.west.startGateway()
    await nameGateway(peers.west, 'west-gateway-2', far[1])
    await nameGateway(peers.west, 'west-gateway-3', third)
    far = [far[1], third]
  })

  test('are noticed when they take the place of addresses, by sidecars', async () => {
    await until('web dials a name', async () => {
      await expect(peers.mesh.pathOf(() => web.ask('tcp-api', 'tcp'))).resolves.toContainEqual(
        expect.stringMatching(/^web -> west-gateway-\d \(name\)$/),
      )
    })
    await webIsAnswered()
  })

  test('and by gateways, which stay up and go on for new Envoys too', async () => {
    await peers.east.setMode('local')
    await dialsPeer(web, 'tcp-api', near[0].lan, near[1].lan)
    await webIsAnswered()
    const fresh = await peers.east.startGateway()
    await proxyIsReady(fresh.proxy, {})
    await dialsPeer(web, 'tcp-api', near[0].lan, near[1].lan, fresh.lan)
    await webIsAnswered()
    for (const { proxy } of [...near, ...far, fresh]) {
      const stats = await proxy.admin.stats('update_rejected$')
      expect([...stats.values()].reduce((sum, count) => sum + count, 0)).toBe(0)
    }
  })

  test('one of two dies: the other name is dialled', async () => {
    await peers.east.setMode('remote')
    await until('web dials a name again', async () => {
      await expect(peers.mesh.pathOf(() => web.ask('tcp-api', 'tcp'))).resolves.toContainEqual(
        expect.stringMatching(/^web -> west-gateway-\d \(name\)$/),
      )
    })
    const path = await peers.mesh.pathOf(() => web.ask('tcp-api', 'tcp'))
    const used = path.some(hop => hop.includes('west-gateway-2')) ? 0 : 1
    await far[used]?.proxy.child.kill()
    await webIsAnswered()
  })
})
