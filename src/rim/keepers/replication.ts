// A secondary datacenter's config entries follow the primary's. While the primary is away, the last ones stay in force.

import type { NewEntry } from '../../core/entries/define-entry.ts'
import type { ConfigEntry } from '../../core/entries/index.ts'
import { replicateEntries } from '../../core/federation/replicate-entries.ts'
import { reduce } from '../../core/store/reduce.ts'
import { done } from '../../core/store/reduced.ts'
import type { Committer } from '../engine/committer.ts'
import { followRemote, type RemoteDeps } from '../federation/remote-query.ts'
import { RPC_PATHS } from '../federation/rpc.ts'

export interface ReplicationStatus {
  /** False while the primary cannot be reached. */
  readonly fresh: boolean
}

/** Replicates until the signal aborts; `onStatus` hears when the primary goes and comes back. */
export function replicateFromPrimary(
  deps: RemoteDeps & { readonly committer: Committer },
  signal: AbortSignal,
  onStatus: (status: ReplicationStatus) => void,
): Promise<void> {
  const primary = deps.store.self.primaryDatacenter
  return followRemote(
    deps,
    {
      datacenter: primary,
      path: RPC_PATHS.entries,
      async onAnswer(value) {
        // The answer comes from a server of our own federation; its rows were checked when they were written.
        const entries = value as readonly NewEntry<ConfigEntry>[]
        await deps.committer.submit(state => {
          const command = replicateEntries(state.list('entries', 'all', ''), entries)
          return command === undefined ? done([]) : reduce(state, command)
        })
        onStatus({ fresh: true })
      },
      onStale: () => onStatus({ fresh: false }),
    },
    signal,
  )
}
