import { describe, expect, it } from 'vitest'
import { checkRow, nodeRow, registering, serviceRow } from '../../../test/support/catalog-rows.ts'
import {
  acceptedPeering,
  applyTo,
  dialerRow,
  importedInstance,
  importing,
  PEER_DOMAIN,
  refusalOf,
  storeAfter,
} from '../../../test/support/peering-rows.ts'
import type { Command } from './commands.ts'
import { reduce } from './reduce.ts'
import type { Store } from './store.ts'

const PEER = 'default\u001feast'
const ids = (store: Store) => store.list('services', 'all', PEER).map(row => `${row.Node}/${row.ID}`)
const nodes = (store: Store) => store.list('nodes', 'all', PEER).map(row => row.Node)
const exported = (...names: readonly string[]): Command => {
  return { type: 'import-list', id: 'id-east', services: names.map(Name => ({ Name, Namespace: 'default' })) }
}

describe('importing', () => {
  it('writes nodes, instances and checks under the name of the peering', () => {
    const store = storeAfter(...acceptedPeering('east'), importing('id-east', 'web', 'n1'))
    expect(store.list('nodes', 'all', PEER)).toMatchObject([{ Node: 'n1', PeerName: 'east', Partition: 'default' }])
    expect(store.list('services', 'all', PEER)).toMatchObject([{ Service: 'web', PeerName: 'east', Node: 'n1' }])
    expect(store.list('checks', 'all', PEER)).toMatchObject([
      { CheckID: 'web-1:overall-check', ServiceID: 'web-1', ServiceName: 'web', PeerName: 'east' },
    ])
  })

  it('replaces the instances of one service and leaves the others', () => {
    const store = storeAfter(
      ...acceptedPeering('east'),
      importing('id-east', 'web', 'n1', 'n2'),
      importing('id-east', 'api', 'n2'),
      importing('id-east', 'web', 'n3'),
    )
    expect(ids(store)).toEqual(['n2/api-1', 'n3/web-1'])
    expect(nodes(store)).toEqual(['n2', 'n3'])
    expect(store.list('checks', 'all', PEER)).toHaveLength(2)
  })

  it('writes only what has changed', () => {
    const store = storeAfter(...acceptedPeering('east'), importing('id-east', 'web', 'n1'))
    expect(reduce(store, importing('id-east', 'web', 'n1'))).toMatchObject({ ok: true, writes: [] })
    const instance = importedInstance('web', 'n1')
    const critical = { ...instance, checks: instance.checks.map(check => ({ ...check, Status: 'critical' as const })) }
    const service = { Name: 'web', Namespace: 'default' }
    const change = reduce(store, { type: 'import-service', id: 'id-east', service, instances: [critical] })
    expect(change.ok && change.writes.map(write => write.table)).toEqual(['checks'])
  })

  it('drops checks that an instance has no more', () => {
    const store = storeAfter(...acceptedPeering('east'), importing('id-east', 'web', 'n1'))
    const service = { Name: 'web', Namespace: 'default' }
    const bare = importedInstance('web', 'n1', { checks: [] })
    applyTo(store, { type: 'import-service', id: 'id-east', service, instances: [bare] })
    expect(store.list('checks', 'all', PEER)).toEqual([])
  })

  it('removes what has left the list, with nodes that hold nothing more', () => {
    const store = storeAfter(
      ...acceptedPeering('east'),
      importing('id-east', 'web', 'n1', 'n2'),
      importing('id-east', 'api', 'n2', 'n3'),
      exported('api'),
    )
    expect(ids(store)).toEqual(['n2/api-1', 'n3/api-1'])
    expect(nodes(store)).toEqual(['n2', 'n3'])
    applyTo(store, exported())
    expect(nodes(store)).toEqual([])
  })

  it('never touches a row of this cluster, whatever names the peer uses', () => {
    const local = registering(
      nodeRow('n1', { ID: 'same' }),
      [serviceRow('n1', 'web', { ID: 'web-1' })],
      [checkRow('n1', 'web-1:overall-check', { ServiceID: 'web-1' })],
    )
    const hostile = importedInstance('web', 'n1')
    // What the types forbid may still arrive at run time.
    const disguised = {
      node: { ...hostile.node, ID: 'same', PeerName: '', Partition: 'other' },
      service: { ...hostile.service, PeerName: '', Partition: 'other', Service: 'db', Namespace: 'default' },
      checks: [{ ...hostile.checks[0]!, CheckID: 'web-1:overall-check', PeerName: '', Node: 'n2' }],
    }
    const before = storeAfter(local)
    const rowsOf = (store: Store) =>
      (['nodes', 'services', 'checks'] as const).map(table =>
        store.list(table, 'all', 'default\u001f').map(({ CreateIndex, ModifyIndex, ...row }) => row),
      )
    const store = storeAfter(...acceptedPeering('east'), local)
    const service = { Name: 'web', Namespace: 'default' }
    applyTo(store, { type: 'import-service', id: 'id-east', service, instances: [disguised] })
    expect(rowsOf(store)).toEqual(rowsOf(before))
    expect(store.list('services', 'all', PEER)).toMatchObject([
      { Service: 'web', Partition: 'default', PeerName: 'east' },
    ])
    applyTo(store, exported())
    expect(rowsOf(store)).toEqual(rowsOf(before))
  })

  it('ends with the peering', () => {
    const store = storeAfter(...acceptedPeering('east'))
    applyTo(store, { type: 'delete-peering', partition: 'default', name: 'east', at: 't' })
    expect(refusalOf(reduce(store, importing('id-east', 'web', 'n1')))).toBe('conflict: the peering was deleted')
    expect(refusalOf(reduce(store, importing('nobody', 'web', 'n1')))).toBe('conflict: the peering was deleted')
  })

  it('is not purged while the peering lives', () => {
    const store = storeAfter(...acceptedPeering('east'), importing('id-east', 'web', 'n1'))
    expect(reduce(store, { type: 'purge-imports', id: 'id-east', limit: 9 })).toMatchObject({ writes: [] })
  })
})

