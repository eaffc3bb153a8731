// What commands on config entries do to the state: an entry is written or deleted only if no rule across entries breaks.

import { describeIssues } from '../../lib/schema.ts'
import { entryKey, type NewEntry } from '../entries/define-entry.ts'
import type { ConfigEntry } from '../entries/index.ts'
import { Fault } from '../model/fault.ts'
import { ANY_NAMESPACE, DEFAULT_NAMESPACE } from '../model/tenancy.ts'
import type { DeleteEntryCommand, ReplaceEntriesCommand, SetEntryCommand } from './commands.ts'
import { brokenBy } from './entry-graph.ts'
import { tenancyFault } from './reduce-tenancy.ts'
import { done, notApplied, put, type Reduced, refuse, remove } from './reduced.ts'
import type { Write } from './store.ts'
import type { State } from './view.ts'

export function setEntry(state: State, command: SetEntryCommand): Reduced {
  const { entry, cas } = command
  const key = keyOf(entry)
  // What is there already needs no writing, whatever it is compared with.
  if (put(state, 'entries', key, entry).length === 0) return done([])
  if (cas !== undefined && (state.get('entries', key)?.ModifyIndex ?? 0) !== cas) return notApplied()
  return putEntry(state, entry, command.datacenter ?? '')
}

/** Writes an entry, or refuses with what that would break. */
export function putEntry(state: State, entry: NewEntry<ConfigEntry>, datacenter: string): Reduced {
  const wrong = tenancyFault(state, entry.Partition, namespaceToJudge(entry))
  if (wrong !== undefined) return refuse(wrong)
  return checked(state, put(state, 'entries', keyOf(entry), entry), entry, datacenter)
}

export function deleteEntry(state: State, command: DeleteEntryCommand): Reduced {
  const key = entryKey(command.kind, command.name, command.partition, command.namespace)
  const before = state.get('entries', key)
  if (command.cas !== undefined && before?.ModifyIndex !== command.cas) return notApplied()
  if (before === undefined) return done([])
  return checked(state, remove(state, 'entries', key), before, command.datacenter ?? '')
}

/** Takes the primary's entries as they are: they were checked there. */
export function replaceEntries(state: State, command: ReplaceEntriesCommand): readonly Write[] {
  return [
    ...command.set.flatMap(entry => put(state, 'entries', keyOf(entry), entry)),
    ...command.remove.flatMap(entry => remove(state, 'entries', keyOf(entry))),
  ]
}

function checked(state: State, writes: readonly Write[], changed: NewEntry<ConfigEntry>, datacenter: string): Reduced {
  const issues = brokenBy(state, writes, changed, datacenter)
  return issues.length === 0 ? done(writes) : refuse(new Fault('rejected', describeIssues(issues), { issues }))
}

/** Intentions may be about services of every namespace; nothing else may. */
function namespaceToJudge({ Kind, Namespace }: NewEntry<ConfigEntry>): string {
  return Kind === 'service-intentions' && Namespace === ANY_NAMESPACE ? DEFAULT_NAMESPACE : Namespace
}

function keyOf(entry: Pick<ConfigEntry, 'Kind' | 'Name' | 'Partition' | 'Namespace'>): string {
  return entryKey(entry.Kind, entry.Name, entry.Partition, entry.Namespace)
}
