import { describe, expect, it } from 'vitest'
import {
  checkRow,
  deregistering,
  nodeRow,
  registering,
  serviceRow,
  TEST_SELF,
} from '../../../test/support/catalog-rows.ts'
import { decodeEntry } from '../entries/index.ts'
import type { Command } from './commands.ts'
import { Overlay } from './overlay.ts'
import { reduce } from './reduce.ts'
import type { Reduced } from './reduced.ts'
import { Store } from './store.ts'

const ID = '11111111-2222-3333-4444-555555555555'

function storeAfter(...commands: readonly Command[]): Store {
  const store = new Store(TEST_SELF)
  commands.forEach((command, i) => {
    const reduced = reduce(store, command)
    if (!reduced.ok) throw reduced.fault
    store.apply(reduced.writes, i + 1)
  })
  return store
}

function faultOf(reduced: Reduced): string {
  return reduced.ok ? 'accepted' : reduced.fault.message
}

function entry(document: object): Command & { type: 'set-entry' } {
  const decoded = decodeEntry(document)
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.issues))
  return { type: 'set-entry', entry: decoded.value }
}

describe('registering', () => {
  it('writes only what has changed', () => {
    const command = registering(nodeRow('a'), [serviceRow('a', 'web')], [checkRow('a', 'c', { ServiceID: 'web' })])
    const store = storeAfter(command)
    expect(reduce(store, command)).toEqual({ ok: true, writes: [], applied: true })
    const moved = reduce(store, { ...command, node: nodeRow('a', { Address: '10.0.0.2' }) })
    expect(moved.ok && moved.writes.map(write => write.table)).toEqual(['nodes'])
  })

  it('leaves a known node alone when asked to', () => {
    const store = storeAfter(registering(nodeRow('a')))
    const command = { ...registering(nodeRow('a', { Address: '' })), skipNodeUpdate: true }
    expect(reduce(store, command)).toMatchObject({ ok: true, writes: [] })
  })

  it('names a check after the service it is for, registered now or before', () => {
    const check = checkRow('a', 'c', { ServiceID: 'web1' })
    const web = serviceRow('a', 'web', { ID: 'web1', Tags: ['v1'] })
    const before = storeAfter(registering(nodeRow('a'), [web]), registering(nodeRow('a'), [], [check]))
    const together = storeAfter(registering(nodeRow('a'), [web], [check]))
    for (const store of [before, together]) {
      expect(store.list('checks', 'all', 'default\u001f')).toMatchObject([{ ServiceName: 'web', ServiceTags: ['v1'] }])
    }
  })

  it('refuses a check of a service that is not there', () => {
    const store = storeAfter(registering(nodeRow('a')))
    const refused = reduce(store, registering(nodeRow('a'), [], [checkRow('a', 'c', { ServiceID: 'web' })]))
    expect(faultOf(refused)).toBe("Unknown service ID 'web' for check ID 'c'")
  })

  it('renames a node whose old name is not alive, and refuses while it is', () => {
    const alive = registering(nodeRow('old', { ID }), [serviceRow('old', 'web')], [checkRow('old', 'serfHealth')])
    const renamed = registering(nodeRow('new', { ID }))
    expect(faultOf(reduce(storeAfter(alive), renamed))).toContain('aliases existing node "old"')

    const dead = registering(nodeRow('old', { ID }), [], [checkRow('old', 'serfHealth', { Status: 'critical' })])
    const store = storeAfter(alive, dead, renamed)
    expect(store.list('nodes', 'all', 'default\u001f').map(node => node.Node)).toEqual(['new'])
    expect(store.list('services', 'all', 'default\u001f')).toEqual([])
  })

  it('takes node names as the same in any letter case', () => {
    const store = storeAfter(registering(nodeRow('Node1')), registering(nodeRow('NODE1', { Address: '10.0.0.2' })))
    expect(store.list('nodes', 'all', 'default\u001f')).toMatchObject([{ Node: 'NODE1', Address: '10.0.0.2' }])
  })
})

describe('deregistering', () => {
  const full = registering(
    nodeRow('a'),
    [serviceRow('a', 'web'), serviceRow('a', 'api')],
    [checkRow('a', 'n'), checkRow('a', 'w', { ServiceID: 'web' })],
  )

  it('takes the checks of a service with it and leaves the rest', () => {
    const store = storeAfter(full, deregistering('a', { serviceId: 'web' }))
    expect(store.list('services', 'all', 'default\u001f').map(each => each.ID)).toEqual(['api'])
    expect(store.list('checks', 'all', 'default\u001f').map(each => each.CheckID)).toEqual(['n'])
  })

  it('takes everything with a node', () => {
    const store = storeAfter(full, deregistering('a'))
    for (const table of ['nodes', 'services', 'checks'] as const)
      expect(store.list(table, 'all', 'default\u001f')).toEqual([])
  })

  it('does nothing for what is not there', () => {
    expect(reduce(storeAfter(), deregistering('a', { serviceId: 'x' }))).toMatchObject({ ok: true, writes: [] })
  })
})

