// Peering with a real Consul: who dials, who exports, and through which gateways, with Envoys of both sides.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { spell } from '../../src/sandbox/loopback.ts'
import { CONSUL_BIN, startConsulDatacenter } from '../support/consul-datacenter.ts'
import type { Datacenter, Gateway } from '../support/datacenter.ts'
import { dialsPeer, exportTo, linkPeers, type Peers, peerIs, startPeers } from '../support/peers.ts'
import type { Protocol } from '../support/protocols.ts'
import type { Service } from '../support/service.ts'
import { until } from '../support/until.ts'

const PROTOCOLS = ['tcp', 'http', 'grpc'] as const satisfies readonly Protocol[]

let peers: Peers
const sides = new Map<Datacenter, { readonly gateway: Gateway; readonly caller: Service; readonly stranger: Service }>()

/** The services that a side exports are named after it. */
const nameOf = (of: Datacenter, protocol: Protocol) => `${of.name}-${protocol}`
const exportsOf = (of: Datacenter) => PROTOCOLS.map(protocol => nameOf(of, protocol))
const otherOf = (side: Datacenter) => (side === peers.east ? peers.west : peers.east)

function partsOf(side: Datacenter) {
  const parts = sides.get(side)
  if (parts === undefined) throw new Error(`${side.name} has not been started`)
  return parts
}

async function startSide(side: Datacenter): Promise<void> {
  const peer = otherOf(side)
  const gateway = await side.startGateway()
  // Rules come first: Consul's Envoys serve connections from before a change as before, for ten minutes.
  const Sources = [
    { Name: `${peer.name}-web`, Peer: peer.name, Action: 'allow' },
    { Name: '*', Peer: peer.name, Action: 'deny' },
  ]
  for (const Name of exportsOf(side)) await side.write({ Kind: 'service-intentions', Name, Sources })
  for (const protocol of PROTOCOLS) {
    await side.setProtocol(nameOf(side, protocol), protocol)
    await side.startService(nameOf(side, protocol), { protocol })
  }
  const upstreams = Object.fromEntries(exportsOf(peer).map(name => [name, { DestinationPeer: peer.name }]))
  const caller = await side.startService(`${side.name}-web`, { upstreams })
  sides.set(side, { gateway, caller, stranger: await side.startService(`${side.name}-shop`, { upstreams }) })
  await exportTo(side, peer.name, ...exportsOf(side))
}

/** What one side knows of a service of the other. */
function imports(side: Datacenter, service: string, expected: object): Promise<void> {
  return until(`${side.name} knows ${service} as it is`, async () => {
    const found = await side.agent.call('GET', `/v1/health/service/${service}?peer=${otherOf(side).name}`)
    expect(found).toMatchObject([expected])
  })
}

async function reachesAll(side: Datacenter): Promise<void> {
  const peer = otherOf(side)
  for (const protocol of PROTOCOLS) {
    await partsOf(side).caller.reachesOver(protocol, nameOf(peer, protocol), { datacenter: peer.name })
  }
}

async function unlink(side: Datacenter): Promise<void> {
  const peer = otherOf(side)
  await side.agent.call('DELETE', `/v1/peering/${peer.name}`)
  await peerIs(peer, side.name, { State: 'TERMINATED' })
  await until(`nothing of ${side.name} is left`, async () => {
    const service = exportsOf(side)[0]
    expect(await peer.agent.call('GET', `/v1/health/service/${service}?peer=${side.name}`)).toEqual([])
  })
  await peer.agent.call('DELETE', `/v1/peering/${side.name}`)
  for (const each of [side, peer]) {
    await until(`${each.name} has no peering`, async () => {
      expect(await each.agent.call('GET', '/v1/peerings')).toEqual([])
    })
  }
}

