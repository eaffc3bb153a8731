// What commands on partitions and namespaces do to the state, and what must hold before anything is written into them.

import { entryKey } from '../entries/define-entry.ts'
import { checkKey } from '../model/check.ts'
import { clientAgentKey } from '../model/client-agent.ts'
import { Fault, invalid, unreachable } from '../model/fault.ts'
import { nodeKey } from '../model/node.ts'
import { checkNamespaceName, checkPartitionName, namespaceKey } from '../model/partition.ts'
import { peeringKey } from '../model/peering.ts'
import type { Indexed } from '../model/row.ts'
import { instanceKey } from '../model/service.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION, joinKey } from '../model/tenancy.ts'
import { done, put, type Reduced, refuse, remove } from './reduced.ts'
import type { Write } from './store.ts'
import type {
  DeleteNamespaceCommand,
  DeletePartitionCommand,
  PurgeTenancyCommand,
  SetNamespaceCommand,
  SetPartitionCommand,
  TenancyCommand,
} from './tenancy-commands.ts'
import type { State } from './view.ts'

/** Folds a command on partitions and namespaces. */
export function reduceTenancy(state: State, command: TenancyCommand): Reduced {
  switch (command.type) {
    case 'set-partition':
      return setPartition(state, command)
    case 'delete-partition':
      return deletePartition(state, command)
    case 'set-namespace':
      return setNamespace(state, command)
    case 'delete-namespace':
      return deleteNamespace(state, command)
    case 'purge-tenancy':
      return done(purge(state, command))
    default:
      return unreachable(command)
  }
}

/**
 * Why nothing may be written into a partition and namespace: one of them does not exist, or is being deleted. Undefined
 * when writing is fine. The fault names the field.
 */
export function tenancyFault(state: State, partition: string, namespace: string): Fault | undefined {
  const wrong = partitionFault(state, partition)
  if (wrong !== undefined || namespace === DEFAULT_NAMESPACE) return wrong
  const row = state.get('namespaces', namespaceKey(partition, namespace))
  if (row === undefined) {
    const text = `Namespace: there is no namespace "${namespace}" in partition "${partition}"; create it first`
    return new Fault('invalid', text)
  }
  return row.DeletedAt === undefined ? undefined : beingDeleted('Namespace', 'namespace', namespace)
}

function partitionFault(state: State, partition: string): Fault | undefined {
  if (partition === DEFAULT_PARTITION) return undefined
  const row = state.get('partitions', partition)
  if (row === undefined) {
    return new Fault('invalid', `Partition: there is no partition "${partition}"; create it first`)
  }
  return row.DeletedAt === undefined ? undefined : beingDeleted('Partition', 'partition', partition)
}

function beingDeleted(field: string, noun: string, name: string): Fault {
  return new Fault('invalid', `${field}: ${noun} "${name}" is being deleted; nothing can be written into it`)
}

function setPartition(state: State, { partition }: SetPartitionCommand): Reduced {
  const issues = checkPartitionName(partition.Name)
  if (issues.length > 0) return refuse(invalid('Invalid partition', issues))
  if (partition.Name === DEFAULT_PARTITION) {
    return refuse(new Fault('invalid', 'Name: "default" is reserved: it is always there and cannot be changed'))
  }
  if (state.get('partitions', partition.Name)?.DeletedAt !== undefined) {
    return refuse(beingDeleted('Name', 'partition', partition.Name))
  }
  return done(put(state, 'partitions', partition.Name, partition))
}

function deletePartition(state: State, { name, at }: DeletePartitionCommand): Reduced {
  if (name === DEFAULT_PARTITION) return refuse(new Fault('invalid', 'Name: partition "default" cannot be deleted'))
  const row = state.get('partitions', name)
  if (row === undefined || row.DeletedAt !== undefined) return done([])
  return done(put(state, 'partitions', name, { ...withoutIndexes(row), DeletedAt: at }))
}

function setNamespace(state: State, { namespace }: SetNamespaceCommand): Reduced {
  const issues = checkNamespaceName(namespace.Name)
  if (issues.length > 0) return refuse(invalid('Invalid namespace', issues))
  if (namespace.Name === DEFAULT_NAMESPACE) {
    return refuse(new Fault('invalid', 'Name: "default" is reserved: it is always there and cannot be changed'))
  }
  const wrong = partitionFault(state, namespace.Partition)
  if (wrong !== undefined) return refuse(wrong)
  const key = namespaceKey(namespace.Partition, namespace.Name)
  if (state.get('namespaces', key)?.DeletedAt !== undefined) {
    return refuse(beingDeleted('Name', 'namespace', namespace.Name))
  }
  return done(put(state, 'namespaces', key, namespace))
}

function deleteNamespace(state: State, { partition, name, at }: DeleteNamespaceCommand): Reduced {
  if (name === DEFAULT_NAMESPACE) return refuse(new Fault('invalid', 'Name: namespace "default" cannot be deleted'))
  const key = namespaceKey(partition, name)
  const row = state.get('namespaces', key)
  if (row === undefined || row.DeletedAt !== undefined) return done([])
  return done(put(state, 'namespaces', key, { ...withoutIndexes(row), DeletedAt: at }))
}

/**
 * Rows in an order in which no other row is left without what it belongs to. Peerings have an end of their own, in which their
 * peers are told: here they are marked for it, and a partition stays until they are gone.
 */
function purge(state: State, { partition, namespace, limit }: PurgeTenancyCommand): readonly Write[] {
  const inside = (row: { readonly Namespace: string }) => namespace === '' || row.Namespace === namespace
  const everywhere = joinKey(partition, '')
  const rows: Write[] = [
    ...state
      .list('checks', 'all', everywhere)
      .filter(inside)
      .map(row => gone('checks', checkKey(row))),
    ...state
      .list('services', 'all', everywhere)
      .filter(inside)
      .map(row => gone('services', instanceKey(row))),
    ...state
      .list('entries', 'all', '')
      .filter(row => row.Partition === partition && inside(row))
      .map(row => gone('entries', entryKey(row.Kind, row.Name, row.Partition, row.Namespace))),
  ]
  if (namespace === '') {
    rows.push(...state.list('nodes', 'all', everywhere).map(row => gone('nodes', nodeKey(row))))
    rows.push(...state.list('agents', 'partition', partition).map(row => gone('agents', clientAgentKey(row))))
    const namespaces = state.list('namespaces', 'partition', partition)
    rows.push(...namespaces.map(row => gone('namespaces', namespaceKey(partition, row.Name))))
    rows.push(...endPeerings(state, partition))
  }
  if (rows.length > limit) return rows.slice(0, limit)
  if (namespace === '' && state.list('peerings', 'partition', partition).length > 0) return rows
  const last =
    namespace === ''
      ? remove(state, 'partitions', partition)
      : remove(state, 'namespaces', namespaceKey(partition, namespace))
  return [...rows, ...last]
}

function endPeerings(state: State, partition: string): readonly Write[] {
  const DeletedAt = state.get('partitions', partition)?.DeletedAt ?? ''
  return state.list('peerings', 'partition', partition).flatMap(row => {
    if (row.State === 'DELETING') return []
    return put(state, 'peerings', peeringKey(row), { ...withoutIndexes(row), State: 'DELETING', DeletedAt })
  })
}

function gone(table: Write['table'], key: string): Write {
  return { table, key, row: undefined }
}

function withoutIndexes<T extends Indexed>(row: T): Omit<T, keyof Indexed> {
  const { CreateIndex, ModifyIndex, ...rest } = row
  return rest
}
