// Part of a mesh gateway: its listeners. They look at the server name in the client's hello and pass the connection on as it is.

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
import type { BindAddress } from '../parts/gateway-options.ts'

/** What the filter chains depend on: names only, so that a change of addresses leaves the listeners alone. */
export interface Destinations {
  readonly trustDomain: string
  readonly remotes: readonly { readonly datacenter: string; readonly partition: string }[]
  readonly servers: ServerNames | undefined
}

export interface ServerNames {
  readonly domain: string
  readonly datacenter: string
  /** Full server names of the local servers. */
  readonly local: readonly string[]
}

/** One listener for each address. */
export function gatewayListeners(
  binds: readonly BindAddress[],
  destinations: Destinations,
  accessLogs: AccessLogs | undefined,
): readonly Resource[] {
  const logs = logSinks(accessLogs)
  return binds.map(bind => {
    const listener = makeListener({
      name: listenerName(bind.name, bind.address, bind.port),
      address: socketAddress(bind.address, bind.port),
      filterChains: filterChains(bind.name, destinations, logs),
      listenerFilters: [tlsInspector()],
      accessLogs: logs.listener,
    })
    return makeResource('listener', listener)
  })
}

/**
 * The chains in the order of what they are for: other datacenters, their servers, our servers, and last, without a match,
 * all that this gateway has a cluster for under the very name the client asks for.
 */
function filterChains(logical: string, destinations: Destinations, logs: LogSinks): readonly FilterChain[] {
  const { trustDomain, remotes, servers } = destinations
  const toDatacenters = remotes.map(({ datacenter, partition }) => {
    const sni = gatewaySni(partition, datacenter, trustDomain)
    return passChain(`*.${sni}`, sni, `mesh_gateway_remote.${logical}.${gatewayKey(partition, datacenter)}`, logs)
  })
  if (servers === undefined) return [...toDatacenters, catchAll(logical, logs)]
  const remoteDatacenters = remotes.filter(remote => remote.datacenter !== servers.datacenter)
  const toRemoteServers = remoteDatacenters.map(({ datacenter }) => {
    const sni = serverSni(datacenter, servers.domain)
    return passChain(`*.${sni}`, sni, `mesh_gateway_remote.${logical}.${datacenter}`, logs)
  })
  const toServers = servers.local.map(name => {
    return passChain(name, name, `mesh_gateway_local_server.${logical}.${servers.datacenter}`, logs)
  })
  return [...toDatacenters, ...toRemoteServers, ...toServers, catchAll(logical, logs)]
}

function passChain(serverName: string, cluster: string, statPrefix: string, logs: LogSinks): FilterChain {
  return filterChain({
    match: serverNameMatch([serverName]),
    filters: [tcpProxyFilter({ cluster, statPrefix, accessLogs: logs.filters })],
  })
}

function catchAll(logical: string, logs: LogSinks): FilterChain {
  const statPrefix = `mesh_gateway_local.${logical}`
  return filterChain({
    filters: [sniClusterFilter(), tcpProxyFilter({ cluster: '', statPrefix, accessLogs: logs.filters })],
  })
}
