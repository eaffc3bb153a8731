import { describe, expect, it } from 'vitest'
import {
  acceptedPeering,
  acceptorRow,
  applyTo,
  dialerRow,
  importing,
  PEER_DOMAIN,
  refusalOf,
  storeAfter,
} from '../../../test/support/peering-rows.ts'
import type { Command } from './commands.ts'
import type { ExchangeSecretCommand } from './peering-commands.ts'
import { reduce } from './reduce.ts'
import type { Store } from './store.ts'

const generate: Command = { type: 'generate-peering', peering: acceptorRow('east'), establishment: 'token' }
const exchange: ExchangeSecretCommand = {
  ...{ type: 'exchange-secret', id: 'id-east', establishment: 'token', attempt: 'a', pending: 'stream' },
}
const remote = { Partition: 'default', Datacenter: 'east' }
const open = (secret: string): Command => ({ type: 'open-stream', id: 'id-east', secret, remote })
const begin = (name: string, change = {}): Command => {
  return { type: 'begin-establish', peering: dialerRow(name, change), sealed: 's', keepAddresses: false }
}
const stateOf = (store: Store) => store.get('peerings', 'default\u001feast')?.State

describe('the secret of a token', () => {
  it('is taken once, whoever comes first', () => {
    const store = storeAfter(generate, exchange)
    expect(refusalOf(reduce(store, { ...exchange, attempt: 'b', pending: 'x' }))).toBe(
      'denied: invalid peering establishment secret',
    )
    expect(refusalOf(reduce(store, { ...exchange, attempt: '', pending: 'x' }))).toContain('denied')
  })

  it('may be used again by the attempt that lost the answer, until a stream is opened', () => {
    const store = storeAfter(generate, exchange)
    applyTo(store, { ...exchange, pending: 'other' })
    expect(refusalOf(reduce(store, open('stream')))).toContain('denied')
    applyTo(store, open('other'))
    expect(refusalOf(reduce(store, { ...exchange, pending: 'third' }))).toContain('denied')
  })

  it('is replaced by that of a newer token, and what the older one opened stays open', () => {
    const store = storeAfter(...acceptedPeering('east'), { ...generate, establishment: 'new' } as Command)
    expect(refusalOf(reduce(store, exchange))).toContain('denied')
    applyTo(store, { ...exchange, establishment: 'new', pending: 'stream2' })
    expect(refusalOf(reduce(store, open('stream')))).toBe('accepted')
    applyTo(store, open('stream2'))
    expect(refusalOf(reduce(store, open('stream')))).toBe('denied: invalid peering stream secret')
  })

  it('is worth nothing for an unknown, a dialled or a deleted peering', () => {
    const deleted: Command = { type: 'delete-peering', partition: 'default', name: 'east', at: 't' }
    expect(refusalOf(reduce(storeAfter(), exchange))).toContain('denied')
    expect(refusalOf(reduce(storeAfter(generate, deleted), exchange))).toContain('denied')
    const dialled = storeAfter(begin('east'))
    expect(refusalOf(reduce(dialled, { ...exchange, establishment: '' }))).toContain('denied')
  })
})

describe('a stream', () => {
  it('is opened by its secret, the first time with where the other side is', () => {
    const store = storeAfter(generate, exchange, open('stream'))
    expect(store.get('peerings', 'default\u001feast')).toMatchObject({ Remote: remote, State: 'PENDING' })
    expect(reduce(store, open('stream'))).toMatchObject({ ok: true, writes: [] })
    expect(refusalOf(reduce(store, open('')))).toContain('denied')
  })

  it('is refused for a peering nobody knows, and told of one that was deleted', () => {
    expect(refusalOf(reduce(storeAfter(), open('stream')))).toContain('not-found')
    const store = storeAfter(...acceptedPeering('east'))
    applyTo(store, { type: 'delete-peering', partition: 'default', name: 'east', at: 't' })
    expect(refusalOf(reduce(store, open('stream')))).toBe('conflict: the peering was deleted')
    applyTo(store, { type: 'remove-peering', id: 'id-east', at: 5 })
    expect(store.get('peerings', 'default\u001feast')).toBeUndefined()
    expect(refusalOf(reduce(store, open('stream')))).toBe('conflict: the peering was deleted')
    expect(refusalOf(reduce(store, open('guess')))).toContain('not-found')
    applyTo(store, { type: 'forget-peerings', before: 6 })
    expect(refusalOf(reduce(store, open('stream')))).toContain('not-found')
  })
})

