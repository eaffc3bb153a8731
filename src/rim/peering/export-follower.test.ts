import { expect, it } from 'vitest'
import { TEST_SELF } from '../../../test/support/catalog-rows.ts'
import { entryKey } from '../../core/entries/define-entry.ts'
import { Store } from '../../core/store/store.ts'
import { ExportFollower } from './export-follower.ts'

it('what is exported and cannot be read ends the telling, and not the process', async () => {
  const store = new Store(TEST_SELF)
  const failures: unknown[] = []
  const told: unknown[] = []
  const follower = new ExportFollower({
    ...{ store, partition: 'default', peer: 'west' },
    onResource: resource => told.push(resource),
    onServices: names => told.push(names),
    onFailure: error => failures.push(error),
  })
  const turn = () => new Promise(resolve => setImmediate(resolve))
  await turn()
  expect(failures).toEqual([])
  const before = told.length

  const row = {
    Kind: 'exported-services',
    Name: 'default',
    Partition: 'default',
    Namespace: 'default',
    Services: [null],
  }
  store.apply([{ table: 'entries', key: entryKey(row.Kind, row.Name, row.Partition, row.Namespace), row }], 1)
  await turn()
  expect(failures).toEqual([expect.any(TypeError)])
  store.apply(
    [{ table: 'entries', key: entryKey(row.Kind, row.Name, row.Partition, row.Namespace), row: undefined }],
    2,
  )
  await turn()
  expect([failures.length, told.length]).toEqual([1, before])
  follower.close()
})
