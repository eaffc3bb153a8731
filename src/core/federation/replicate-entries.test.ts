// What a secondary takes over from the primary: what holds in the default partition, and nothing of others.

import { expect, it } from 'vitest'
import { TEST_SELF } from '../../../test/support/catalog-rows.ts'
import { decodeEntry } from '../entries/index.ts'
import { serviceName } from '../model/tenancy.ts'
import { allEntries } from '../queries/federation.ts'
import { isExportedTo } from '../queries/partition-exports.ts'
import type { Command } from '../store/commands.ts'
import { reduce } from '../store/reduce.ts'
import { Store } from '../store/store.ts'
import { defineQuery } from '../store/view.ts'
import { replicateEntries } from './replicate-entries.ts'

const usesApi = defineQuery<{ readonly from: string; readonly by: string }, boolean>({
  name: 'test-uses-api',
  key: arg => `${arg.from} ${arg.by}`,
  run: (view, { from, by }) => isExportedTo(view, serviceName('api', { Partition: from, Namespace: 'default' }), by),
})

function datacenter(name: string, ...partitions: readonly string[]) {
  const store = new Store({ ...TEST_SELF, datacenter: name, primaryDatacenter: 'dc1' })
  const run = (command: Command) => {
    const reduced = reduce(store, command)
    if (!reduced.ok) throw reduced.fault
    store.apply(reduced.writes, store.revision + 1)
  }
  for (const Name of partitions) run({ type: 'set-partition', partition: { Name, Description: '' } })
  const exportApi = (Partition: string, to: string) => {
    const Services = [{ Name: 'api', Consumers: [{ Partition: to }] }]
    const entry = decodeEntry({ Kind: 'exported-services', Name: Partition, Partition, Services })
    if (!entry.ok) throw new Error(JSON.stringify(entry.issues))
    run({ type: 'set-entry', entry: entry.value })
  }
  const follow = (primary: Store) => {
    const command = replicateEntries(store.list('entries', 'all', ''), primary.read(allEntries, undefined).value)
    if (command !== undefined) run(command)
  }
  const isExported = (from: string, by: string) => store.read(usesApi, { from, by }).value
  return { store, exportApi, follow, isExported }
}

it('exports of the default partition hold in every datacenter, for the partitions each one has', () => {
  const [primary, secondary] = [datacenter('dc1'), datacenter('dc2', 'sales')]
  primary.exportApi('default', 'sales')
  secondary.follow(primary.store)
  expect(secondary.isExported('default', 'sales')).toBe(true)
})

it('exports of another partition hold in its own datacenter only, though another one has a partition of that name', () => {
  const [primary, secondary] = [datacenter('dc1', 'finance'), datacenter('dc2', 'finance')]
  primary.exportApi('finance', 'default')
  secondary.follow(primary.store)
  expect(secondary.isExported('finance', 'default')).toBe(false)
  secondary.exportApi('finance', 'sales')
  secondary.follow(primary.store)
  expect(secondary.isExported('finance', 'sales')).toBe(true)
})
