// Facts: things a query needs from outside this store. A query wants them by kind and key, a keeper fetches them.

import type { HealthCheck } from './check.ts'
import type { CatalogNode } from './node.ts'
import type { PeerStreamStatus } from './peering.ts'
import type { ServiceInstance } from './service.ts'
import { joinKey, type ServiceName } from './tenancy.ts'

/** One instance with all that decides whether and how it is dialled. */
export interface CheckServiceNode {
  readonly Node: CatalogNode
  readonly Service: ServiceInstance
  readonly Checks: readonly HealthCheck[]
}

/** A certificate with its key for one identity. */
export interface Leaf {
  readonly certPem: string
  readonly privateKeyPem: string
  readonly serialNumber: string
  readonly spiffeUri: string
  /** Milliseconds since the epoch. */
  readonly validAfter: number
  readonly validBefore: number
}

/** What another datacenter said, and whether it can still be asked. */
export interface Remote<T> {
  /** Undefined when it was asked, and has never answered. */
  readonly value: T | undefined
  /** False while the datacenter cannot be reached: the value is the last one known. */
  readonly fresh: boolean
}

/** Every kind of fact with the type of its value. */
export interface FactKinds {
  readonly leaf: Leaf
  readonly 'remote-connect': Remote<readonly CheckServiceNode[]>
  readonly 'remote-gateways': Remote<readonly CheckServiceNode[]>
  readonly 'peer-stream': PeerStreamStatus
}

export type FactKind = keyof FactKinds

/**
 * A thing wanted: `leaf` by SPIFFE URI, `remote-connect` by datacenter and service, `remote-gateways` by datacenter,
 * `peer-stream` by our id of the peering.
 */
export interface Want {
  readonly kind: FactKind
  readonly key: string
}

/** The key of another datacenter's instances (proxies and native ones) of a service. */
export function remoteConnectKey(datacenter: string, service: ServiceName): string {
  return joinKey(datacenter, service.Partition, service.Namespace, service.Name)
}

/** The key of another datacenter's or partition's mesh gateways. */
export function remoteGatewaysKey(datacenter: string, partition: string): string {
  return joinKey(datacenter, partition)
}

/** The answer of a query that cannot be complete yet; it runs again when a wanted thing arrives. */
export interface Waiting {
  readonly waiting: readonly Want[]
}
