// Part of a mesh gateway: services that are exported to peers. A tcp service's connections are passed on as they are. For an
// HTTP service the gateway ends the peer's TLS, routes by the service's own chain and opens TLS of its own to the instances.

import type { ChainTarget } from '../../chain/chain.ts'
import { chainRoutes } from '../../envoy/chain-routes.ts'
import { makeCluster } from '../../envoy/cluster.ts'
import { millisecondsOf } from '../../envoy/duration.ts'
import { makeResource } from '../../envoy/make-resource.ts'
import { isHttp, isHttp2, protocolOf } from '../../envoy/protocol.ts'
import type { Resource } from '../../envoy/resource.ts'
import { oneHost } from '../../envoy/route.ts'
import { upstreamTls } from '../../envoy/tls.ts'
import { spiffeUri } from '../../model/spiffe.ts'
import { joinKey, type ServiceName, serviceKey } from '../../model/tenancy.ts'
import { meshOf } from '../../queries/config-entry.ts'
import { sameResource, targetEndpoints } from '../../queries/endpoints.ts'
import { trustDomain } from '../../queries/mesh-roots.ts'
import { type ExportShardArg, exportedInShard } from '../../queries/peer-exports.ts'
import { defineQuery } from '../../store/view.ts'
import { timeoutOr } from '../parts/timeouts.ts'
import { exportedChainOf, exportedCluster, exportedRouteName, exportedTargets } from './exported-target.ts'
import { type GatewayIdentity, gatewayIdentity } from './gateway-identity.ts'
import type { ServiceResources } from './local-service.ts'
import { sameParts } from './same-parts.ts'

export interface ExportedResources extends ServiceResources {
  readonly routes: readonly Resource[]
}

export interface ExportedShardArg extends ExportShardArg {
  readonly fetchTimeoutMs: number | undefined
}

/** Clusters, endpoints and routes of every exported service in a shard. */
export const exportedServices = defineQuery<ExportedShardArg, ExportedResources>({
  name: 'mesh-gateway-exported-services',
  key: arg => joinKey(arg.partition, String(arg.shard), String(arg.fetchTimeoutMs)),
  run(view, { fetchTimeoutMs, ...shard }) {
    const names = view.derive(exportedInShard, shard)
    const services = names.map(service => view.derive(exportedService, { service, fetchTimeoutMs }))
    return {
      clusters: services.flatMap(service => service.clusters),
      endpoints: services.flatMap(service => service.endpoints),
      routes: services.flatMap(service => service.routes),
    }
  },
  equal: sameParts,
})

interface ServiceArg {
  readonly service: ServiceName
  readonly fetchTimeoutMs: number | undefined
}

const exportedService = defineQuery<ServiceArg, ExportedResources>({
  name: 'mesh-gateway-exported-service',
  key: serviceArgKey,
  run(view, arg) {
    const endpoints = view.derive(exportedTargets, arg.service).flatMap(({ name, target }) => {
      const { Service: Name, Namespace, Partition, Datacenter, Subset } = target
      const found = view.derive(targetEndpoints, {
        clusterName: name,
        service: { Name, Namespace, Partition, Peer: '' },
        datacenter: Datacenter,
        filter: Subset.Filter ?? '',
        onlyPassing: Subset.OnlyPassing ?? false,
        mode: '',
        partition: Partition,
      })
      return found ?? []
    })
    return {
      clusters: view.derive(exportedClusters, arg),
      endpoints,
      routes: [view.derive(exportedRoute, arg.service) ?? []].flat(),
    }
  },
  equal: sameParts,
})

const exportedClusters = defineQuery<ServiceArg, readonly Resource[]>({
  name: 'mesh-gateway-exported-clusters',
  key: serviceArgKey,
  run(view, { service, fetchTimeoutMs }) {
    const chain = exportedChainOf(view, service)
    if (chain === undefined) return []
    const opensTls = isHttp(protocolOf(chain.Protocol))
    const identity = opensTls ? view.derive(gatewayIdentity, service.Partition) : undefined
    if (opensTls && identity === undefined) return []
    return view.derive(exportedTargets, service).map(({ name, node, target }) => {
      const cluster = makeCluster({
        name,
        altStatName: true,
        endpoints: { by: 'eds', fetchTimeoutMs },
        connectTimeoutMs: timeoutOr(millisecondsOf(node.Resolver.ConnectTimeout)),
        noPanic: true,
        limits: {},
        outlierDetection: {},
        loadBalancer: node.LoadBalancer,
        protocol: isHttp2(protocolOf(chain.Protocol)) ? 'http2' : undefined,
        tls: identity && targetTls(target, identity, view.derive(trustDomain, undefined)),
      })
      return makeResource('cluster', cluster)
    })
  },
  equal: (a, b) => a.length === b.length && a.every((resource, i) => sameResource(resource, b[i])),
})

function targetTls(target: ChainTarget, { tls: identity, outgoing: params }: GatewayIdentity, domain: string) {
  const serverId = spiffeUri({
    kind: 'service',
    trustDomain: domain,
    partition: target.Partition,
    namespace: target.Namespace,
    datacenter: target.Datacenter,
    service: target.Service,
  })
  return upstreamTls({ identity, params, sni: target.SNI ?? '', serverIds: [serverId] })
}

/** The routes of an HTTP service, those of a chain that nobody changed included. */
const exportedRoute = defineQuery<ServiceName, Resource | undefined>({
  name: 'mesh-gateway-exported-route',
  key: serviceKey,
  run(view, service) {
    const chain = exportedChainOf(view, service)
    if (chain === undefined || !isHttp(protocolOf(chain.Protocol))) return undefined
    const name = exportedRouteName(service)
    const validateClusters = meshOf(view, service.Partition)?.ValidateClusters || undefined
    const routes = chainRoutes(chain, exportedCluster)
    return makeResource('route', oneHost({ name, virtualHost: name, routes, validateClusters }))
  },
  equal: sameResource,
})

function serviceArgKey({ service, fetchTimeoutMs }: ServiceArg): string {
  return joinKey(serviceKey(service), String(fetchTimeoutMs))
}
