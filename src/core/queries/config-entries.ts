// Config entries as the API reads them: one, or all of a kind.

import { entryKey } from '../entries/define-entry.ts'
import type { ConfigEntry } from '../entries/index.ts'
import { isInNamespace, joinKey, type Tenancy } from '../model/tenancy.ts'
import { defineQuery } from '../store/view.ts'

export interface EntryArg extends Tenancy {
  readonly kind: string
  readonly name: string
}

/** One entry, or undefined when there is none. */
export const storedEntry = defineQuery<EntryArg, ConfigEntry | undefined>({
  name: 'stored-entry',
  key: arg => entryKey(arg.kind, arg.name, arg.Partition, arg.Namespace),
  run: (view, arg) => view.get('entries', entryKey(arg.kind, arg.name, arg.Partition, arg.Namespace)),
})

/** All entries of a kind, by name. */
export const entriesOfKind = defineQuery<Omit<EntryArg, 'name'>, readonly ConfigEntry[]>({
  name: 'entries-of-kind',
  key: arg => joinKey(arg.kind, arg.Partition, arg.Namespace),
  run: (view, arg) =>
    view
      .list('entries', 'kind', joinKey(arg.kind, arg.Partition))
      .filter(entry => isInNamespace(entry.Namespace, arg.Namespace)),
})
