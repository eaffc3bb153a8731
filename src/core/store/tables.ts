// The tables of the store: what a row is, how it is keyed, by what it can be listed. A new table is one entry here.

import { entryKey } from '../entries/define-entry.ts'
import type { ConfigEntry } from '../entries/index.ts'
import type { CaConfiguration, CaRootsRow, CaSignerRow } from '../model/ca.ts'
import { checkKey, type HealthCheck } from '../model/check.ts'
import { type ClientAgent, clientAgentKey } from '../model/client-agent.ts'
import { type LocalCheck, type LocalService, localCheckKey, localServiceKey } from '../model/local.ts'
import type { WanMember } from '../model/member.ts'
import { type CatalogNode, nodeKey } from '../model/node.ts'
import { type Namespace, namespaceKey, type Partition } from '../model/partition.ts'
import {
  type Peering,
  type PeeringSecrets,
  type PeerTrustBundle,
  peeringKey,
  trustBundleKey,
} from '../model/peering.ts'
import type { Indexed } from '../model/row.ts'
import { instanceKey, nameOf, type ServiceInstance } from '../model/service.ts'
import { shardOf } from '../model/shard.ts'
import { joinKey, serviceKey } from '../model/tenancy.ts'

/**
 * `replicated` rows go through the engine and carry the cluster's revision; `local` rows are this agent's own and go through
 * its local engine.
 */
export type TableClass = 'replicated' | 'local'

type IndexFunction<T> = (row: T) => string | undefined

export interface TableDefinition<T extends Indexed, I extends string> {
  readonly class: TableClass
  key(row: Omit<T, keyof Indexed>): string
  readonly indexes: Readonly<Record<I, IndexFunction<T>>>
}

function table<T extends Indexed>() {
  return <const I extends string>(definition: TableDefinition<T, I>) => definition
}

export const TABLES = {
  nodes: table<CatalogNode>()({
    class: 'replicated',
    key: nodeKey,
    indexes: {
      all: row => joinKey(row.Partition, row.PeerName),
      id: row => (row.ID === '' ? undefined : joinKey(row.Partition, row.PeerName, row.ID)),
    },
  }),
  services: table<ServiceInstance>()({
    class: 'replicated',
    key: instanceKey,
    indexes: {
      all: row => joinKey(row.Partition, row.PeerName),
      node: row => nodeKey(row),
      name: row => serviceKey(nameOf(row)),
      /** Proxies of a service and instances that speak mTLS themselves. */
      connect: connectName,
      /** The same instances in groups of bounded number, for readers that need all of them and follow changes cheaply. */
      connectShard: connectShard,
      kind: row => joinKey(row.Partition, row.PeerName, row.Kind),
    },
  }),
  checks: table<HealthCheck>()({
    class: 'replicated',
    key: checkKey,
    indexes: {
      all: row => joinKey(row.Partition, row.PeerName),
      node: row => nodeKey(row),
      /** Checks of one instance; of the node itself under the empty service id. */
      instance: row => joinKey(nodeKey(row), row.ServiceID === '' ? '' : row.Namespace, row.ServiceID),
      serviceName: row => joinKey(row.Partition, row.Namespace, row.PeerName, row.ServiceName),
    },
  }),
  entries: table<ConfigEntry>()({
    class: 'replicated',
    key: row => entryKey(row.Kind, row.Name, row.Partition, row.Namespace),
    indexes: {
      all: () => '',
      kind: row => joinKey(row.Kind, row.Partition),
    },
  }),
  partitions: table<Partition>()({
    class: 'replicated',
    key: row => row.Name,
    indexes: { all: () => '' },
  }),
  namespaces: table<Namespace>()({
    class: 'replicated',
    key: row => namespaceKey(row.Partition, row.Name),
    indexes: { all: () => '', partition: row => row.Partition },
  }),
  peerings: table<Peering>()({
    class: 'replicated',
    key: peeringKey,
    indexes: { all: () => '', partition: row => row.Partition, id: row => row.ID },
  }),
  peerTrustBundles: table<PeerTrustBundle>()({
    class: 'replicated',
    key: trustBundleKey,
    indexes: { all: () => '', partition: row => row.Partition },
  }),
  peeringSecrets: table<PeeringSecrets>()({
    class: 'replicated',
    key: row => row.id,
    indexes: { deleted: row => (row.deletedAt === 0 ? undefined : '') },
  }),
  members: table<WanMember>()({
    class: 'replicated',
    key: row => row.Name,
    indexes: { all: () => '', datacenter: row => row.Datacenter },
  }),
  agents: table<ClientAgent>()({
    class: 'replicated',
    key: clientAgentKey,
    indexes: { all: () => '', partition: row => row.Partition },
  }),
  caRoots: table<CaRootsRow>()({ class: 'replicated', key: () => '', indexes: {} }),
  caConfig: table<CaConfiguration>()({ class: 'replicated', key: () => '', indexes: {} }),
  caSigner: table<CaSignerRow>()({ class: 'replicated', key: () => '', indexes: {} }),
  localServices: table<LocalService>()({
    class: 'local',
    key: row => localServiceKey(row.Instance),
    indexes: { all: () => '', port: row => String(row.Instance.Port), parent: row => row.ParentID },
  }),
  localChecks: table<LocalCheck>()({
    class: 'local',
    key: localCheckKey,
    indexes: { all: () => '', service: row => joinKey(row.Partition, row.Namespace, row.ServiceID) },
  }),
} as const

export type TableName = keyof typeof TABLES

export type RowOf<N extends TableName> = (typeof TABLES)[N] extends TableDefinition<infer T, string> ? T : never

export type IndexName<N extends TableName> = keyof (typeof TABLES)[N]['indexes'] & string

/** The index key of one of the `SHARDS` groups of mTLS-speaking instances. */
export function connectShardKey(partition: string, peer: string, shard: number): string {
  return joinKey(partition, peer, String(shard))
}

/** The index key of the checks of one instance, or of the node itself when `serviceId` is ''. */
export function instanceChecksKey(
  node: Pick<CatalogNode, 'Partition' | 'PeerName' | 'Node'>,
  namespace: string,
  serviceId: string,
): string {
  return joinKey(nodeKey(node), serviceId === '' ? '' : namespace, serviceId)
}

function connectShard(row: ServiceInstance): string | undefined {
  const name = connectName(row)
  return name === undefined ? undefined : connectShardKey(row.Partition, row.PeerName, shardOf(name))
}

function connectName(row: ServiceInstance): string | undefined {
  if (row.Kind === 'connect-proxy') {
    return serviceKey({ ...nameOf(row), Name: row.Proxy.DestinationServiceName ?? '' })
  }
  return row.Connect.Native ? serviceKey(nameOf(row)) : undefined
}
