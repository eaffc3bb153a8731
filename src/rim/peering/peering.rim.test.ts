import { describe, expect, it } from 'vitest'
import { startRelay } from '../../../test/fakes/tcp-relay.ts'
import { type PeerCluster, startPeerCluster } from '../../../test/support/peer-cluster.ts'
import { until } from '../../../test/support/until.ts'
import { joinKey } from '../../core/model/tenancy.ts'
import { decodeToken } from '../../core/peering/token.ts'
import { defineQuery } from '../../core/store/view.ts'
import { connectPeer, exchangeSecret } from './peer-client.ts'

const EAST = { address: '127.61.0.1', clusterId: '11111111-0000-0000-0000-000000000001' }
const WEST = { address: '127.61.0.2', clusterId: '22222222-0000-0000-0000-000000000002' }

/** Two clusters; west dials east, through a relay that can be cut. */
async function startPair() {
  const [east, west] = await Promise.all([startPeerCluster('east', EAST), startPeerCluster('west', WEST)])
  const relay = await startRelay(east.address)
  const token = await east.generate('west', { ServerExternalAddresses: [relay.address] })
  return { east, west, relay, token }
}

async function startLinked() {
  const pair = await startPair()
  await pair.west.establish('east', pair.token)
  await areActive(pair)
  return pair
}

function areActive({ east, west }: { readonly east: PeerCluster; readonly west: PeerCluster }): Promise<void> {
  return until('both sides are active', () => {
    expect([east.state('west'), west.state('east')]).toEqual(['ACTIVE', 'ACTIVE'])
  })
}

function imports(cluster: PeerCluster, peer: string, service: string, ...expected: readonly string[]): Promise<void> {
  return until(`${service} of ${peer} is ${expected.join() || 'gone'}`, () => {
    expect(cluster.imported(peer, service)).toEqual(expected)
  })
}

function rowsOf(cluster: PeerCluster, peer: string): readonly unknown[] {
  return (['nodes', 'services', 'checks'] as const).flatMap(table =>
    cluster.store.list(table, 'all', joinKey('default', peer)),
  )
}

describe('two clusters', () => {
  it('are linked by a token, and know each other by trust and place', async () => {
    const { east, west } = await startLinked()
    await until('each has the roots of the other', () => {
      const bundles = [east, west].map(each => each.store.list('peerTrustBundles', 'all', ''))
      expect(bundles).toMatchObject([
        [{ PeerName: 'west', TrustDomain: `${WEST.clusterId}.consul` }],
        [{ PeerName: 'east', TrustDomain: `${EAST.clusterId}.consul` }],
      ])
    })
    expect(east.store.get('peerings', joinKey('default', 'west'))).toMatchObject({
      ...{ State: 'PENDING', Remote: { Partition: '', Datacenter: 'west' } },
    })
    await until('the addresses of the servers have come', () => {
      const row = west.store.get('peerings', joinKey('default', 'east'))
      expect(row).toMatchObject({ State: 'ESTABLISHING', PeerServerAddresses: [east.address] })
    })
  })

  it('share what is exported, and follow every change of it', async () => {
    const { east, west } = await startLinked()
    await east.register('web')
    await east.export('west', 'web')
    await imports(west, 'east', 'web', 'web passing')
    await imports(west, 'east', 'web-sidecar-proxy', 'web-sidecar-proxy-instance-0 passing')
    await east.register('web', 'critical')
    await imports(west, 'east', 'web', 'web critical')
    await imports(west, 'east', 'web-sidecar-proxy', 'web-sidecar-proxy-instance-0 critical')
    await east.register('web')
    await imports(west, 'east', 'web', 'web passing')
    await east.export('west')
    await until('nothing is left', () => expect(rowsOf(west, 'east')).toEqual([]))
  })

  it('share both ways, and never touch what is their own', async () => {
    const { east, west } = await startLinked()
    await Promise.all([east.register('web'), west.register('web')])
    const own = rowsOf(west, '')
    await Promise.all([east.export('west', 'web'), west.export('east', 'web')])
    await imports(west, 'east', 'web', 'web passing')
    await imports(east, 'west', 'web', 'web passing')
    expect(rowsOf(west, '')).toEqual(own)
    await east.delete('west')
    await until('the other side has heard of the end', () => expect(west.state('east')).toBe('TERMINATED'))
    await until('nothing is left', () => expect([...rowsOf(west, 'east'), ...rowsOf(east, 'west')]).toEqual([]))
    expect(rowsOf(west, '')).toEqual(own)
  })

  it('send only what has changed', async () => {
    const { east, west } = await startLinked()
    await Promise.all([east.register('web'), east.register('api')])
    await east.export('west', 'web', 'api')
    await imports(west, 'east', 'web', 'web passing')
    await imports(west, 'east', 'api', 'api passing')
    const [before] = west.store.list('services', 'name', joinKey('default', 'default', 'east', 'api'))
    await east.register('web', 'critical')
    await imports(west, 'east', 'web', 'web critical')
    expect(west.store.list('services', 'name', joinKey('default', 'default', 'east', 'api'))[0]).toBe(before)
  })
})

