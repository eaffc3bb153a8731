// Which services a peer is sent: what the exported-services entry of a partition means at the moment.

import type { ServiceId } from '../entries/references.ts'
import { joinKey, serviceKey } from '../model/tenancy.ts'
import { type PeerExport, peerExports } from '../queries/peer-exports.ts'
import type { PeerArg } from '../queries/peer-trust.ts'
import { defineQuery, type View } from '../store/view.ts'
import { PROXY_SUFFIX } from './resource-id.ts'

/** Every service exported to a peer, by name. What an entry names is there before it has instances. */
export const servicesExportedTo = defineQuery<PeerArg, readonly ServiceId[]>({
  name: 'services-exported-to',
  key: arg => joinKey(arg.partition, arg.peer),
  run(view, { partition, peer }) {
    const rules = view.derive(peerExports, { partition }).filter(rule => rule.peers.includes(peer))
    const found = new Map<string, ServiceId>()
    for (const service of [...namedServices(view, partition, rules), ...wildcardServices(view, partition, rules)]) {
      found.set(keyOf(service), service)
    }
    return [...found.keys()].sort().flatMap(key => found.get(key) ?? [])
  },
})

function namedServices(view: View, partition: string, rules: readonly PeerExport[]): readonly ServiceId[] {
  return rules
    .filter(rule => rule.name !== '*')
    .map(rule => ({ Name: rule.name, Namespace: rule.namespace, Partition: partition }))
    .filter(service => isExportable(service.Name) && isTypical(view, service))
}

function wildcardServices(view: View, partition: string, rules: readonly PeerExport[]): readonly ServiceId[] {
  const namespaces = new Set(rules.filter(rule => rule.name === '*').map(rule => rule.namespace))
  if (namespaces.size === 0) return []
  const services = view.derive(exportableServices, partition)
  return services.filter(service => namespaces.has('*') || namespaces.has(service.Namespace))
}

const CHAIN_KINDS = ['service-router', 'service-splitter', 'service-resolver'] as const

/** What `*` means: services with instances of their own, and names that only a discovery chain gives a meaning. */
const exportableServices = defineQuery<string, readonly ServiceId[]>({
  name: 'exportable-services',
  key: partition => partition,
  run(view, partition) {
    const found = new Map<string, ServiceId>()
    const add = (Name: string, Namespace: string) => {
      const service = { Name, Namespace, Partition: partition }
      if (isExportable(Name)) found.set(keyOf(service), service)
    }
    for (const row of view.list('services', 'kind', joinKey(partition, '', ''))) add(row.Service, row.Namespace)
    for (const kind of CHAIN_KINDS) {
      for (const entry of view.list('entries', 'kind', joinKey(kind, partition))) {
        if (isTypical(view, entry)) add(entry.Name, entry.Namespace)
      }
    }
    return [...found.keys()].sort().flatMap(key => found.get(key) ?? [])
  },
})

/** Servers are never exported, and names of sidecars would clash with those that the export makes up. */
function isExportable(name: string): boolean {
  return name !== 'consul' && !name.endsWith(PROXY_SUFFIX)
}

/** Proxies and gateways are not exported themselves. */
function isTypical(view: View, service: ServiceId): boolean {
  const instances = view.list('services', 'name', keyOf(service))
  return instances.length === 0 || instances.some(row => row.Kind === '')
}

function keyOf(service: ServiceId): string {
  return serviceKey({ ...service, Peer: '' })
}
