// Which services of a partition its peers may use: its exported-services entry, seen from the services. In shards, because who
// follows all of them must not look at all of them whenever one changes.

import { consumersOf } from '../entries/partition-exports.ts'
import { nameOf, type ServiceInstance } from '../model/service.ts'
import { shardOf } from '../model/shard.ts'
import { DEFAULT_NAMESPACE, joinKey, type ServiceName, serviceKey } from '../model/tenancy.ts'
import { connectShardKey } from '../store/tables.ts'
import { defineQuery } from '../store/view.ts'
import { configEntry, samenessGroupOf } from './config-entry.ts'
import { type PeerTrust, peerTrusts } from './peer-trust.ts'

/** What one element of the entry exports; name and namespace may be `*`. */
export interface PeerExport {
  readonly namespace: string
  readonly name: string
  /** Names of the peers, sorted. */
  readonly peers: readonly string[]
}

/** What is exported to peers of this partition, whether they are known or not. */
export const peerExports = defineQuery<{ readonly partition: string }, readonly PeerExport[]>({
  name: 'peer-exports',
  key: arg => arg.partition,
  run(view, { partition }) {
    const tenancy = { Partition: partition, Namespace: DEFAULT_NAMESPACE }
    const entry = configEntry(view, 'exported-services', partition, tenancy)
    return (entry?.Services ?? []).flatMap(service => {
      const { peers } = consumersOf(service, partition, name => samenessGroupOf(view, name, partition))
      if (peers.length === 0) return []
      return [{ namespace: service.Namespace || DEFAULT_NAMESPACE, name: service.Name, peers }]
    })
  },
})

/** The peers that a service is exported to and whose roots are known, by name. */
export const exportPeers = defineQuery<ServiceName, readonly PeerTrust[]>({
  name: 'export-peers',
  key: serviceKey,
  run(view, service) {
    const exports = view.derive(peerExports, { partition: service.Partition })
    const names = new Set(exports.filter(each => covers(each, service)).flatMap(each => each.peers))
    if (names.size === 0 || !isExportable(service)) return []
    return view.derive(peerTrusts, { partition: service.Partition }).filter(trust => names.has(trust.peer))
  },
})

export interface ExportShardArg {
  readonly partition: string
  readonly shard: number
}

/**
 * The services of a shard that are exported to a known peer, sorted by key: those with sidecars or instances that speak mTLS
 * themselves, and those that a router, splitter or resolver leads on.
 */
export const exportedInShard = defineQuery<ExportShardArg, readonly ServiceName[]>({
  name: 'exported-in-shard',
  key: arg => joinKey(arg.partition, String(arg.shard)),
  run(view, arg) {
    if (view.derive(peerExports, { partition: arg.partition }).length === 0) return []
    const names = new Map<string, ServiceName>()
    for (const row of view.list('services', 'connectShard', connectShardKey(arg.partition, '', arg.shard))) {
      const name = reachedName(row)
      names.set(serviceKey(name), name)
    }
    for (const name of view.derive(chainServices, arg)) names.set(serviceKey(name), name)
    const sorted = [...names.keys()].sort().flatMap(key => names.get(key) ?? [])
    return sorted.filter(name => view.derive(exportPeers, name).length > 0)
  },
})

const CHAIN_KINDS = ['service-router', 'service-splitter', 'service-resolver'] as const

/** The services of a shard that an entry says how to reach. */
const chainServices = defineQuery<ExportShardArg, readonly ServiceName[]>({
  name: 'chain-services',
  key: arg => joinKey(arg.partition, String(arg.shard)),
  run(view, { partition, shard }) {
    const entries = CHAIN_KINDS.flatMap(kind => view.list('entries', 'kind', joinKey(kind, partition)))
    const names = entries.map(({ Name, Partition, Namespace }) => ({ Name, Partition, Namespace, Peer: '' }))
    return names.filter(name => shardOf(serviceKey(name)) === shard)
  },
})

/** The service that an instance is dialled for. */
export function reachedName(row: ServiceInstance): ServiceName {
  const name = nameOf(row)
  return row.Kind === 'connect-proxy' ? { ...name, Name: row.Proxy.DestinationServiceName ?? '' } : name
}

function covers({ namespace, name }: PeerExport, service: ServiceName): boolean {
  const isNamespace = namespace === '*' || namespace === service.Namespace
  return isNamespace && (name === '*' || name === service.Name)
}

/** The servers and what carries other services' traffic stay at home, whatever the entry says. */
function isExportable({ Name }: ServiceName): boolean {
  return Name !== '' && Name !== 'consul' && !Name.endsWith('-sidecar-proxy')
}