describe('establishing', () => {
  it('writes the row first and the state when the secret was exchanged', () => {
    const store = storeAfter(begin('east', { State: 'PENDING' }))
    expect(stateOf(store)).toBe('PENDING')
    applyTo(store, { type: 'finish-establish', id: 'id-east', peerId: 'theirs-east', sealed: 'done' })
    expect(stateOf(store)).toBe('ESTABLISHING')
    expect(store.get('peeringSecrets', 'id-east')?.sealed).toBe('done')
  })

  it('keeps the id of a peering that is established again, and its addresses while a stream is connected', () => {
    const store = storeAfter(begin('east'))
    const again = dialerRow('east', { ID: 'new', PeerID: 'newer', PeerServerAddresses: ['10.9.9.9:1'] })
    applyTo(store, { type: 'begin-establish', peering: again, sealed: 's', keepAddresses: true })
    const row = store.get('peerings', 'default\u001feast')
    expect(row).toMatchObject({ ID: 'id-east', PeerID: 'newer', PeerServerAddresses: ['10.0.0.1:8503'] })
  })

  it('is as if it had not been when the secret is refused', () => {
    const store = storeAfter(begin('east'))
    const { CreateIndex, ModifyIndex, ...before } = store.get('peerings', 'default\u001feast')!
    applyTo(store, begin('east', { PeerID: 'newer' }))
    applyTo(store, { type: 'abort-establish', id: 'id-east', peerId: 'newer', before })
    expect(store.get('peerings', 'default\u001feast')).toMatchObject(before)
    applyTo(store, begin('east', { PeerID: 'newer' }))
    applyTo(store, { type: 'abort-establish', id: 'id-east', peerId: 'newer', before: undefined })
    expect(store.get('peerings', 'default\u001feast')).toBeUndefined()
    expect(store.get('peeringSecrets', 'id-east')).toBeUndefined()
  })

  it('does not finish a peering that was deleted meanwhile', () => {
    const store = storeAfter(begin('east'), { type: 'delete-peering', partition: 'default', name: 'east', at: 't' })
    const finish: Command = { type: 'finish-establish', id: 'id-east', peerId: 'theirs-east', sealed: 'x' }
    expect(refusalOf(reduce(store, finish))).toContain('conflict')
  })

  it('refuses a token of this cluster and a trust domain that another peering has', () => {
    const store = storeAfter(begin('east'))
    expect(refusalOf(reduce(store, begin('west')))).toBe(
      `invalid: PeeringToken.ServerName: peering "east" has the same trust domain, ${PEER_DOMAIN}; certificates could not tell the two apart`,
    )
    const roots = { ActiveRootID: '', TrustDomain: 'own.consul', Roots: [] }
    store.apply([{ table: 'caRoots', key: '', row: roots }], 9)
    const own = begin('west', { PeerServerName: 'server.dc1.peering.own.consul' })
    expect(refusalOf(reduce(store, own))).toContain('a cluster cannot peer with itself')
  })

  it('does not mix the two sides under one name', () => {
    expect(refusalOf(reduce(storeAfter(begin('east')), generate))).toContain(
      'conflict: PeerName: there is already an established',
    )
    expect(refusalOf(reduce(storeAfter(generate), begin('east')))).toContain('expects to be dialed')
  })
})

describe('the end of a peering', () => {
  const remove: Command = { type: 'delete-peering', partition: 'default', name: 'east', at: '2026-01-01T00:00:00Z' }

  it('is marked, then emptied, then removed', () => {
    const store = storeAfter(...acceptedPeering('east'), importing('id-east', 'web', 'n1', 'n2', 'n3'), remove)
    expect(store.get('peerings', 'default\u001feast')).toMatchObject({
      State: 'DELETING',
      DeletedAt: '2026-01-01T00:00:00Z',
    })
    const last: Command = { type: 'remove-peering', id: 'id-east', at: 1 }
    expect(refusalOf(reduce(store, last))).toContain('not ready to be removed')
    applyTo(store, { type: 'purge-imports', id: 'id-east', limit: 2 })
    expect(store.list('nodes', 'all', 'default\u001feast')).toHaveLength(1)
    applyTo(store, { type: 'purge-imports', id: 'id-east', limit: 2 })
    applyTo(store, last)
    for (const table of ['nodes', 'services', 'checks'] as const) {
      expect(store.list(table, 'all', 'default\u001feast')).toEqual([])
    }
    expect(store.get('peerings', 'default\u001feast')).toBeUndefined()
  })

  it('may be asked for twice, and for a peering that is not there', () => {
    const store = storeAfter(generate, remove)
    expect(reduce(store, { ...remove, at: 'later' } as Command)).toMatchObject({ ok: true, writes: [] })
    expect(reduce(storeAfter(), remove)).toMatchObject({ ok: true, writes: [] })
    expect(refusalOf(reduce(store, generate))).toContain('is being deleted')
  })

  it('by the other side leaves the record, without secrets and bundle, until a new token revives it', () => {
    const bundle = { TrustDomain: PEER_DOMAIN, RootPEMs: ['r'], ExportedPartition: '' }
    const store = storeAfter(...acceptedPeering('east'), { type: 'import-bundle', id: 'id-east', bundle })
    applyTo(store, { type: 'terminate-peering', id: 'id-east' })
    expect(stateOf(store)).toBe('TERMINATED')
    expect(store.list('peerTrustBundles', 'all', '')).toEqual([])
    expect(refusalOf(reduce(store, open('stream')))).not.toBe('accepted')
    applyTo(store, generate)
    expect(stateOf(store)).toBe('PENDING')
    applyTo(store, exchange)
    expect(refusalOf(reduce(store, open('stream')))).toBe('accepted')
  })
})
