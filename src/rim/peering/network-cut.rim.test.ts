import { expect, it } from 'vitest'
import { startRelay } from '../../../test/fakes/tcp-relay.ts'
import { checkRow, nodeRow, registering, serviceRow } from '../../../test/support/catalog-rows.ts'
import { type PeerCluster, startPeerCluster } from '../../../test/support/peer-cluster.ts'
import { until } from '../../../test/support/until.ts'
import { joinKey } from '../../core/model/tenancy.ts'
import { isStale } from '../../core/peering/state.ts'
import { trackedPeering } from '../../core/queries/peerings.ts'
import type { Command } from '../../core/store/commands.ts'

const EAST = { address: '127.62.0.6', clusterId: '11111111-0000-0000-0000-000000000001' }
const WEST = { address: '127.62.0.7', clusterId: '22222222-0000-0000-0000-000000000002' }

const SERVICES = Array.from({ length: 1_000 }, (_, i) => `s${String(i).padStart(4, '0')}`)
const CHANGED = SERVICES.filter((_, i) => i % 3 === 0)
const UNCHANGED = SERVICES.filter((_, i) => i % 3 === 1)
const WITHDRAWN = SERVICES.filter((_, i) => i % 3 === 2)

/** Two linked clusters with a clock that can be put forward; west dials east through a wire that can fall silent. */
async function startLinked() {
  let skipped = 0
  const now = () => Date.now() + skipped
  const [east, west] = await Promise.all([
    startPeerCluster('east', { ...EAST, now }),
    startPeerCluster('west', { ...WEST, now }),
  ])
  const relay = await startRelay(east.address)
  await west.establish('east', await east.generate('west', { ServerExternalAddresses: [relay.address] }))
  await until('the link is up', () => expect([east.state('west'), west.state('east')]).toEqual(['ACTIVE', 'ACTIVE']))
  const skip = (ms: number) => {
    skipped += ms
  }
  return { east, west, relay, skip }
}

function service(name: string, Status: 'passing' | 'critical' = 'passing'): Command {
  return registering(nodeRow('a'), [serviceRow('a', name)], [checkRow('a', `c-${name}`, { ServiceID: name, Status })])
}

/** What a cluster has of a peer, or of its own (''), as one text for each service. */
function known(cluster: PeerCluster, peer: string): readonly string[] {
  const owner = joinKey('default', peer)
  return cluster.store
    .list('checks', 'all', owner)
    .filter(check => check.ServiceID !== '')
    .map(check => `${check.ServiceName} ${check.Status}`)
    .sort()
}

function stale(cluster: PeerCluster, peer: string): boolean {
  const tracked = cluster.store.read(trackedPeering, { partition: 'default', peer }).value
  return tracked !== undefined && isStale(tracked.row, tracked.stream)
}

it('a network that is gone for minutes leaves a thousand services as they were, and they catch up when it is back', async () => {
  const { east, west, relay, skip } = await startLinked()
  await west.submit(service('own'))
  await east.submit(...SERVICES.map(name => service(name)))
  await Promise.all([east.export('west', ...SERVICES), west.export('east', 'own')])
  const before = SERVICES.map(name => `${name} passing`)
  await until('everything has come', () =>
    expect([known(west, 'east'), known(east, 'west')]).toEqual([before, ['own passing']]),
  )
  const own = west.store.list('services', 'all', joinKey('default', ''))

  relay.silence()
  skip(121_000)
  await until('both sides notice that nothing is heard', () => {
    expect([east.state('west'), west.state('east')]).toEqual(['FAILING', 'FAILING'])
  })
  await east.submit(...CHANGED.map(name => service(name, 'critical')))
  await east.export('west', ...CHANGED, ...UNCHANGED)
  expect([stale(east, 'west'), stale(west, 'east')]).toEqual([true, true])
  expect(known(west, 'east')).toEqual(before)
  expect(known(east, 'west')).toEqual(['own passing'])
  expect(await west.diagnose('east')).toContain('warn imports : what was imported may be old: the link is down')

  relay.mend()
  const after = [...CHANGED.map(name => `${name} critical`), ...UNCHANGED.map(name => `${name} passing`)].sort()
  await until('everything has caught up', () => expect(known(west, 'east')).toEqual(after))
  await until('the link is up', () => expect([east.state('west'), west.state('east')]).toEqual(['ACTIVE', 'ACTIVE']))
  expect([stale(east, 'west'), stale(west, 'east')]).toEqual([false, false])
  expect(west.store.list('services', 'all', joinKey('default', WITHDRAWN[0] ?? ''))).toEqual([])
  expect(west.store.list('services', 'all', joinKey('default', ''))).toEqual(own)
})
