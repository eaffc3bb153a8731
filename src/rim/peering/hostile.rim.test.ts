import { describe, expect, it } from 'vitest'
import { TEST_CA } from '../../../test/fakes/ca-certificate.ts'
import { linkRawPeer, RawPeer } from '../../../test/fakes/raw-peer.ts'
import { type PeerCluster, startPeerCluster } from '../../../test/support/peer-cluster.ts'
import { until } from '../../../test/support/until.ts'
import { joinKey } from '../../core/model/tenancy.ts'
import { MAX_BYTES } from '../../core/peering/import-limits.ts'
import {
  ExportedServiceListMessage,
  ExportedServiceMessage,
  TrustBundleMessage,
} from '../../core/peering/wire/peerstream.ts'
import { WireNode, WireService } from '../../core/peering/wire/service.ts'

const CLUSTER_ID = '11111111-0000-0000-0000-000000000001'
const EMPTY = new Uint8Array()

async function start() {
  const cluster = await startPeerCluster('east', { address: '127.62.0.1', clusterId: CLUSTER_ID })
  const link = await linkRawPeer(await cluster.generate('stranger'))
  return { cluster, link }
}

function endsWith(peer: RawPeer, code: number, details: string): Promise<void> {
  return until('the stream is ended', () => {
    expect(peer.ended?.code).toBe(code)
    expect(peer.ended?.details).toContain(details)
  })
}

function answers(peer: RawPeer, nonce: string, text: string): Promise<void> {
  return until(`${nonce} is answered`, () => expect(peer.answerTo(nonce)).toContain(text))
}

function instances(service: string, count: number, output = ''): Uint8Array {
  const Nodes = Array.from({ length: count }, (_, i) => ({
    Node: { ...WireNode.decode(EMPTY), Node: `n${i}`, Address: '10.0.0.1', Meta: new Map([['k', output]]) },
    Service: { ...WireService.decode(EMPTY), Service: service, ID: `${service}-${i}`, Meta: new Map([['k', output]]) },
    Checks: [],
  }))
  return ExportedServiceMessage.encode({ Nodes })
}

function rowsOf(cluster: PeerCluster, peer: string): readonly unknown[] {
  return (['nodes', 'services', 'checks'] as const).flatMap(table =>
    cluster.store.list(table, 'all', joinKey('default', peer)),
  )
}

describe('a stranger', () => {
  it('is told nothing without the right secret', async () => {
    const { link } = await start()
    await endsWith(link.open({ StreamSecretID: 'guess' }), 7, 'invalid peering stream secret')
    await endsWith(link.open({ PeerID: 'nobody', StreamSecretID: 'guess' }), 3, 'there is no peering')
    await endsWith(link.open({ PeerID: '' }), 3, 'open has no PeerID')
  })

  it.each([
    ['something else than open', Buffer.from('2a00', 'hex')],
    ['no message', Buffer.from('ffff', 'hex')],
    ['a first frame without end', Buffer.alloc(20_000, 0x0a)],
  ])('that begins with %s is sent away', async (_, bytes) => {
    const { link } = await start()
    const peer = new RawPeer(link.client)
    peer.write(bytes)
    await endsWith(peer, 3, 'the first frame must be open')
  })

  it('with a secret has one stream: the newest', async () => {
    const { link } = await start()
    const first = link.open()
    await until('the first is open', () => expect(first.received.length).toBeGreaterThan(0))
    const second = link.open()
    await endsWith(first, 10, 'another stream has taken over')
    expect(second.ended).toBeUndefined()
  })

  it('that opens streams without end has to wait', async () => {
    const { link } = await start()
    const peers = Array.from({ length: 20 }, () => link.open())
    await until('some are sent away', () => {
      expect(
        peers.filter(peer => peer.ended?.code === 14 && peer.ended.details.includes('too often')).length,
      ).toBeGreaterThan(5)
    })
  })
})

