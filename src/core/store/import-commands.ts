// Commands that carry out what a peer says. Whatever they hold, they only ever write rows under the name of that peering.

import type { HealthCheck } from '../model/check.ts'
import type { CatalogNode } from '../model/node.ts'
import type { PeerTrustBundle } from '../model/peering.ts'
import type { Indexed } from '../model/row.ts'
import type { ServiceInstance } from '../model/service.ts'

/** A row before the reducer says whose it is. */
type Imported<T> = Omit<T, keyof Indexed | 'PeerName' | 'Partition'>

export interface ImportedInstance {
  readonly node: Imported<CatalogNode>
  readonly service: Imported<ServiceInstance>
  /** Checks of the instance; the reducer names node and service. */
  readonly checks: readonly Pick<HealthCheck, 'CheckID' | 'Name' | 'Status' | 'Notes' | 'Output' | 'Type'>[]
}

export interface ImportedServiceName {
  readonly Name: string
  readonly Namespace: string
}

/** Replaces all instances of one service of a peer. */
export interface ImportServiceCommand {
  readonly type: 'import-service'
  /** Our id of the peering. */
  readonly id: string
  readonly service: ImportedServiceName
  readonly instances: readonly ImportedInstance[]
}

/** Removes every service of a peer that it exports no more. */
export interface ImportListCommand {
  readonly type: 'import-list'
  readonly id: string
  readonly services: readonly ImportedServiceName[]
}

export interface ImportBundleCommand {
  readonly type: 'import-bundle'
  readonly id: string
  readonly bundle: Pick<PeerTrustBundle, 'TrustDomain' | 'RootPEMs' | 'ExportedPartition'>
}

/** Where the peer's servers are from now on. */
export interface ImportAddressesCommand {
  readonly type: 'import-addresses'
  readonly id: string
  readonly addresses: readonly string[]
}

/** Removes some of what came from a peer that is being deleted or has ended the peering. */
export interface PurgeImportsCommand {
  readonly type: 'purge-imports'
  readonly id: string
  /** How many nodes to remove at most, with all they hold. */
  readonly limit: number
}

export type ImportCommand =
  | ImportServiceCommand
  | ImportListCommand
  | ImportBundleCommand
  | ImportAddressesCommand
  | PurgeImportsCommand
