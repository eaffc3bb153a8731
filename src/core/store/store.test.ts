import { describe, expect, it } from 'vitest'
import {
  checkRow,
  deregistering,
  nodeRow,
  registering,
  serviceRow,
  TEST_SELF,
} from '../../../test/support/catalog-rows.ts'
import type { Leaf } from '../model/fact.ts'
import { serviceName } from '../model/tenancy.ts'
import { serviceInstances } from '../queries/instances.ts'
import type { Command } from './commands.ts'
import { reduce } from './reduce.ts'
import { Store } from './store.ts'
import { defineQuery, type Query, type View } from './view.ts'

let names = 0

function query<R>(run: (view: View) => R): Query<undefined, R> {
  names += 1
  return defineQuery({ name: `test-${names}`, key: () => '', run })
}

function commit(store: Store, revision: number, command: Command): void {
  const reduced = reduce(store, command)
  if (!reduced.ok) throw reduced.fault
  store.apply(reduced.writes, revision)
}

const WEB = serviceName('web')

describe('reading', () => {
  it('answers with the highest revision the value depends on, and with 1 before there is one', () => {
    const store = new Store(TEST_SELF)
    expect(store.read(serviceInstances, WEB)).toEqual({ value: [], index: 1 })
    commit(store, 7, registering(nodeRow('a'), [serviceRow('a', 'web')]))
    commit(store, 8, registering(nodeRow('b'), [serviceRow('b', 'other')]))
    expect(store.read(serviceInstances, WEB).index).toBe(7)
  })

  it('keeps the same object as long as nothing it read has changed', () => {
    const store = new Store(TEST_SELF)
    commit(store, 2, registering(nodeRow('a'), [serviceRow('a', 'web')]))
    const first = store.read(serviceInstances, WEB).value
    commit(store, 3, registering(nodeRow('b'), [serviceRow('b', 'other')]))
    expect(store.read(serviceInstances, WEB).value).toBe(first)
  })

  it('never goes back when a service disappears', () => {
    const store = new Store(TEST_SELF)
    commit(store, 2, registering(nodeRow('a'), [serviceRow('a', 'web')]))
    commit(store, 3, deregistering('a', { serviceId: 'web' }))
    expect(store.read(serviceInstances, WEB)).toEqual({ value: [], index: 3 })
  })

  it('shows a moved row as a change to readers of the group it left, even after the group was forgotten', () => {
    const store = new Store(TEST_SELF, 2)
    commit(store, 2, registering(nodeRow('a'), [serviceRow('a', 'web', { ID: '1' })]))
    const before = store.read(serviceInstances, WEB).index
    for (let i = 0; i < 10; i++) store.read(serviceInstances, serviceName(`unrelated-${i}`))
    commit(store, 3, registering(nodeRow('a'), [serviceRow('a', 'api', { ID: '1' })]))
    const after = store.read(serviceInstances, WEB)
    expect(after.value).toEqual([])
    expect(after.index).toBeGreaterThan(before)
  })

  it('starts at the loaded revision, so that no index is lower than before a restart', () => {
    const store = new Store(TEST_SELF)
    store.load([], 41)
    expect(store.read(serviceInstances, WEB).index).toBe(41)
    expect(store.revision).toBe(41)
  })

  it('repeats a failure until something it read has changed', () => {
    const store = new Store(TEST_SELF)
    let runs = 0
    const failing = query(view => {
      runs += 1
      if (view.list('nodes', 'all', 'default\u001f').length === 0) throw new Error('no nodes')
      return 'fine'
    })
    expect(() => store.read(failing, undefined)).toThrow('no nodes')
    expect(() => store.read(failing, undefined)).toThrow('no nodes')
    expect(runs).toBe(1)
    commit(store, 2, registering(nodeRow('a')))
    expect(store.read(failing, undefined).value).toBe('fine')
  })

  it('refuses a view that is used after its query has returned', () => {
    const store = new Store(TEST_SELF)
    let kept: View | undefined
    store.read(
      query(view => {
        kept = view
        return 0
      }),
      undefined,
    )
    expect(() => kept?.get('nodes', 'x')).toThrow('after its query had returned')
  })

  it('does not mix local revisions into the index', () => {
    const store = new Store(TEST_SELF)
    const local = query(view => view.list('localServices', 'all', '').length)
    store.read(local, undefined)
    const row = { Instance: serviceRow('n1', 'web'), Origin: 'api', ParentID: '', Token: '' }
    store.apply([{ table: 'localServices', key: 'k', row }], 900, 'local')
    expect(store.read(local, undefined)).toEqual({ value: 1, index: 1 })
    expect(store.revision).toBe(0)
  })
})

