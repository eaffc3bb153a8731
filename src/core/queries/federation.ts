// What servers of other datacenters ask: whole rows, because they decide with them as with their own.

import type { ConfigEntry } from '../entries/index.ts'
import { DEFAULT_PARTITION } from '../model/tenancy.ts'
import { defineQuery } from '../store/view.ts'

/** Every config entry of the default partition: what a secondary replicates. Other partitions belong to one datacenter. */
export const allEntries = defineQuery<undefined, readonly ConfigEntry[]>({
  name: 'all-entries',
  key: () => '',
  run: view => view.list('entries', 'all', '').filter(entry => entry.Partition === DEFAULT_PARTITION),
})

/** The roots as they are stored, with what only a rotation needs to know. */
export const storedRoots = defineQuery({
  name: 'stored-roots',
  key: () => '',
  run: view => view.get('caRoots', ''),
})
