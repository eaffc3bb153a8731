import { describe, expect, it } from 'vitest'
import { nodeRow, serviceRow, TEST_SELF } from '../../../test/support/catalog-rows.ts'
import { decodeEntry } from '../entries/index.ts'
import type { Command } from '../store/commands.ts'
import { reduce } from '../store/reduce.ts'
import { Store } from '../store/store.ts'
import { exportedServices, importedServices } from './exported-services.ts'

function cluster() {
  const store = new Store(TEST_SELF)
  const run = (command: Command) => {
    const reduced = reduce(store, command)
    if (!reduced.ok) throw reduced.fault
    store.apply(reduced.writes, store.revision + 1)
  }
  run({ type: 'set-partition', partition: { Name: 'finance', Description: '' } })
  run({ type: 'set-namespace', namespace: { Name: 'dev', Partition: 'finance', Description: '', Meta: {} } })
  const write = (input: object) => {
    const entry = decodeEntry({ Partition: 'finance', ...input })
    if (!entry.ok) throw new Error(JSON.stringify(entry.issues))
    run({ type: 'set-entry', entry: entry.value })
  }
  const register = (name: string, Namespace = 'default', extra = {}) =>
    run({
      type: 'register',
      node: nodeRow('n1', { Partition: 'finance' }),
      skipNodeUpdate: false,
      services: [serviceRow('n1', name, { Partition: 'finance', Namespace, ...extra })],
      checks: [],
    })
  const exports = (...Services: object[]) => write({ Kind: 'exported-services', Name: 'finance', Services })
  const exported = () => store.read(exportedServices, 'finance').value
  const imported = () => store.read(importedServices, 'default').value
  return { write, register, exports, exported, imported }
}

describe('what a partition exports', () => {
  it('is nothing without an entry', () => {
    const { exported, imported } = cluster()
    expect(exported()).toEqual([])
    expect(imported()).toEqual([])
  })

  it('joins all consumers of a service', () => {
    const { exports, exported, imported } = cluster()
    exports(
      { Name: 'billing', Consumers: [{ Partition: 'default' }, { Peer: 'east' }] },
      { Name: 'billing', Consumers: [{ Peer: 'asia' }] },
    )
    expect(exported()).toEqual([
      { service: 'billing', namespace: 'default', peers: ['asia', 'east'], partitions: ['default'] },
    ])
    expect(imported()).toEqual([{ service: 'billing', namespace: 'default', fromPartition: 'finance' }])
  })

  it('resolves a sameness group to its members, without the partition that exports', () => {
    const { exports, exported, imported, write } = cluster()
    const Members = [{ Partition: 'default' }, { Peer: 'east' }, { Partition: 'finance' }]
    write({ Kind: 'sameness-group', Name: 'same', IncludeLocal: true, Members })
    exports({ Name: 'billing', Consumers: [{ SamenessGroup: 'same' }, { Peer: 'asia' }] })
    expect(exported()).toEqual([
      { service: 'billing', namespace: 'default', peers: ['asia', 'east'], partitions: ['default'] },
    ])
    expect(imported()).toEqual([{ service: 'billing', namespace: 'default', fromPartition: 'finance' }])
  })

  it('resolves a wildcard to real services and to those that entries describe, never to proxies or servers', () => {
    const { exports, exported, register, write } = cluster()
    register('billing')
    register('consul')
    register('billing-sidecar-proxy', 'default', { Kind: 'connect-proxy' })
    register('ledger', 'dev')
    write({ Kind: 'service-resolver', Name: 'virtual' })
    exports({ Name: '*', Consumers: [{ Partition: 'default' }] })
    expect(exported().map(each => each.service)).toEqual(['billing', 'virtual'])
    exports({ Name: '*', Namespace: '*', Consumers: [{ Partition: 'default' }] })
    expect(exported().map(each => `${each.namespace}/${each.service}`)).toEqual([
      'default/billing',
      'default/virtual',
      'dev/ledger',
    ])
  })
})