describe('watching', () => {
  it('tells once of any number of changes until it is read, and only of what was read', () => {
    const store = new Store(TEST_SELF)
    let told = 0
    const watch = store.watch(serviceInstances, WEB, () => {
      told += 1
    })
    watch.current()
    commit(store, 2, registering(nodeRow('b'), [serviceRow('b', 'other')]))
    expect(told).toBe(0)
    commit(store, 3, registering(nodeRow('a'), [serviceRow('a', 'web')]))
    commit(store, 4, registering(nodeRow('a'), [], [checkRow('a', 'c', { ServiceID: 'web' })]))
    expect(told).toBe(1)
    expect(watch.current().index).toBe(4)
    commit(store, 5, deregistering('a'))
    expect(told).toBe(2)
    watch.close()
    commit(store, 6, registering(nodeRow('a'), [serviceRow('a', 'web')]))
    expect(told).toBe(2)
  })

  it('stops a change where a derived value comes out equal', () => {
    const store = new Store(TEST_SELF)
    let runs = 0
    const names = query(view => view.list('nodes', 'all', 'default\u001f').map(node => node.Node))
    const count = query(view => {
      runs += 1
      return view.derive(names, undefined).length
    })
    const watch = store.watch(count, undefined, () => {})
    commit(store, 2, registering(nodeRow('a')))
    watch.current()
    commit(store, 3, registering(nodeRow('a', { Address: '10.9.9.9' })))
    expect(watch.current()).toEqual({ value: 1, index: 2 })
    expect(runs).toBe(1)
  })

  it('shows all of a commit or nothing of it', () => {
    const store = new Store(TEST_SELF)
    const pairs: string[] = []
    const pair = query(
      view =>
        `${view.get('nodes', 'default\u001f\u001fa')?.Address} ${view.get('nodes', 'default\u001f\u001fb')?.Address}`,
    )
    const watch = store.watch(pair, undefined, () => {})
    for (const revision of [2, 3]) {
      const write = (node: string) => ({
        table: 'nodes' as const,
        key: `default\u001f\u001f${node}`,
        row: nodeRow(node, { Address: String(revision) }),
      })
      store.apply([write('a'), write('b')], revision)
      pairs.push(watch.current().value)
    }
    expect(pairs).toEqual(['2 2', '3 3'])
  })

  it('asks for a wanted fact once, and lets it go with the last watcher', () => {
    const store = new Store(TEST_SELF)
    const wants: string[] = []
    store.onWant((want, wanted) => wants.push(`${wanted ? '+' : '-'}${want.kind} ${want.key}`))
    const leaf = query(view => view.want('leaf', 'spiffe://x')?.serialNumber ?? 'none')
    const first = store.watch(leaf, undefined, () => {})
    expect(first.current().value).toBe('none')
    const second = store.watch(leaf, undefined, () => {})
    expect(wants).toEqual(['+leaf spiffe://x'])

    store.setFact('leaf', 'spiffe://x', { serialNumber: '01' } as Leaf)
    expect([first.current().value, second.current().value]).toEqual(['01', '01'])
    first.close()
    expect(store.isWanted('leaf', 'spiffe://x')).toBe(true)
    second.close()
    expect(wants).toEqual(['+leaf spiffe://x', '-leaf spiffe://x'])
    expect(store.isWanted('leaf', 'spiffe://x')).toBe(false)
  })

  it('wakes nobody for a fact that is the same object', () => {
    const store = new Store(TEST_SELF)
    let told = 0
    const leaf = query(view => view.want('leaf', 'spiffe://x'))
    const watch = store.watch(leaf, undefined, () => {
      told += 1
    })
    watch.current()
    const fact = { serialNumber: '01' } as Leaf
    store.setFact('leaf', 'spiffe://x', fact)
    watch.current()
    store.setFact('leaf', 'spiffe://x', fact)
    expect(told).toBe(1)
  })

  it('keeps following while thousands of other questions come and are forgotten', () => {
    const store = new Store(TEST_SELF, 10)
    const watch = store.watch(serviceInstances, WEB, () => {})
    watch.current()
    for (let i = 0; i < 100; i++) store.read(serviceInstances, serviceName(`unrelated-${i}`))
    commit(store, 2, registering(nodeRow('a'), [serviceRow('a', 'web')]))
    expect(watch.current().value).toHaveLength(1)
  })
})
