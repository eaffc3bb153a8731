// What each command does to the state: pure, total, deterministic. Effects of a refused command are none at all.

import { checkKey } from '../model/check.ts'
import { Fault, unreachable } from '../model/fault.ts'
import { nodeKey } from '../model/node.ts'
import { instanceKey } from '../model/service.ts'
import type { Command, DeregisterCommand, RegisterCommand, SetCaCommand } from './commands.ts'
import { reduceAgents } from './reduce-agents.ts'
import { deleteEntry, replaceEntries, setEntry } from './reduce-entries.ts'
import { reduceImport } from './reduce-imports.ts'
import { reduceIntention } from './reduce-intentions.ts'
import { reducePeering } from './reduce-peerings.ts'
import { reduceTenancy, tenancyFault } from './reduce-tenancy.ts'
import { done, notApplied, put, type Reduced, refuse, remove } from './reduced.ts'
import type { Write } from './store.ts'
import { instanceChecksKey } from './tables.ts'
import type { State } from './view.ts'

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
    case 'set-intention':
    case 'update-intention':
    case 'delete-intention':
    case 'delete-intention-by-id':
      return reduceIntention(state, command)
    case 'set-member':
      return done(put(state, 'members', command.member.Name, command.member))
    case 'remove-member':
      return done(remove(state, 'members', command.name))
    case 'set-partition':
    case 'delete-partition':
    case 'set-namespace':
    case 'delete-namespace':
    case 'purge-tenancy':
      return reduceTenancy(state, command)
    case 'generate-peering':
    case 'begin-establish':
    case 'finish-establish':
    case 'abort-establish':
    case 'exchange-secret':
    case 'open-stream':
    case 'delete-peering':
    case 'terminate-peering':
    case 'remove-peering':
    case 'forget-peerings':
      return reducePeering(state, command)
    case 'import-service':
    case 'import-list':
    case 'import-bundle':
    case 'import-addresses':
    case 'purge-imports':
      return reduceImport(state, command)
    case 'set-agent':
    case 'remove-agent':
      return reduceAgents(state, command)
    case 'set-ca':
      return setCa(state, command)
    default:
      return unreachable(command)
  }
}

function register(state: State, command: RegisterCommand): Reduced {
  for (const { Partition, Namespace } of [{ ...command.node, Namespace: 'default' }, ...command.services]) {
    const wrong = tenancyFault(state, Partition, Namespace)
    if (wrong !== undefined) return refuse(wrong)
  }
  const renamed = renameOf(state, command)
  if (!renamed.ok) return renamed
  const writes: Write[] = [...renamed.writes]
  const known = state.get('nodes', nodeKey(command.node))
  if (known === undefined || !command.skipNodeUpdate)
    writes.push(...put(state, 'nodes', nodeKey(command.node), command.node))
  for (const service of command.services) writes.push(...put(state, 'services', instanceKey(service), service))

  for (const check of command.checks) {
    const service = serviceOf(state, command, check)
    if (check.ServiceID !== '' && service === undefined) {
      const text = `Unknown service ID '${check.ServiceID}' for check ID '${check.CheckID}'`
      return refuse(new Fault('rejected', text))
    }
    const row = service === undefined ? check : { ...check, ServiceName: service.Service, ServiceTags: service.Tags }
    writes.push(...put(state, 'checks', checkKey(check), row))
  }
  return done(writes)
}

/** The instance a check is for, registered now or before. */
function serviceOf(state: State, command: RegisterCommand, check: RegisterCommand['checks'][number]) {
  if (check.ServiceID === '') return undefined
  const registered = command.services.find(service => service.ID === check.ServiceID)
  return registered ?? state.get('services', instanceKey({ ...check, ID: check.ServiceID }))
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
    return refuse(new Fault('rejected', text))
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

function setCa(state: State, command: SetCaCommand): Reduced {
  if ((state.get('caSigner', '')?.ModifyIndex ?? 0) !== command.cas) return notApplied()
  return done([
    ...put(state, 'caRoots', '', command.roots),
    ...put(state, 'caConfig', '', command.config),
    ...put(state, 'caSigner', '', command.signer),
  ])
}
