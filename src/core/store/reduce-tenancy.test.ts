import { describe, expect, it } from 'vitest'
import { nodeRow, serviceRow, TEST_SELF } from '../../../test/support/catalog-rows.ts'
import type { Command } from './commands.ts'
import { reduce } from './reduce.ts'
import { Store } from './store.ts'

function cluster() {
  const store = new Store(TEST_SELF)
  const run = (command: Command) => {
    const reduced = reduce(store, command)
    if (!reduced.ok) throw reduced.fault
    store.apply(reduced.writes, store.revision + 1)
    return reduced.writes.length
  }
  const createPartition = (Name: string) => run({ type: 'set-partition', partition: { Name, Description: '' } })
  const createNamespace = (Partition: string, Name: string) =>
    run({ type: 'set-namespace', namespace: { Name, Partition, Description: '', Meta: {} } })
  const register = (Partition: string, Namespace = 'default', name = 'web') =>
    run({
      type: 'register',
      node: nodeRow('n1', { Partition }),
      skipNodeUpdate: false,
      services: [serviceRow('n1', name, { Partition, Namespace })],
      checks: [],
    })
  const purgeAll = (partition: string, namespace = '', limit = 2) => {
    let steps = 0
    while (run({ type: 'purge-tenancy', partition, namespace, limit }) > 0) steps += 1
    return steps
  }
  return { store, run, createPartition, createNamespace, register, purgeAll }
}

const AT = '2026-01-01T00:00:00Z'

describe('writing into partitions and namespaces', () => {
  it('needs both to exist', () => {
    const { register, createPartition, createNamespace } = cluster()
    expect(() => register('finance')).toThrow('Partition: there is no partition "finance"')
    createPartition('finance')
    expect(register('finance')).toBe(2)
    expect(() => register('finance', 'dev')).toThrow('Namespace: there is no namespace "dev" in partition "finance"')
    expect(() => register('default', 'dev')).toThrow('there is no namespace "dev" in partition "default"')
    createNamespace('finance', 'dev')
    expect(register('finance', 'dev', 'billing')).toBe(1)
  })

  it('keeps the same names of different partitions apart', () => {
    const { store, register, createPartition } = cluster()
    createPartition('finance')
    register('default')
    register('finance')
    const nodes = (partition: string) => store.list('nodes', 'all', `${partition}\u001f`)
    expect(nodes('default')).toHaveLength(1)
    expect(nodes('finance')).toHaveLength(1)
  })

  it.each(['Finance', '1st', 'a_b', '-a', 'a-', 'x'.repeat(64), '', 'a.b', '*'])(
    'refuses the partition name %j',
    name => {
      const { createPartition } = cluster()
      expect(() => createPartition(name)).toThrow('Name')
    },
  )

  it('refuses to change or delete what is built in', () => {
    const { createPartition, createNamespace, run } = cluster()
    expect(() => createPartition('default')).toThrow('reserved')
    expect(() => createNamespace('default', 'default')).toThrow('reserved')
    expect(() => run({ type: 'delete-partition', name: 'default', at: AT })).toThrow('cannot be deleted')
    const deletion = { type: 'delete-namespace', partition: 'default', name: 'default', at: AT } as const
    expect(() => run(deletion)).toThrow('cannot be deleted')
  })
})

describe('deleting a partition', () => {
  it('is visible, takes nothing new, and ends when everything inside is gone', () => {
    const { store, run, createPartition, createNamespace, register, purgeAll } = cluster()
    createPartition('finance')
    createNamespace('finance', 'dev')
    for (const name of ['a', 'b', 'c']) register('finance', 'dev', name)
    register('default')

    run({ type: 'delete-partition', name: 'finance', at: AT })
    expect(store.get('partitions', 'finance')?.DeletedAt).toBe(AT)
    expect(() => register('finance')).toThrow('partition "finance" is being deleted')
    expect(() => createPartition('finance')).toThrow('being deleted')

    expect(purgeAll('finance')).toBe(3)
    expect(store.get('partitions', 'finance')).toBeUndefined()
    expect(store.list('services', 'all', 'finance\u001f')).toEqual([])
    expect(store.list('nodes', 'all', 'finance\u001f')).toEqual([])
    expect(store.list('namespaces', 'partition', 'finance')).toEqual([])
    expect(store.list('services', 'all', 'default\u001f')).toHaveLength(1)
  })

  it('of a namespace leaves the rest of its partition alone', () => {
    const { store, run, createNamespace, register, purgeAll } = cluster()
    createNamespace('default', 'dev')
    register('default', 'dev', 'a')
    register('default', 'default', 'b')
    run({ type: 'delete-namespace', partition: 'default', name: 'dev', at: AT })
    purgeAll('default', 'dev')
    expect(store.list('services', 'all', 'default\u001f').map(row => row.ID)).toEqual(['b'])
    expect(store.list('namespaces', 'all', '')).toEqual([])
    expect(store.list('nodes', 'all', 'default\u001f')).toHaveLength(1)
  })
})