describe.skipIf(CONSUL_BIN === '')('peering with Consul', () => {
  beforeAll(async () => {
    peers = await startPeers(startConsulDatacenter)
    for (const side of [peers.east, peers.west]) await startSide(side)
  })

  afterAll(() => peers?.mesh.stop())

  describe.each([
    ['we dial', () => peers.west, () => peers.east],
    ['Consul dials', () => peers.east, () => peers.west],
  ])('%s', (_, acceptor, dialer) => {
    beforeAll(() => linkPeers(acceptor(), dialer()))

    test.each([
      ['we export', () => peers.east],
      ['Consul exports', () => peers.west],
    ])('and %s: instances and gateways arrive with their addresses', async (_title, exporter) => {
      const side = exporter()
      const importer = otherOf(side)
      for (const protocol of PROTOCOLS) {
        const name = nameOf(side, protocol)
        await imports(importer, name, {
          Node: { Node: `${side.name}-server`, PeerName: side.name, Address: side.agent.plan.server.address },
          Service: { Service: name, PeerName: side.name, Port: 9090 },
          Checks: [{ Status: 'passing' }],
        })
        const { wan } = partsOf(side).gateway
        await imports(importer, `${name}-sidecar-proxy`, {
          Service: { Kind: 'connect-proxy', TaggedAddresses: { wan: { Address: wan.address, Port: wan.port } } },
          Checks: [{ Status: 'passing' }],
        })
      }
      await peerIs(side, importer.name, { StreamStatus: { ExportedServices: exportsOf(side).sort() } })
      await peerIs(importer, side.name, { StreamStatus: { ImportedServices: exportsOf(side).sort() } })
    })

    test('requests go both ways, straight to the gateways of the other side', async () => {
      for (const side of [peers.east, peers.west]) {
        const { caller } = partsOf(side)
        await dialsPeer(caller, exportsOf(otherOf(side))[0] ?? '', partsOf(otherOf(side)).gateway.wan)
        await reachesAll(side)
      }
    })

    test('and through the gateways of both in mode local', async () => {
      for (const side of [peers.east, peers.west]) {
        await side.setMode('local')
        const { caller, gateway } = partsOf(side)
        await dialsPeer(caller, exportsOf(otherOf(side))[0] ?? '', gateway.lan)
        await reachesAll(side)
        await side.setMode('remote')
      }
    })

    test('what is not exported any more goes', async () => {
      for (const side of [peers.east, peers.west]) {
        const importer = otherOf(side)
        const [kept = '', ...gone] = exportsOf(side)
        await exportTo(side, importer.name, kept)
        for (const name of gone) {
          await until(`${importer.name} does not know ${name} any more`, async () => {
            expect(await importer.agent.call('GET', `/v1/health/service/${name}?peer=${side.name}`)).toEqual([])
          })
        }
        await exportTo(side, importer.name, ...exportsOf(side))
        await reachesAll(importer)
      }
    })

    test('intentions of each side name callers of the other', async () => {
      for (const side of [peers.east, peers.west]) {
        const peer = otherOf(side)
        await reachesAll(side)
        // Consul's sidecars of gRPC services do not pass on who calls, so nobody can be refused there.
        for (const protocol of peer === peers.west ? (['tcp', 'http'] as const) : PROTOCOLS) {
          await expect(partsOf(side).stranger.ask(nameOf(peer, protocol), protocol)).rejects.toThrow()
        }
      }
    })

    test('either side may end it', async () => {
      await unlink(acceptor())
      await linkPeers(acceptor(), dialer())
      await reachesAll(peers.east)
      await unlink(dialer())
    })
  })

  describe('with servers behind gateways', () => {
    beforeAll(async () => {
      for (const side of [peers.east, peers.west]) {
        // Consul refuses a name here, even the only one there is.
        await side.agent.call('PUT', '/v1/config', { Kind: 'mesh', Peering: { PeerThroughMeshGateways: true } })
      }
    })

    test.each([
      ['we dial', () => peers.west, () => peers.east],
      ['Consul dials', () => peers.east, () => peers.west],
    ])('%s', async (_, acceptor, dialer) => {
      await until('the gateways lead to the servers', () => linkPeers(acceptor(), dialer()))
      const { wan } = partsOf(acceptor()).gateway
      await peerIs(dialer(), acceptor().name, { PeerServerAddresses: [spell(wan)] })
      await reachesAll(peers.east)
      await reachesAll(peers.west)
      await unlink(dialer())
    })
  })
})
