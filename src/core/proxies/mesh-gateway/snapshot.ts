// Everything a mesh gateway is built from, read from the store.

import type { Limits } from '../../envoy/cluster-protection.ts'
import { type CheckServiceNode, remoteGatewaysKey, type Waiting, type Want } from '../../model/fact.ts'
import type { AccessLogs } from '../../model/proxy-config.ts'
import type { ServiceInstance } from '../../model/service.ts'
import { SHARDS } from '../../model/shard.ts'
import { DEFAULT_PARTITION, serviceName } from '../../model/tenancy.ts'
import { configEntry } from '../../queries/config-entry.ts'
import { meshGateways } from '../../queries/endpoints.ts'
import { serviceInstances } from '../../queries/instances.ts'
import { knownDatacenters } from '../../queries/known-datacenters.ts'
import { trustDomain } from '../../queries/mesh-roots.ts'
import { peerTrusts } from '../../queries/peer-trust.ts'
import { serviceConfig } from '../../queries/service-config.ts'
import { partitions } from '../../queries/tenancy.ts'
import { defineQuery, type View } from '../../store/view.ts'
import { boundAddresses } from '../parts/bound-addresses.ts'
import { type BindAddress, type GatewayOptions, gatewayOptions } from '../parts/gateway-options.ts'
import { type ExportedChain, exportedChains } from './exported-chain.ts'
import { type ExportedResources, exportedServices } from './exported-service.ts'
import { type GatewayIdentity, gatewayIdentity, gatewayUri } from './gateway-identity.ts'
import { importedServices } from './imported-service.ts'
import { localServices, type ServiceResources } from './local-service.ts'
import { type PeeringServers, peeringServers } from './peering-server.ts'

export interface MeshGatewaySnapshot {
  readonly config: MeshGatewayConfig
  readonly trustDomain: string
  readonly datacenter: string
  readonly partition: string
  /** Other datacenters, and other partitions of this one, whose gateways are known; by name. */
  readonly remotes: readonly RemoteDatacenter[]
  /** Servers to be reached through gateways; undefined unless this gateway carries their traffic. */
  readonly servers: Servers | undefined
  readonly services: readonly ServiceResources[]
  /** What the gateway presents where it ends TLS; undefined unless something is exported to a peer. */
  readonly identity: GatewayIdentity | undefined
  readonly exported: readonly ExportedResources[]
  readonly exportedChains: readonly (readonly ExportedChain[])[]
  /** Services of peers, one element for each peer. */
  readonly imported: readonly ServiceResources[]
  readonly peering: PeeringServers
}

export interface RemoteDatacenter {
  readonly datacenter: string
  readonly partition: string
  readonly gateways: readonly CheckServiceNode[]
}

export interface Servers {
  /** DNS domain without the trailing dot. */
  readonly domain: string
  readonly local: readonly CheckServiceNode[]
}

export interface MeshGatewayConfig {
  readonly options: GatewayOptions
  readonly binds: readonly BindAddress[]
  readonly limits: Limits | undefined
  readonly accessLogs: AccessLogs | undefined
}

/**
 * Waits for the roots. Passing TLS through needs no certificate; where it is ended, for HTTP services that peers use, one is
 * waited for, as is an answer about every other datacenter, or its failure: a listener that misses something for a moment cuts
 * off those who are on their way there.
 */
export function meshGatewaySnapshot(view: View, proxy: ServiceInstance, key: string): MeshGatewaySnapshot | Waiting {
  const domain = view.derive(trustDomain, undefined)
  const config = view.derive(meshGatewayConfig, key)
  if (domain === '' || config === undefined) return { waiting: [] }
  const unasked = unaskedDatacenters(view, proxy.Partition)
  if (unasked.length > 0) return { waiting: unasked }
  const exports = exportsOf(view, proxy.Partition, config)
  if (isMissing(exports)) return { waiting: [{ kind: 'leaf', key: gatewayUri(view, proxy.Partition) }] }
  return {
    config,
    trustDomain: domain,
    datacenter: view.self.datacenter,
    partition: proxy.Partition,
    remotes: [...remoteDatacenters(view, proxy.Partition), ...otherPartitions(view, proxy.Partition)].sort(byPlace),
    servers: carriesServerTraffic(proxy) ? { domain: view.self.domain, local: servers(view) } : undefined,
    services: services(view, proxy.Partition, config),
    ...exports,
    imported: imports(view, proxy.Partition, config),
    peering: view.derive(peeringServers, { partition: proxy.Partition }),
  }
}

type Exports = Pick<MeshGatewaySnapshot, 'identity' | 'exported' | 'exportedChains'>

