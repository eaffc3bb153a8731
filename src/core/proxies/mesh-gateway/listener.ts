// Part of a mesh gateway: its listeners. They look at the server name in the client's hello and pass the connection on as it is,
// but for HTTP services that peers use.

import type { FilterChain } from '../../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import { type LogSinks, logSinks } from '../../envoy/access-log.ts'
import { socketAddress } from '../../envoy/address.ts'
import { filterChain, serverNameMatch, sniClusterFilter, tcpProxyFilter, tlsInspector } from '../../envoy/filter.ts'
import { makeListener } from '../../envoy/listener.ts'
import { makeResource } from '../../envoy/make-resource.ts'
import { listenerName } from '../../envoy/names.ts'
import type { Resource } from '../../envoy/resource.ts'
import type { AccessLogs } from '../../model/proxy-config.ts'
import { gatewayKey, gatewaySni, serverSni } from '../../model/sni.ts'
import type { BindAddress, GatewayOptions } from '../parts/gateway-options.ts'
import { type ExportedChain, exportedFilterChain } from './exported-chain.ts'
import type { GatewayIdentity } from './gateway-identity.ts'

/** What the filter chains depend on: names only, so that a change of addresses leaves the listeners alone. */
export interface Destinations {
  readonly datacenter: string
  readonly trustDomain: string
  readonly remotes: readonly { readonly datacenter: string; readonly partition: string }[]
  readonly servers: ServerNames | undefined
  /** Server names of our servers, as peers ask for them, and of those of our peers. */
  readonly peering: { readonly own: string | undefined; readonly theirs: readonly string[] }
}

export interface ServerNames {
  readonly domain: string
  readonly datacenter: string
  /** Full server names of the local servers. */
  readonly local: readonly string[]
}

export interface GatewayListeners {
  readonly binds: readonly BindAddress[]
  readonly destinations: Destinations
  readonly exported: readonly ExportedChain[]
  readonly identity: GatewayIdentity | undefined
  readonly options: Pick<GatewayOptions, 'fetchTimeoutMs' | 'maxRequestHeadersKb'>
  readonly accessLogs: AccessLogs | undefined
}

/** One listener for each address. */
export function gatewayListeners(part: GatewayListeners): readonly Resource[] {
  const logs = logSinks(part.accessLogs)
  return part.binds.map(bind => {
    const listener = makeListener({
      name: listenerName(bind.name, bind.address, bind.port),
      address: socketAddress(bind.address, bind.port),
      filterChains: filterChains(bind.name, part, logs),
      listenerFilters: [tlsInspector()],
      accessLogs: logs.listener,
    })
    return makeResource('listener', listener)
  })
}

/** A filter chain before it is known which of its names are still free. */
interface NamedChain {
  readonly serverNames: readonly string[]
  make(serverNames: readonly string[]): FilterChain | undefined
}

/**
 * The chains in the order of what they are for: exported services, other datacenters, their servers, our servers, servers of
 * peerings, and last, without a match, all that this gateway has a cluster for under the very name the client asks for.
 * A name that is taken is not used again: one repetition would make Envoy refuse the listener, and all traffic with it.
 */
function filterChains(logical: string, part: GatewayListeners, logs: LogSinks): readonly FilterChain[] {
  const named = [
    ...exportedServices(part, logs),
    ...closed(logical, part, logs),
    ...passing(logical, part.destinations, logs),
  ]
  const taken = new Set<string>()
  const chains = named.flatMap(chain => {
    const free = chain.serverNames.filter(name => taken.size < taken.add(name).size)
    return (free.length === 0 ? undefined : chain.make(free)) ?? []
  })
  return [...chains, catchAll(logical, logs)]
}

function exportedServices({ exported, identity, options }: GatewayListeners, logs: LogSinks): readonly NamedChain[] {
  const { fetchTimeoutMs, maxRequestHeadersKb } = options
  const context = { identity, fetchTimeoutMs, maxRequestHeadersKb, logs }
  return [...exported].sort(byService).map(chain => ({
    serverNames: chain.serverNames,
    make: names => exportedFilterChain(chain, names, context),
  }))
}

/**
 * The gateway opens TLS in its own name towards these clusters. They are for requests it has taken itself, so nobody gets there by
 * asking for one of them, which the last chain would allow.
 */
function closed(logical: string, { exported }: GatewayListeners, logs: LogSinks): readonly NamedChain[] {
  const serverNames = exported.flatMap(({ to }) => (to.kind === 'http' ? to.clusters : []))
  if (serverNames.length === 0) return []
  const statPrefix = `mesh_gateway_closed.${logical}`
  const filters = [tcpProxyFilter({ cluster: '', statPrefix, accessLogs: logs.filters })]
  return [{ serverNames, make: names => filterChain({ match: serverNameMatch(names.toSorted()), filters }) }]
}

function byService({ service: a }: ExportedChain, { service: b }: ExportedChain): number {
  return a.Name < b.Name || (a.Name === b.Name && a.Namespace < b.Namespace) ? -1 : 1
}

function passing(logical: string, destinations: Destinations, logs: LogSinks): readonly NamedChain[] {
  const { trustDomain, remotes, servers, peering } = destinations
  const toDatacenters = remotes.map(({ datacenter, partition }) => {
    const sni = gatewaySni(partition, datacenter, trustDomain)
    return passChain(`*.${sni}`, sni, `mesh_gateway_remote.${logical}.${gatewayKey(partition, datacenter)}`, logs)
  })
  const ofPeering = [
    ...(peering.own === undefined ? [] : [ownPeeringChain(peering.own, destinations, logical, logs)]),
    ...peering.theirs.map(name => passChain(name, name, `mesh_gateway_remote_peering_servers.${name}`, logs)),
  ]
  if (servers === undefined) return [...toDatacenters, ...ofPeering]
  const remoteDatacenters = remotes.filter(remote => remote.datacenter !== servers.datacenter)
  const toRemoteServers = remoteDatacenters.map(({ datacenter }) => {
    const sni = serverSni(datacenter, servers.domain)
    return passChain(`*.${sni}`, sni, `mesh_gateway_remote.${logical}.${datacenter}`, logs)
  })
  const toServers = servers.local.map(name => {
    return passChain(name, name, `mesh_gateway_local_server.${logical}.${servers.datacenter}`, logs)
  })
  return [...toDatacenters, ...toRemoteServers, ...toServers, ...ofPeering]
}

function ownPeeringChain(name: string, { datacenter }: Destinations, logical: string, logs: LogSinks): NamedChain {
  return passChain(name, name, `mesh_gateway_local_peering_server.${logical}.${datacenter}`, logs)
}

function passChain(serverName: string, cluster: string, statPrefix: string, logs: LogSinks): NamedChain {
  const filters = [tcpProxyFilter({ cluster, statPrefix, accessLogs: logs.filters })]
  return { serverNames: [serverName], make: names => filterChain({ match: serverNameMatch(names), filters }) }
}

function catchAll(logical: string, logs: LogSinks): FilterChain {
  const statPrefix = `mesh_gateway_local.${logical}`
  return filterChain({
    filters: [sniClusterFilter(), tcpProxyFilter({ cluster: '', statPrefix, accessLogs: logs.filters })],
  })
}
