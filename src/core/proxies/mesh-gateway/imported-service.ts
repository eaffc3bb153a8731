// Part of a mesh gateway: services of peers, for the proxies of its own partition that go through it (mode local). Their
// cluster is called as the peer's gateways are asked for them, so connections pass without being looked into.

import { makeCluster } from '../../envoy/cluster.ts'
import type { KeepaliveOptions } from '../../envoy/keepalive.ts'
import { loadAssignment } from '../../envoy/load-assignment.ts'
import { makeResource } from '../../envoy/make-resource.ts'
import { SHARDS } from '../../model/shard.ts'
import { joinKey, type ServiceName, serviceKey } from '../../model/tenancy.ts'
import { reachedName } from '../../queries/peer-exports.ts'
import { peerService } from '../../queries/peer-service.ts'
import type { PeerArg } from '../../queries/peer-trust.ts'
import { connectShardKey } from '../../store/tables.ts'
import { defineQuery } from '../../store/view.ts'
import { peerEndpoints, peerHosts } from '../parts/peer-target.ts'
import type { ServiceResources } from './local-service.ts'
import { sameParts } from './same-parts.ts'

/** Gateway options that show in the clusters of peers' services. */
export interface ImportOptions {
  readonly connectTimeoutMs: number
  readonly fetchTimeoutMs: number | undefined
  readonly strictDns: boolean
  readonly keepalive: KeepaliveOptions | undefined
}

export interface ImportArg extends PeerArg {
  readonly options: ImportOptions
}

/** Clusters and endpoints of everything that a peer exports to us. */
export const importedServices = defineQuery<ImportArg, ServiceResources>({
  name: 'mesh-gateway-imported-services',
  key: arg => joinKey(arg.partition, arg.peer, optionsKey(arg.options)),
  run(view, arg) {
    const shards = Array.from({ length: SHARDS }, (_, shard) => view.derive(importedShard, { ...arg, shard }))
    return joined(shards)
  },
  equal: sameParts,
})

const importedShard = defineQuery<ImportArg & { readonly shard: number }, ServiceResources>({
  name: 'mesh-gateway-imported-shard',
  key: arg => joinKey(arg.partition, arg.peer, String(arg.shard), optionsKey(arg.options)),
  run(view, { partition, peer, shard, options }) {
    const names = new Map<string, ServiceName>()
    for (const row of view.list('services', 'connectShard', connectShardKey(partition, peer, shard))) {
      const name = reachedName(row)
      names.set(serviceKey(name), name)
    }
    const sorted = [...names.keys()].sort().flatMap(key => names.get(key) ?? [])
    return joined(sorted.map(service => view.derive(importedService, { service, options })))
  },
  equal: sameParts,
})

interface ServiceArg {
  readonly service: ServiceName
  readonly options: ImportOptions
}

const importedService = defineQuery<ServiceArg, ServiceResources>({
  name: 'mesh-gateway-imported-service',
  key: arg => joinKey(serviceKey(arg.service), optionsKey(arg.options)),
  run(view, { service, options }) {
    const known = view.derive(peerService, service)
    if (known === undefined) return { clusters: [], endpoints: [] }
    const { connectTimeoutMs, fetchTimeoutMs, strictDns, keepalive } = options
    const name = known.sni
    const hosts = peerHosts(view, service, strictDns)
    const cluster = makeCluster({
      name,
      endpoints:
        hosts === undefined
          ? { by: 'eds', fetchTimeoutMs }
          : { by: 'dns', strict: strictDns, assignment: loadAssignment(name, hosts) },
      connectTimeoutMs,
      outlierDetection: {},
      keepalive,
    })
    const endpoints = view.derive(peerEndpoints, { clusterName: name, service, mode: '' })
    return { clusters: [makeResource('cluster', cluster)], endpoints: endpoints === undefined ? [] : [endpoints] }
  },
  equal: sameParts,
})

function joined(all: readonly ServiceResources[]): ServiceResources {
  return { clusters: all.flatMap(each => each.clusters), endpoints: all.flatMap(each => each.endpoints) }
}

function optionsKey({ connectTimeoutMs, fetchTimeoutMs, strictDns, keepalive }: ImportOptions): string {
  const { timeSeconds, intervalSeconds, probes } = keepalive ?? {}
  const probing = keepalive === undefined ? '' : [timeSeconds, intervalSeconds, probes].join()
  return [connectTimeoutMs, fetchTimeoutMs, strictDns, probing].join(';')
}