describe('a peer that lies', () => {
  it('cannot speak for our trust domain, nor for none', async () => {
    const { cluster, link } = await start()
    const peer = link.open()
    const bundle = (TrustDomain: string) => TrustBundleMessage.encode({ TrustDomain, RootPEMs: [TEST_CA] })
    peer.upsert('bundle', 'roots', bundle(`${CLUSTER_ID}.consul`), 'n1')
    peer.upsert('bundle', 'roots', bundle('a b'), 'n2')
    await answers(peer, 'n1', "this cluster's own")
    await answers(peer, 'n2', 'is not a trust domain')
    expect(cluster.store.list('peerTrustBundles', 'all', '')).toEqual([])
  })

  it('cannot name instances of another service, nor make the stream fall', async () => {
    const { cluster, link } = await start()
    const peer = link.open()
    peer.upsert('service', 'web', instances('db', 1), 'n1')
    peer.upsert('addresses', 'server-addrs', EMPTY, 'n2')
    peer.upsert('service', 'web', Buffer.from('0a05', 'hex'), 'n3')
    peer.upsert('service', 'web', instances('web', 1), 'n4')
    await answers(peer, 'n1', 'Service.Service is another service')
    await answers(peer, 'n2', 'was not asked for')
    await answers(peer, 'n3', 'cannot be decoded')
    await answers(peer, 'n4', 'ack')
    expect(cluster.imported('stranger', 'web')).toEqual(['web-0 unchecked'])
  })

  it('changes nothing that is not its own', async () => {
    const { cluster, link } = await start()
    await cluster.register('web')
    const own = rowsOf(cluster, '')
    const peer = link.open()
    peer.upsert('service', 'web', instances('web', 3), 'n1')
    peer.upsert('list', 'exported-service-list', EMPTY, 'n2')
    await answers(peer, 'n2', 'ack')
    expect(rowsOf(cluster, '')).toEqual(own)
    expect(rowsOf(cluster, 'stranger')).toEqual([])
  })
})

describe('a peer that floods', () => {
  it('is held to what it may take, keeps what fits, and has room again when it takes less', async () => {
    const { cluster, link } = await start()
    const peer = link.open()
    const large = 'x'.repeat(1_000)
    for (let i = 0; i < 30; i++) peer.upsert('service', `s${i}`, instances(`s${i}`, 400, large), `n${i}`)
    await answers(peer, 'n29', '8: all that is imported would take more than')
    expect(peer.answerTo('n0')).toBe('ack')
    const kept = cluster.store.list('services', 'all', joinKey('default', 'stranger')).length
    expect(kept).toBeGreaterThan(400)
    expect(kept).toBeLessThan(6_000)

    peer.upsert('list', 'exported-service-list', ExportedServiceListMessage.encode({ Services: ['s29'] }), 'list')
    peer.upsert('service', 's29', instances('s29', 400, large), 'again')
    await answers(peer, 'again', 'ack')
    expect(cluster.store.list('services', 'all', joinKey('default', 'stranger'))).toHaveLength(400)
    expect(peer.ended).toBeUndefined()
  })

  it('with a frame that is too large is sent away', async () => {
    const { link } = await start()
    const peer = link.open()
    await until('the stream is open', () => expect(peer.received.length).toBeGreaterThan(0))
    peer.write(Buffer.alloc(MAX_BYTES.frame + 1))
    await endsWith(peer, 8, 'a frame is larger than')
  })

  it('still gets a word in edgeways: its end is heard', async () => {
    const { cluster, link } = await start()
    const peer = link.open()
    for (let i = 0; i < 300; i++) peer.upsert('service', `s${i}`, instances(`s${i}`, 5), `n${i}`)
    await answers(peer, 'n299', 'ack')
    peer.send({ terminated: {} })
    await until('the peering has ended', () => expect(cluster.state('stranger')).toBe('TERMINATED'))
    await until('nothing is left', () => expect(rowsOf(cluster, 'stranger')).toEqual([]))
  })
})
