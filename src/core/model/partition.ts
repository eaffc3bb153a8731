// Admin partitions and namespaces: the two levels of tenancy. `default` exists in both without being stored.

import type { Issue } from '../../lib/schema.ts'
import type { Indexed, Unindexed } from './row.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION, joinKey } from './tenancy.ts'

export interface Partition extends Indexed {
  readonly Name: string
  readonly Description: string
  /** RFC 3339 time since when it is being deleted; absent while it is in use. */
  readonly DeletedAt?: string
}

export interface Namespace extends Indexed {
  readonly Name: string
  readonly Partition: string
  readonly Description: string
  readonly Meta: Readonly<Record<string, string>>
  readonly DeletedAt?: string
}

export type NewPartition = Unindexed<Partition>
export type NewNamespace = Unindexed<Namespace>

/** The partition that is always there. */
export const BUILT_IN_PARTITION: Partition = {
  Name: DEFAULT_PARTITION,
  Description: 'Builtin Default Partition',
  CreateIndex: 1,
  ModifyIndex: 1,
}

/** The namespace that is always there, in every partition. */
export function builtInNamespace(partition: string): Namespace {
  return {
    Name: DEFAULT_NAMESPACE,
    Partition: partition,
    Description: 'Builtin Default Namespace',
    Meta: {},
    CreateIndex: 1,
    ModifyIndex: 1,
  }
}

export function namespaceKey(partition: string, name: string): string {
  return joinKey(partition, name)
}

const PARTITION_NAME = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/
const NAMESPACE_NAME = /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,62}[a-zA-Z0-9])?$/

/** What is wrong with the name of a partition. */
export function checkPartitionName(name: string): readonly Issue[] {
  if (name === '') return [{ path: 'Name', message: 'is required' }]
  if (PARTITION_NAME.test(name)) return []
  const rule = 'lower-case letters, digits and "-", beginning with a letter, 63 characters at most'
  return [
    { path: 'Name', message: `invalid value ${JSON.stringify(name)}; a partition's name is a DNS label: ${rule}` },
  ]
}

/** What is wrong with the name of a namespace. */
export function checkNamespaceName(name: string): readonly Issue[] {
  if (name === '') return [{ path: 'Name', message: 'is required' }]
  if (NAMESPACE_NAME.test(name)) return []
  const rule = 'letters, digits and "-", 64 characters at most'
  return [{ path: 'Name', message: `invalid value ${JSON.stringify(name)}; allowed are ${rule}` }]
}
