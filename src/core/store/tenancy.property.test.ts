// A deleted partition leaves nothing behind, whatever was in it, and takes nothing from others.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nodeRow, serviceRow, TEST_SELF } from '../../../test/support/catalog-rows.ts'
import { marksIn, PARTITIONS, runAll, type World, world } from '../../../test/support/tenants.ts'
import { nodeKey } from '../model/node.ts'
import { instanceKey } from '../model/service.ts'
import { reduce } from './reduce.ts'
import { Store, tableNames, type Write } from './store.ts'

function run(store: Store, command: Parameters<typeof reduce>[1]): number {
  const reduced = reduce(store, command)
  if (!reduced.ok) throw reduced.fault
  store.apply(reduced.writes, store.revision + 1)
  return reduced.writes.length
}

/** Everything in the store as text, one row a line. */
function rowsOf(store: Store): readonly string[] {
  return tableNames().flatMap(table => [...store.rowsOf(table)].map(row => JSON.stringify(row)))
}

/** A node with a service that came from each peer, as an import would have left them. */
function importFromPeers(store: Store): void {
  for (const partition of PARTITIONS) {
    for (const { Name, Partition } of store.list('peerings', 'partition', partition)) {
      const place = { Partition, PeerName: Name }
      const node = nodeRow('theirs', place)
      const service = serviceRow('theirs', 'web', place)
      const writes: readonly Write[] = [
        { table: 'nodes', key: nodeKey(node), row: node },
        { table: 'services', key: instanceKey(service), row: service },
      ]
      store.apply(writes, store.revision + 1)
    }
  }
}

/** What the keepers of partitions and of peerings do until there is nothing left to do. */
function purge(store: Store, partition: string): void {
  for (let writes = 1, rounds = 0; writes > 0; rounds += 1) {
    if (rounds > 1000) throw new Error(`there is always something left of ${partition}`)
    writes = run(store, { type: 'purge-tenancy', partition, namespace: '', limit: 3 })
    for (const peering of store.list('peerings', 'partition', partition)) {
      if (peering.State !== 'DELETING') continue
      writes += run(store, { type: 'purge-imports', id: peering.ID, limit: 10 })
      writes += run(store, { type: 'remove-peering', id: peering.ID, at: 0 })
    }
  }
}

it.each(['finance', 'sales'])(
  'deleting the partition %s removes all that is in it and nothing else',
  partition => {
    fc.assert(
      fc.property(world, ({ commands, owners }: World) => {
        const store = new Store(TEST_SELF)
        runAll(store, commands)
        importFromPeers(store)
        const isInside = (line: string) => marksIn(line).some(mark => owners.get(mark)?.partition === partition)
        const others = rowsOf(store).filter(line => !line.includes(`"Partition":"${partition}"`) && !isInside(line))
        run(store, { type: 'delete-partition', name: partition, at: '2026-01-01T00:00:00Z' })
        purge(store, partition)
        const left = rowsOf(store)
        expect(left.filter(line => isInside(line) || line.includes(`"Name":"${partition}"`))).toEqual([])
        expect(others.filter(line => !left.includes(line) && !line.includes(`"Name":"${partition}"`))).toEqual([])
      }),
      { numRuns: 50 },
    )
  },
  60_000,
)