describe('the trust of a peer', () => {
  const bundle = { TrustDomain: PEER_DOMAIN, RootPEMs: ['r'], ExportedPartition: 'default' }

  it('is kept under the name of the peering', () => {
    const store = storeAfter(...acceptedPeering('east'), { type: 'import-bundle', id: 'id-east', bundle })
    expect(store.list('peerTrustBundles', 'all', '')).toMatchObject([{ ...bundle, PeerName: 'east' }])
  })

  it("cannot be for this cluster's trust domain or for that of another peer", () => {
    const store = storeAfter(...acceptedPeering('east'), ...acceptedPeering('west'))
    applyTo(store, { type: 'import-bundle', id: 'id-east', bundle })
    expect(refusalOf(reduce(store, { type: 'import-bundle', id: 'id-west', bundle }))).toContain(
      'peering "east" already',
    )
    store.apply([{ table: 'caRoots', key: '', row: { ActiveRootID: '', TrustDomain: 'own', Roots: [] } }], 99)
    const own = { ...bundle, TrustDomain: 'own' }
    expect(refusalOf(reduce(store, { type: 'import-bundle', id: 'id-west', bundle: own }))).toContain(
      "this cluster's own",
    )
  })
})

describe('the addresses of a peer', () => {
  it('replace those known, on the side that dials', () => {
    const begin: Command = { type: 'begin-establish', peering: dialerRow('east'), sealed: '', keepAddresses: false }
    const store = storeAfter(begin, { type: 'import-addresses', id: 'id-east', addresses: ['10.0.0.9:8503'] })
    expect(store.get('peerings', PEER)).toMatchObject({
      PeerServerAddresses: ['10.0.0.9:8503'],
      TokenServerAddresses: ['10.0.0.1:8503'],
    })
    const acceptor = storeAfter(...acceptedPeering('east'))
    expect(reduce(acceptor, { type: 'import-addresses', id: 'id-east', addresses: ['x:1'] })).toMatchObject({
      writes: [],
    })
  })
})
