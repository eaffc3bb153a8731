// Commands on partitions and namespaces.

import type { NewNamespace, NewPartition } from '../model/partition.ts'

export interface SetPartitionCommand {
  readonly type: 'set-partition'
  readonly partition: NewPartition
}

/** Marks a partition as being deleted: nothing new goes in; what is inside is purged, then the partition itself. */
export interface DeletePartitionCommand {
  readonly type: 'delete-partition'
  readonly name: string
  /** RFC 3339. */
  readonly at: string
}

export interface SetNamespaceCommand {
  readonly type: 'set-namespace'
  readonly namespace: NewNamespace
}

export interface DeleteNamespaceCommand {
  readonly type: 'delete-namespace'
  readonly partition: string
  readonly name: string
  readonly at: string
}

/** Removes up to `limit` rows of what is being deleted; the last step removes the partition or namespace itself. */
export interface PurgeTenancyCommand {
  readonly type: 'purge-tenancy'
  readonly partition: string
  /** '' purges the whole partition. */
  readonly namespace: string
  readonly limit: number
}

export type TenancyCommand =
  | SetPartitionCommand
  | DeletePartitionCommand
  | SetNamespaceCommand
  | DeleteNamespaceCommand
  | PurgeTenancyCommand