describe('config entries', () => {
  const defaults = entry({ Kind: 'service-defaults', Name: 'web', Protocol: 'http' })

  it('are written under compare-and-set only over the revision that was seen', () => {
    const store = storeAfter(defaults)
    const change = entry({ Kind: 'service-defaults', Name: 'web', Protocol: 'grpc' })
    expect(reduce(store, { ...change, cas: 0 })).toMatchObject({ ok: true, applied: false, writes: [] })
    expect(reduce(store, { ...change, cas: 9 })).toMatchObject({ ok: true, applied: false, writes: [] })
    expect(reduce(store, { ...change, cas: 1 })).toMatchObject({ ok: true, applied: true })
    expect(reduce(storeAfter(), { ...change, cas: 0 })).toMatchObject({ ok: true, applied: true })
  })

  it('are not written twice by two equal compare-and-sets of one batch', () => {
    for (const [store, cas] of [
      [storeAfter(), 0],
      [storeAfter(defaults), 1],
    ] as const) {
      const overlay = new Overlay(store)
      const first = reduce(overlay, { ...entry({ Kind: 'service-defaults', Name: 'web', Protocol: 'grpc' }), cas })
      if (!first.ok) throw first.fault
      overlay.add(first.writes)
      const second = reduce(overlay, { ...entry({ Kind: 'service-defaults', Name: 'web', Protocol: 'tcp' }), cas })
      expect([first.applied, second.ok && second.applied]).toEqual([true, false])
    }
  })

  it('are refused when a chain would stop compiling, and so are their deletions', () => {
    const router = entry({ Kind: 'service-router', Name: 'web', Routes: [] })
    expect(faultOf(reduce(storeAfter(), router))).toContain('does not permit advanced routing')
    const store = storeAfter(defaults, router)
    const removal = {
      type: 'delete-entry',
      kind: 'service-defaults',
      name: 'web',
      partition: 'default',
      namespace: 'default',
    } as const
    expect(faultOf(reduce(store, removal))).toContain('does not permit advanced routing')
  })
})

describe('intentions', () => {
  const destination = { Name: 'api', Namespace: 'default', Partition: 'default' }
  const set = (name: string, action: 'allow' | 'deny', isNew = false) =>
    ({
      type: 'set-intention',
      destination,
      source: { Name: name, Action: action, Precedence: 0, Type: 'consul' },
      isNew,
      datacenter: 'dc1',
    }) as const

  it('replace the source of the same name and keep the others', () => {
    const store = storeAfter(set('web', 'allow'), set('db', 'allow'), set('web', 'deny'))
    expect(store.list('entries', 'all', '')).toMatchObject([
      {
        Kind: 'service-intentions',
        Name: 'api',
        Sources: [
          { Name: 'db', Action: 'allow' },
          { Name: 'web', Action: 'deny' },
        ],
      },
    ])
  })

  it('are not created twice', () => {
    expect(faultOf(reduce(storeAfter(set('web', 'allow')), set('web', 'deny', true)))).toContain('duplicate intention')
  })

  it('take their entry with them when the last one goes', () => {
    const remove = { type: 'delete-intention', destination, source: { Name: 'web' } } as const
    const store = storeAfter(set('web', 'allow'), set('db', 'allow'), remove)
    expect(store.list('entries', 'all', '')).toMatchObject([{ Sources: [{ Name: 'db' }] }])
    const empty = storeAfter(set('web', 'allow'), remove)
    expect(empty.list('entries', 'all', '')).toEqual([])
    expect(reduce(empty, remove)).toMatchObject({ ok: true, writes: [] })
  })

  it('are changed and removed by the id the deprecated API gave them', () => {
    const made = set('web', 'allow', true)
    const store = storeAfter({ ...made, source: { ...made.source, LegacyID: 'x', LegacyCreateTime: 'then' } })
    const update = { type: 'update-intention', id: 'x', partition: 'default', destination, datacenter: 'dc1' } as const
    const changed = reduce(store, { ...update, source: set('other', 'deny').source })
    expect(changed).toMatchObject({
      ok: true,
      writes: [{ row: { Sources: [{ Name: 'other', LegacyID: 'x', LegacyCreateTime: 'then' }] } }],
    })
    expect(faultOf(reduce(store, { ...update, id: 'y', source: made.source }))).toBe('Intention not found')
    const removed = reduce(store, {
      type: 'delete-intention-by-id',
      id: 'x',
      partition: 'default',
      namespace: 'default',
    })
    expect(removed).toMatchObject({ ok: true, writes: [{ table: 'entries', row: undefined }] })
  })
})