describe('a token', () => {
  it('is taken by exactly one of many who try at once', async () => {
    const { east, token } = await startPair()
    const decoded = decodeToken(token)
    if (!decoded.ok) throw new Error('not a token')
    const { PeerID: peerId, EstablishmentSecret: establishmentSecret, ServerName: serverName, CA } = decoded.value
    const client = await connectPeer(east.address, { serverName, authorities: CA }, AbortSignal.timeout(10_000))
    const tries = Array.from({ length: 300 }, (_, i) =>
      exchangeSecret(client, { peerId, establishmentSecret, attempt: `a${i}` }),
    )
    const outcomes = await Promise.allSettled(tries)
    client.close()
    expect(outcomes.filter(outcome => outcome.status === 'fulfilled')).toHaveLength(1)
    expect(outcomes.find(outcome => outcome.status === 'rejected')?.reason).toMatchObject({ code: 7 })
  })

  it('is refused when it was used by somebody else, and then nothing has changed', async () => {
    const { west, token } = await startLinked()
    const north = await startPeerCluster('north', {
      address: '127.61.0.3',
      clusterId: '33333333-0000-0000-0000-000000000003',
    })
    await expect(north.establish('east', token)).rejects.toThrow('a new token must be generated')
    expect(north.store.list('peerings', 'all', '')).toEqual([])
    expect(west.state('east')).toBe('ACTIVE')
  })

  it('may be taken again by whoever lost the answer', async () => {
    const { east, west, relay, token } = await startPair()
    const query = defineQuery({
      ...{ name: 'test-pending', key: (id: string) => id },
      run: (view, id) => view.get('peeringSecrets', id)?.pending ?? '',
    })
    const id = east.store.list('peerings', 'all', '')[0]?.ID ?? ''
    // The secret is spent, and its answer will never arrive.
    const watch = east.store.watch(query, id, () => relay.cut())
    watch.current()
    await expect(west.establish('east', token)).rejects.toThrow('none of the server addresses can be reached')
    expect(watch.current().value).not.toBe('')
    watch.close()
    expect(west.state('east')).toBe('FAILING')
    relay.mend()
    await west.establish('east', token)
    await areActive({ east, west })
    await west.establish('east', token)
    expect(west.state('east')).toBe('ACTIVE')
  })

  it('is for another cluster, under a name that is free, from a trust domain nobody else has', async () => {
    const { east, west, token } = await startLinked()
    await expect(east.establish('self', await east.generate('self'))).rejects.toThrow('cannot peer with itself')
    await expect(east.establish('self', await west.generate('other'))).rejects.toThrow('expects to be dialed')
    await expect(west.establish('twin', await east.generate('twin'))).rejects.toThrow('has the same trust domain')
    await expect(west.generate('east')).rejects.toThrow('there is already an established peering')
    await expect(west.establish('x', token.slice(0, 100))).rejects.toThrow('PeeringToken')
    await expect(west.generate('No Name')).rejects.toThrow('PeerName: No Name is not a valid peer name')
    await expect(west.generate('x', { ServerExternalAddresses: ['nowhere'] })).rejects.toThrow(
      'ServerExternalAddresses[0]',
    )
  })
})

describe('a broken link', () => {
  it('leaves what was imported, marked as old, and catches up when it is back', async () => {
    const { east, west, relay } = await startLinked()
    await Promise.all([east.register('web'), east.register('api')])
    await east.export('west', 'web', 'api')
    await imports(west, 'east', 'web', 'web passing')
    await imports(west, 'east', 'api', 'api passing')
    relay.cut()
    await until('both sides notice', () =>
      expect([east.state('west'), west.state('east')]).toEqual(['FAILING', 'FAILING']),
    )
    await east.register('web', 'critical')
    await east.export('west', 'web')
    expect(west.imported('east', 'web')).toEqual(['web passing'])
    relay.mend()
    await imports(west, 'east', 'web', 'web critical')
    await imports(west, 'east', 'api')
    await areActive({ east, west })
  })

  it('is made again after the authority of the other side was replaced', async () => {
    const { east, west, relay } = await startLinked()
    await east.rotate()
    await until('the new root has come', () => {
      expect(west.store.list('peerTrustBundles', 'all', '')[0]?.RootPEMs).toHaveLength(2)
    })
    relay.cut()
    await until('the link is broken', () => expect(west.state('east')).toBe('FAILING'))
    relay.mend()
    await areActive({ east, west })
  })
})

describe('the end of a peering', () => {
  it('that the dialling side decides is heard by the other', async () => {
    const { east, west } = await startLinked()
    await west.register('web')
    await west.export('east', 'web')
    await imports(east, 'west', 'web', 'web passing')
    await west.delete('east')
    await until('the record is gone here', () => expect(west.state('east')).toBeUndefined())
    await until('the other side knows', () => expect(east.state('west')).toBe('TERMINATED'))
    await until('nothing is left', () => expect(rowsOf(east, 'west')).toEqual([]))
    expect(east.store.list('peerTrustBundles', 'all', '')).toEqual([])
  })

  it('is heard by a side that was away when it is back', async () => {
    const { east, west, relay } = await startLinked()
    relay.cut()
    await until('the link is broken', () => expect(west.state('east')).toBe('FAILING'))
    await east.delete('west')
    await until('the record is gone', () => expect(east.state('west')).toBeUndefined())
    relay.mend()
    await until('the other side knows', () => expect(west.state('east')).toBe('TERMINATED'))
  })

  it('is not for ever: a new token revives the peering under its name', async () => {
    const { east, west } = await startLinked()
    await west.delete('east')
    await until('the other side knows', () => expect(east.state('west')).toBe('TERMINATED'))
    await until('the record is gone', () => expect(west.state('east')).toBeUndefined())
    await west.establish('east', await east.generate('west'))
    await areActive({ east, west })
  })

  it('comes to a peer that was never there without waiting for it', async () => {
    const { east } = await startPair()
    await east.delete('west')
    await until('the record is gone', () => expect(east.state('west')).toBeUndefined())
    await east.delete('west')
  })
})