function exportsOf(view: View, partition: string, { options: { fetchTimeoutMs } }: MeshGatewayConfig): Exports {
  const exportedTo = allShards(shard => view.derive(exportedChains, { partition, shard }))
  const hasAny = exportedTo.some(chains => chains.length > 0)
  return {
    exportedChains: exportedTo,
    exported: allShards(shard => view.derive(exportedServices, { partition, shard, fetchTimeoutMs })),
    identity: hasAny ? view.derive(gatewayIdentity, partition) : undefined,
  }
}

function isMissing({ identity, exportedChains: all }: Exports): boolean {
  return identity === undefined && all.some(chains => chains.some(chain => chain.to.kind === 'http'))
}

function imports(view: View, partition: string, { options }: MeshGatewayConfig): readonly ServiceResources[] {
  const { connectTimeoutMs, fetchTimeoutMs, strictDns, remoteKeepalive: keepalive } = options
  return view.derive(peerTrusts, { partition }).map(({ peer }) => {
    return view.derive(importedServices, {
      partition,
      peer,
      options: { connectTimeoutMs, fetchTimeoutMs, strictDns, keepalive },
    })
  })
}

function allShards<T>(make: (shard: number) => T): readonly T[] {
  return Array.from({ length: SHARDS }, (_, shard) => make(shard))
}

const meshGatewayConfig = defineQuery<string, MeshGatewayConfig | undefined>({
  name: 'mesh-gateway-config',
  key: key => key,
  run(view, key) {
    const service = view.get('services', key)
    const proxy = view.derive(serviceConfig, key)
    if (service === undefined || proxy === undefined) return undefined
    const options = gatewayOptions(proxy)
    const limits = configEntry(view, 'service-defaults', service.Service, service)?.UpstreamConfig?.Defaults?.Limits
    return {
      options,
      binds: boundAddresses(service, options),
      limits: limits && {
        maxConnections: limits.MaxConnections,
        maxPendingRequests: limits.MaxPendingRequests,
        maxRequests: limits.MaxConcurrentRequests,
      },
      accessLogs: proxy.AccessLogs,
    }
  },
})

/** Datacenters are reached from the default partition only. */
function otherDatacenters(view: View, partition: string): readonly string[] {
  if (partition !== DEFAULT_PARTITION) return []
  return view.derive(knownDatacenters, undefined).filter(datacenter => datacenter !== view.self.datacenter)
}

function unaskedDatacenters(view: View, partition: string): readonly Want[] {
  return otherDatacenters(view, partition).flatMap(datacenter => {
    const key = remoteGatewaysKey(datacenter, DEFAULT_PARTITION)
    return view.want('remote-gateways', key) === undefined ? [{ kind: 'remote-gateways' as const, key }] : []
  })
}

/** Those whose gateways are not known are left out. */
function remoteDatacenters(view: View, partition: string): readonly RemoteDatacenter[] {
  return otherDatacenters(view, partition).flatMap(datacenter => {
    const gateways = meshGateways(view, datacenter, DEFAULT_PARTITION)
    return gateways === undefined ? [] : [{ datacenter, partition: DEFAULT_PARTITION, gateways }]
  })
}

function byPlace(a: RemoteDatacenter, b: RemoteDatacenter): number {
  return a.datacenter < b.datacenter || (a.datacenter === b.datacenter && a.partition < b.partition) ? -1 : 1
}

/** The other partitions of this datacenter, by name. Those without gateways cannot be reached through any. */
function otherPartitions(view: View, partition: string): readonly RemoteDatacenter[] {
  const { datacenter } = view.self
  return view.derive(partitions, undefined).flatMap(({ Name }) => {
    const gateways = Name === partition ? [] : (meshGateways(view, datacenter, Name) ?? [])
    return gateways.length === 0 ? [] : [{ datacenter, partition: Name, gateways }]
  })
}

/** WAN federation through gateways is asked for by the gateway's own registration. */
function carriesServerTraffic(proxy: ServiceInstance): boolean {
  return proxy.Partition === DEFAULT_PARTITION && proxy.Meta['consul-wan-federation'] === '1'
}

function servers(view: View): readonly CheckServiceNode[] {
  return view.derive(serviceInstances, serviceName('consul'))
}

function services(view: View, partition: string, config: MeshGatewayConfig): readonly ServiceResources[] {
  const { connectTimeoutMs, fetchTimeoutMs } = config.options
  const options = { connectTimeoutMs, fetchTimeoutMs, limits: config.limits }
  return allShards(shard => view.derive(localServices, { partition, shard, options }))
}
