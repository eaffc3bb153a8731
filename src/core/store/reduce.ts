// What each command does to the state: pure, total, deterministic. Effects of a refused command are none at all.

import { deepEqual } from '../../lib/deep-equal.ts'
import { entryKey } from '../entries/define-entry.ts'
import { checkKey } from '../model/check.ts'
import { Fault, unreachable } from '../model/fault.ts'
import { nodeKey } from '../model/node.ts'
import type { Indexed } from '../model/row.ts'
import { instanceKey } from '../model/service.ts'
import type {
  Command,
  DeleteEntryCommand,
  DeregisterCommand,
  RegisterCommand,
  ReplaceEntriesCommand,
  SetCaCommand,
  SetEntryCommand,
} from './commands.ts'
import type { Write } from './store.ts'
import { instanceChecksKey, type RowOf, type TableName } from './tables.ts'
import type { State } from './view.ts'

/** What a command came to: rows to write and whether it applied (a failed compare-and-set does not), or a refusal. */
export type Reduced =
  | { readonly ok: true; readonly writes: readonly Write[]; readonly applied: boolean }
  | { readonly ok: false; readonly fault: Fault }

/** Folds one command against the state. */
export function reduce(state: State, command: Command): Reduced {
  switch (command.type) {
    case 'register':
      return register(state, command)
    case 'deregister':
      return done(deregister(state, command))
    case 'set-entry':
      return setEntry(state, command)
    case 'delete-entry':
      return deleteEntry(state, command)
    case 'replace-entries':
      return done(replaceEntries(state, command))
    case 'set-member':
      return done(put(state, 'members', command.member.Name, command.member))
    case 'remove-member':
      return done(remove(state, 'members', command.name))
    case 'set-ca':
      return setCa(state, command)
    default:
      return unreachable(command)
  }
}

/** Accepts with these writes. */
export function done(writes: readonly Write[]): Reduced {
  return { ok: true, writes, applied: true }
}

/** Refuses with this fault. */
export function refuse(fault: Fault): Reduced {
  return { ok: false, fault }
}

/** A write of one row; nothing when the stored row already says the same. */
export function put<N extends TableName>(
  state: State,
  table: N,
  key: string,
  row: Omit<RowOf<N>, keyof Indexed>,
): readonly Write[] {
  const before = state.get(table, key)
  return before !== undefined && sameRow(before, row) ? [] : [{ table, key, row }]
}

/** The removal of one row; nothing when it is not there. */
export function remove(state: State, table: TableName, key: string): readonly Write[] {
  return state.get(table, key) === undefined ? [] : [{ table, key, row: undefined }]
}

function sameRow(before: Indexed, row: object): boolean {
  const { CreateIndex, ModifyIndex, ...rest } = before
  return deepEqual(rest, row)
}

function register(state: State, command: RegisterCommand): Reduced {
  const renamed = renameOf(state, command)
  if (!renamed.ok) return renamed
  const writes: Write[] = [...renamed.writes]
  const known = state.get('nodes', nodeKey(command.node))
  if (known === undefined || !command.skipNodeUpdate)
    writes.push(...put(state, 'nodes', nodeKey(command.node), command.node))
  for (const service of command.services) writes.push(...put(state, 'services', instanceKey(service), service))

  for (const check of command.checks) {
    const ids = command.services.map(service => service.ID)
    const instance =
      check.ServiceID === '' ? undefined : state.get('services', instanceKey({ ...check, ID: check.ServiceID }))
    if (check.ServiceID !== '' && instance === undefined && !ids.includes(check.ServiceID)) {
      const text = `Unknown service ID "${check.ServiceID}" for check ID "${check.CheckID}"`
      return refuse(new Fault('internal', text))
    }
    writes.push(...put(state, 'checks', checkKey(check), check))
  }
  return done(writes)
}

/** A node id belongs to one name; a node may take a new name only when the old one is not alive. */
function renameOf(state: State, { node }: RegisterCommand): Reduced {
  if (node.ID === '') return done([])
  const idKey = [node.Partition, node.PeerName, node.ID].join('\u001f')
  const holder = state.list('nodes', 'id', idKey).find(other => nodeKey(other) !== nodeKey(node))
  if (holder === undefined) return done([])
  const serf = state.get('checks', checkKey({ ...holder, Namespace: 'default', CheckID: 'serfHealth' }))
  if (serf?.Status === 'passing') {
    const text = `node ID "${node.ID}" for node "${node.Node}" aliases existing node "${holder.Node}", which is alive`
    return refuse(new Fault('internal', text))
  }
  return done(removeNode(state, nodeKey(holder)))
}

function deregister(state: State, command: DeregisterCommand): readonly Write[] {
  const { node: Node, partition: Partition, namespace: Namespace, peer: PeerName } = command
  const owner = { Node, Partition, PeerName }
  if (command.serviceId !== '') return removeService(state, { ...owner, Namespace, ID: command.serviceId })
  if (command.checkId !== '')
    return remove(state, 'checks', checkKey({ ...owner, Namespace, CheckID: command.checkId }))
  return removeNode(state, nodeKey(owner))
}

type ServiceId = { Node: string; Partition: string; PeerName: string; Namespace: string; ID: string }

function removeService(state: State, service: ServiceId): readonly Write[] {
  const checks = state.list('checks', 'instance', instanceChecksKey(service, service.Namespace, service.ID))
  return [
    ...remove(state, 'services', instanceKey(service)),
    ...checks.map(check => ({ table: 'checks' as const, key: checkKey(check), row: undefined })),
  ]
}

function removeNode(state: State, key: string): readonly Write[] {
  const services = state.list('services', 'node', key)
  const checks = state.list('checks', 'node', key)
  return [
    ...services.map(service => ({ table: 'services' as const, key: instanceKey(service), row: undefined })),
    ...checks.map(check => ({ table: 'checks' as const, key: checkKey(check), row: undefined })),
    ...remove(state, 'nodes', key),
  ]
}

function setEntry(state: State, command: SetEntryCommand): Reduced {
  const { entry, cas } = command
  const key = entryKey(entry.Kind, entry.Name, entry.Partition, entry.Namespace)
  if (cas !== undefined && (state.get('entries', key)?.ModifyIndex ?? 0) !== cas) return notApplied()
  return done(put(state, 'entries', key, entry))
}

function deleteEntry(state: State, command: DeleteEntryCommand): Reduced {
  const key = entryKey(command.kind, command.name, command.partition, command.namespace)
  const before = state.get('entries', key)
  if (command.cas !== undefined && before?.ModifyIndex !== command.cas) return notApplied()
  return done(remove(state, 'entries', key))
}

function replaceEntries(state: State, command: ReplaceEntriesCommand): readonly Write[] {
  const keyOf = (entry: ReplaceEntriesCommand['remove'][number]) =>
    entryKey(entry.Kind, entry.Name, entry.Partition, entry.Namespace)
  return [
    ...command.set.flatMap(entry => put(state, 'entries', keyOf(entry), entry)),
    ...command.remove.flatMap(entry => remove(state, 'entries', keyOf(entry))),
  ]
}

function setCa(state: State, command: SetCaCommand): Reduced {
  if ((state.get('caSigner', '')?.ModifyIndex ?? 0) !== command.cas) return notApplied()
  return done([
    ...put(state, 'caRoots', '', command.roots),
    ...put(state, 'caConfig', '', command.config),
    ...put(state, 'caSigner', '', command.signer),
  ])
}

function notApplied(): Reduced {
  return { ok: true, writes: [], applied: false }
}
