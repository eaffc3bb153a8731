// Part of a mesh gateway: the services of its own datacenter and partition, which it reaches directly. Each service is a query
// of its own, shared by all gateways with the same options; services come in shards, so that a change reads one shard only.

import type { EntryOfKind } from '../../entries/index.ts'
import { isHashBased } from '../../entries/load-balancer.ts'
import { makeCluster } from '../../envoy/cluster.ts'
import type { Limits } from '../../envoy/cluster-protection.ts'
import { millisecondsOf } from '../../envoy/duration.ts'
import { makeResource } from '../../envoy/make-resource.ts'
import type { Resource } from '../../envoy/resource.ts'
import { serviceSni } from '../../model/sni.ts'
import { joinKey, type ServiceName, serviceKey } from '../../model/tenancy.ts'
import { configEntry } from '../../queries/config-entry.ts'
import { sameResource, targetEndpoints } from '../../queries/endpoints.ts'
import { trustDomain } from '../../queries/mesh-roots.ts'
import { reachedName } from '../../queries/peer-exports.ts'
import { connectShardKey } from '../../store/tables.ts'
import { defineQuery, type View } from '../../store/view.ts'
import { timeoutOr } from '../parts/timeouts.ts'
import { sameParts } from './same-parts.ts'

export interface ServiceResources {
  readonly clusters: readonly Resource[]
  readonly endpoints: readonly Resource[]
}

/** Gateway options that show in the clusters of local services. */
export interface LocalClusterOptions {
  readonly connectTimeoutMs: number
  readonly fetchTimeoutMs: number | undefined
  readonly limits: Limits | undefined
}

export interface ShardArg {
  readonly partition: string
  readonly shard: number
  readonly options: LocalClusterOptions
}

/** Clusters and endpoints of every service in a shard, sorted by name. */
export const localServices = defineQuery<ShardArg, ServiceResources>({
  name: 'mesh-gateway-local-services',
  key: arg => joinKey(arg.partition, String(arg.shard), optionsKey(arg.options)),
  run(view, { partition, shard, options }) {
    const names = new Map<string, ServiceName>()
    for (const row of view.list('services', 'connectShard', connectShardKey(partition, '', shard))) {
      const name = reachedName(row)
      names.set(serviceKey(name), name)
    }
    const services = [...names.keys()].sort().flatMap(key => {
      const service = names.get(key)
      return service === undefined ? [] : [view.derive(localService, { service, options })]
    })
    return {
      clusters: services.flatMap(service => service.clusters),
      endpoints: services.flatMap(service => service.endpoints),
    }
  },
  equal: sameParts,
})

interface ServiceArg {
  readonly service: ServiceName
  readonly options: LocalClusterOptions
}

/** The clusters of one service, with and without subset, and their endpoints. */
const localService = defineQuery<ServiceArg, ServiceResources>({
  name: 'mesh-gateway-local-service',
  key: arg => joinKey(serviceKey(arg.service), optionsKey(arg.options)),
  run(view, arg) {
    const clusters = view.derive(localClusters, arg)
    const subsets = resolverOf(view, arg.service)?.Subsets
    const endpoints = clusters.flatMap(({ resource, subset }) => {
      const found = view.derive(targetEndpoints, {
        clusterName: resource.name,
        service: arg.service,
        datacenter: view.self.datacenter,
        filter: subset === '' ? '' : (subsets?.[subset]?.Filter ?? ''),
        onlyPassing: subset === '' ? false : (subsets?.[subset]?.OnlyPassing ?? false),
        mode: '',
        partition: arg.service.Partition,
      })
      return found === undefined ? [] : [found]
    })
    return { clusters: clusters.map(cluster => cluster.resource), endpoints }
  },
  equal: sameParts,
})

interface LocalCluster {
  readonly resource: Resource
  /** The subset whose instances it holds; '' for all. */
  readonly subset: string
}

const localClusters = defineQuery<ServiceArg, readonly LocalCluster[]>({
  name: 'mesh-gateway-local-clusters',
  key: arg => joinKey(serviceKey(arg.service), optionsKey(arg.options)),
  run(view, { service, options }) {
    const resolver = resolverOf(view, service)
    const domain = view.derive(trustDomain, undefined)
    const subsets = Object.keys(resolver?.Subsets ?? {}).sort()
    const plain = { name: '', holds: resolver?.DefaultSubset ?? '' }
    return [plain, ...subsets.map(name => ({ name, holds: name }))].map(({ name, holds }) => {
      const sni = serviceSni({ ...labelsOf(view, service), subset: name }, domain)
      return { resource: localCluster(sni, resolver, options), subset: holds }
    })
  },
  equal: (a, b) =>
    a.length === b.length &&
    a.every((cluster, i) => cluster.subset === b[i]?.subset && sameResource(cluster.resource, b[i].resource)),
})

function localCluster(
  name: string,
  resolver: EntryOfKind<'service-resolver'> | undefined,
  options: LocalClusterOptions,
): Resource {
  const balancer = resolver?.LoadBalancer
  const cluster = makeCluster({
    name,
    endpoints: { by: 'eds', fetchTimeoutMs: options.fetchTimeoutMs },
    connectTimeoutMs: timeoutOr(millisecondsOf(resolver?.ConnectTimeout), options.connectTimeoutMs),
    outlierDetection: {},
    limits: options.limits,
    // A gateway sees connections, not requests, so there is nothing to hash.
    loadBalancer: balancer !== undefined && isHashBased(balancer) ? undefined : balancer,
  })
  return makeResource('cluster', cluster)
}

function resolverOf(view: View, service: ServiceName): EntryOfKind<'service-resolver'> | undefined {
  return configEntry(view, 'service-resolver', service.Name, service)
}

function labelsOf(view: View, service: ServiceName) {
  return {
    service: service.Name,
    namespace: service.Namespace,
    partition: service.Partition,
    datacenter: view.self.datacenter,
  }
}

function optionsKey({ connectTimeoutMs, fetchTimeoutMs, limits }: LocalClusterOptions): string {
  const { maxConnections, maxPendingRequests, maxRequests } = limits ?? {}
  return [connectTimeoutMs, fetchTimeoutMs, maxConnections, maxPendingRequests, maxRequests].join()
}
