import { describe, expect, it } from 'vitest'
import { nodeRow, registering, serviceRow, TEST_SELF } from '../../../test/support/catalog-rows.ts'
import type { Command } from './commands.ts'
import { isMirrored, MIRRORED_TABLES } from './mirrored.ts'
import { reduce } from './reduce.ts'
import { reduceAll } from './reduce-all.ts'
import { Store, type StoredRow, tableNames } from './store.ts'
import { TABLES } from './tables.ts'
import { defineQuery } from './view.ts'

/** A server's store after some commands, one revision each. */
function serverStore(...commands: readonly Command[]): Store {
  const store = new Store(TEST_SELF)
  for (const command of commands) change(store, command)
  return store
}

function change(store: Store, command: Command): void {
  const reduced = reduce(store, command)
  if (!reduced.ok) throw reduced.fault
  store.apply(reduced.writes, store.revision + 1)
}

const copyOf = (store: Store): StoredRow[] => MIRRORED_TABLES.flatMap(name => [...store.rowsOf(name)])

const nodeNames = defineQuery({
  name: 'node-names',
  key: () => '',
  run: view => view.list('nodes', 'all', ['default', ''].join('\u001f')).map(node => node.Node),
})

const decides = defineQuery({ name: 'decides', key: () => '', run: view => view.self.defaultAllow })

describe('what client agents get a copy of', () => {
  it('is replicated, and every replicated table was decided upon', () => {
    const replicated = tableNames().filter(name => TABLES[name].class === 'replicated')
    const kept = replicated.filter(name => !isMirrored(name))
    expect(MIRRORED_TABLES.every(name => replicated.includes(name))).toBe(true)
    expect(kept).toEqual(['peeringSecrets', 'caSigner'])
    expect(isMirrored('localServices')).toBe(false)
    expect(isMirrored('constructor')).toBe(false)
  })
})

describe('a store that is made equal to a copy', () => {
  it('has the same rows with the same indexes, and follows from there', () => {
    const server = serverStore(registering(nodeRow('a'), [serviceRow('a', 'web')]), registering(nodeRow('b')))
    const client = new Store(TEST_SELF)
    client.replace(MIRRORED_TABLES, copyOf(server), server.revision)
    expect(copyOf(client)).toEqual(copyOf(server))
    expect(client.revision).toBe(2)
    change(server, registering(nodeRow('c')))
    client.apply([{ table: 'nodes', key: ['default', '', 'c'].join('\u001f'), row: nodeRow('c') }], 3)
    expect(copyOf(client)).toEqual(copyOf(server))
  })

  it('loses rows that are gone, and wakes only readers of what differs', () => {
    const client = new Store(TEST_SELF)
    client.replace(MIRRORED_TABLES, copyOf(serverStore(registering(nodeRow('a')), registering(nodeRow('b')))), 2)
    let wakes = 0
    const watch = client.watch(nodeNames, undefined, () => {
      wakes += 1
    })
    expect(watch.current()).toEqual({ value: ['a', 'b'], index: 2 })
    client.replace(MIRRORED_TABLES, copyOf(client), 9)
    expect(wakes).toBe(0)
    client.replace(MIRRORED_TABLES, copyOf(serverStore(registering(nodeRow('b')))), 10)
    expect(wakes).toBe(1)
    expect(watch.current()).toEqual({ value: ['b'], index: 10 })
    watch.close()
  })

  it('shows indexes that only grow when the history of the servers begins anew', () => {
    const old = serverStore(...['a', 'b', 'c', 'd'].map(name => registering(nodeRow(name))))
    const client = new Store(TEST_SELF)
    client.replace(MIRRORED_TABLES, copyOf(old), old.revision)
    expect(client.read(nodeNames, undefined).index).toBe(4)
    const fresh = serverStore(registering(nodeRow('z')))
    client.replace(MIRRORED_TABLES, copyOf(fresh), fresh.revision)
    const afterReset = client.read(nodeNames, undefined)
    expect(afterReset.value).toEqual(['z'])
    expect(afterReset.index).toBeGreaterThan(4)
    change(fresh, registering(nodeRow('y')))
    client.apply([{ table: 'nodes', key: ['default', '', 'y'].join('\u001f'), row: nodeRow('y') }], 2)
    expect(client.read(nodeNames, undefined).index).toBeGreaterThan(afterReset.index)
    expect(client.get('nodes', ['default', '', 'y'].join('\u001f'))?.ModifyIndex).toBe(2)
  })

  it('answers anew what it learns of its cluster', () => {
    const client = new Store(TEST_SELF)
    let wakes = 0
    const watch = client.watch(decides, undefined, () => {
      wakes += 1
    })
    expect(watch.current().value).toBe(true)
    client.learn({ primaryDatacenter: 'dc1', defaultAllow: true })
    expect(wakes).toBe(0)
    client.learn({ primaryDatacenter: 'dc1', defaultAllow: false })
    expect([wakes, watch.current().value]).toEqual([1, false])
    watch.close()
  })
})

describe('several commands as one', () => {
  const agent = {
    Node: 'a',
    Partition: 'finance',
    ID: '',
    Address: '',
    Version: '',
    Status: 'alive',
    Since: 0,
  } as const

  it('each see what those before them did, and none happens when one is refused', () => {
    const store = new Store(TEST_SELF)
    const partition = { type: 'set-partition', partition: { Name: 'finance', Description: '' } } as const
    const both = reduceAll(store, [partition, { type: 'set-agent', agent }])
    expect(both.ok && both.writes.map(write => write.table)).toEqual(['partitions', 'agents'])
    const refused = reduceAll(store, [registering(nodeRow('a')), { type: 'set-agent', agent }])
    expect(refused).toMatchObject({ ok: false, fault: { message: expect.stringContaining('no partition "finance"') } })
  })

  it('recovers from a change that could be applied only in part: readers hear of what was, and a copy mends the rest', () => {
    const server = serverStore(registering(nodeRow('a')), registering(nodeRow('b')))
    const client = new Store(TEST_SELF)
    client.replace(MIRRORED_TABLES, copyOf(server), 2)
    const watch = client.watch(nodeNames, undefined, () => {})
    expect(watch.current().value).toEqual(['a', 'b'])
    const key = (name: string) => ['default', '', name].join('\u001f')
    const proxy = { ...serviceRow('a', 'x', { Kind: 'connect-proxy' }), Proxy: undefined }
    const writes = [
      { table: 'nodes', key: key('c'), row: nodeRow('c') },
      { table: 'services', key: 'broken', row: proxy },
    ] as const
    expect(() => client.apply(writes, 3)).toThrow(TypeError)
    expect(watch.current().value).toEqual(['a', 'b', 'c'])

    client.replace(MIRRORED_TABLES, copyOf(server), 2)
    expect([watch.current().value, copyOf(client)]).toEqual([['a', 'b'], copyOf(server)])
    watch.close()
  })

  it('loses rows that were filed under a key that is not their own', () => {
    const server = serverStore(registering(nodeRow('a')))
    const client = new Store(TEST_SELF)
    client.replace(MIRRORED_TABLES, copyOf(server), 1)
    client.apply([{ table: 'nodes', key: 'wrong', row: nodeRow('a') }], 2)
    client.replace(MIRRORED_TABLES, copyOf(server), 3)
    expect(copyOf(client)).toEqual(copyOf(server))
    expect(client.get('nodes', 'wrong')).toBeUndefined()
  })
})
