import { describe, expect, it } from 'vitest'
import { linkRawPeer } from '../../../test/fakes/raw-peer.ts'
import { startRelay } from '../../../test/fakes/tcp-relay.ts'
import { startPeerCluster } from '../../../test/support/peer-cluster.ts'
import { until } from '../../../test/support/until.ts'
import type { ProbeTarget } from '../../core/peering/doctor/probe.ts'
import { decodeToken, type PeeringToken } from '../../core/peering/token.ts'
import { ExportedServiceListMessage, RESOURCE_URLS } from '../../core/peering/wire/peerstream.ts'
import { knock } from './knock.ts'
import { connectPeer, exchangeSecret } from './peer-client.ts'
import { digestOf } from './secrets.ts'

const EAST = { address: '127.62.0.2', clusterId: '11111111-0000-0000-0000-000000000001' }
const WEST = { address: '127.62.0.3', clusterId: '22222222-0000-0000-0000-000000000002' }
const STRANGER = { address: '127.62.0.4', clusterId: '33333333-0000-0000-0000-000000000003' }

/** Two linked clusters; west dials east through a relay. */
async function startLinked() {
  const [east, west] = await Promise.all([startPeerCluster('east', EAST), startPeerCluster('west', WEST)])
  const relay = await startRelay(east.address)
  await west.establish('east', await east.generate('west', { ServerExternalAddresses: [relay.address] }))
  await until('both sides are active', () => {
    expect([east.state('west'), west.state('east')]).toEqual(['ACTIVE', 'ACTIVE'])
  })
  return { east, west, relay }
}

function tokenOf(text: string): PeeringToken {
  const token = decodeToken(text)
  if (!token.ok) throw new Error('it is no token')
  return token.value
}

describe('the doctor of a cluster', () => {
  it('finds nothing broken in a link that works, from either side', async () => {
    const { east, west } = await startLinked()
    await until('the heartbeats are there', async () => {
      const nothing = 'warn exports : nothing is exported to the peer, and nothing is imported'
      expect(await west.diagnose('east')).toEqual([nothing])
      expect(await east.diagnose('west')).toEqual([nothing])
    })
  })

  it('names the hop when nobody can be reached', async () => {
    const { west, relay } = await startLinked()
    relay.cut()
    await until('the link is seen to be broken', async () => {
      const found = await west.diagnose('east')
      expect(found[0]).toContain('failed state : FAILING')
      expect(found[1]).toContain(`failed tls ${relay.address}: no trusted answer over TLS`)
    })
  })

  it('finds that the other side does not want us any more', async () => {
    const { east, west, relay } = await startLinked()
    relay.cut()
    // Somebody else has come with a newer token: our secret is not good any more.
    const { EstablishmentSecret, PeerID, ServerName, CA } = tokenOf(await east.generate('west'))
    const signal = new AbortController().signal
    const client = await connectPeer(east.address, { serverName: ServerName, authorities: CA }, signal)
    const secret = { peerId: PeerID, establishmentSecret: EstablishmentSecret, attempt: 'another' }
    const pending = digestOf(await exchangeSecret(client, secret))
    client.close()
    const remote = { Partition: '', Datacenter: 'else' }
    await east.submit({ type: 'open-stream', id: PeerID, secret: pending, remote })
    relay.mend()
    await until('the refusal is seen', async () => {
      expect(await west.diagnose('east')).toContain(
        'failed secret : the peer refuses us: invalid peering stream secret',
      )
    })
  })

  it('tells what one side does not take of the other, until it does', async () => {
    const east = await startPeerCluster('east', EAST)
    await east.register('web')
    await east.export('stranger', 'web')
    const peer = (await linkRawPeer(await east.generate('stranger'))).open()
    peer.send({ request: { PeerID: '', ResponseNonce: '', ResourceURL: RESOURCE_URLS.service, Error: undefined } })
    const nonceOf = (id: string) =>
      peer.received.findLast(frame => frame.response?.ResourceID === id)?.response?.Nonce ?? ''
    const answer = (refusal: { code: number; message: string } | undefined) =>
      peer.send({
        request: { PeerID: '', ResponseNonce: nonceOf('web'), ResourceURL: RESOURCE_URLS.service, Error: refusal },
      })
    await until('the service was sent', () => expect(nonceOf('web')).not.toBe(''))
    answer({ code: 3, message: 'no room' })
    peer.upsert('service', 'db', Buffer.from('0a05', 'hex'), 'n1')
    await until('both refusals are told', async () => {
      const found = await east.diagnose('stranger')
      expect(found).toContain('failed exports web: the peer refuses it: no room')
      expect(found).toContainEqual(expect.stringMatching(/^failed imports db: this cluster refuses it: /))
    })
    const before = nonceOf('web')
    await east.register('web', 'critical')
    await until('the service is sent anew', () => expect(nonceOf('web')).not.toBe(before))
    answer(undefined)
    peer.upsert('list', 'exported-service-list', ExportedServiceListMessage.encode({ Services: ['api'] }), 'n2')
    await until('nothing is refused any more', async () => {
      expect((await east.diagnose('stranger')).filter(line => line.includes('refuses'))).toEqual([])
    })
  })

  it('does not know what is not there', async () => {
    const east = await startPeerCluster('east', EAST)
    await expect(east.diagnose('west')).rejects.toThrow('Peering not found for "west"')
  })
})

describe('knocking', () => {
  const at = (address: string, tls?: ProbeTarget['tls']) => knock({ purpose: 'peer-server', address, tls })

  it('tells names, connections and certificates apart', async () => {
    const [east, stranger] = await Promise.all([startPeerCluster('east', EAST), startPeerCluster('else', STRANGER)])
    const roots = (cluster: typeof east) => cluster.store.get('caRoots', '')?.Roots.map(root => root.RootCert) ?? []
    const good = { serverName: `server.east.peering.${EAST.clusterId}.consul`, authorities: roots(east) }
    expect(await at(east.address, good)).toMatchObject({ failed: 'done', problem: '' })
    expect(await at(east.address)).toMatchObject({ failed: 'done' })
    expect(await at('nowhere')).toMatchObject({ failed: 'names', problem: 'it is not host:port' })
    expect(await at('no-such-host.invalid:1')).toMatchObject({ failed: 'names' })
    expect(await at('127.62.0.5:1')).toMatchObject({ failed: 'connect', problem: 'nobody listens there' })
    expect(await at(stranger.address, good)).toMatchObject({
      ...{ failed: 'tls', problem: 'its certificate is from an authority that the token does not name' },
    })
    const wrongName = { ...good, serverName: 'server.west.peering.x' }
    expect(await at(east.address, wrongName)).toMatchObject({
      failed: 'tls',
      problem: expect.stringContaining('not for server.west.peering.x'),
    })
  })
})
