// Finishes the deletion of partitions and namespaces: removes what is inside, a slice at a time, then the thing itself.

import { reduce } from '../../core/store/reduce.ts'
import type { Store } from '../../core/store/store.ts'
import { defineQuery } from '../../core/store/view.ts'
import type { Committer } from '../engine/committer.ts'
import type { Logger } from '../logger.ts'
import { watch } from '../watch.ts'

interface Doomed {
  readonly partition: string
  /** '' for the whole partition. */
  readonly namespace: string
  /** Peerings that have to come to their end first. */
  readonly peerings: number
}

/** Everything that is marked for deletion. */
const doomed = defineQuery<undefined, readonly Doomed[]>({
  name: 'doomed-tenancies',
  key: () => '',
  run: view => [
    ...view.list('partitions', 'all', '').flatMap(row => {
      if (!row.DeletedAt) return []
      return [{ partition: row.Name, namespace: '', peerings: view.list('peerings', 'partition', row.Name).length }]
    }),
    ...view
      .list('namespaces', 'all', '')
      .flatMap(row => (row.DeletedAt ? [{ partition: row.Partition, namespace: row.Name, peerings: 0 }] : [])),
  ],
})

const SLICE = 500

/** Purges until the signal aborts; what was begun before a restart is taken up again. */
export async function purgeDeletedTenancies(
  deps: { readonly store: Store; readonly committer: Committer; readonly logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  for await (const { value } of watch(deps.store, doomed, undefined, signal)) {
    for (const each of value) await purge(deps, each, signal)
  }
}

async function purge(
  deps: { readonly store: Store; readonly committer: Committer; readonly logger: Logger },
  { partition, namespace }: Doomed,
  signal: AbortSignal,
): Promise<void> {
  let writes = 0
  do {
    await deps.committer.submit(state => {
      const reduced = reduce(state, { type: 'purge-tenancy', partition, namespace, limit: SLICE })
      writes = reduced.ok ? reduced.writes.length : 0
      return reduced
    })
  } while (writes > 0 && !signal.aborted)
  if (namespace === '' && deps.store.get('partitions', partition) !== undefined) return
  const what = namespace === '' ? { partition } : { partition, namespace }
  deps.logger.info('removed all that a deleted tenancy held', what)
}
