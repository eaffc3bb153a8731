// The resources of a mesh gateway, put together from its parts.

import type { Resource, ResourceSet, ResourceType } from '../../envoy/resource.ts'
import type { PartCache } from '../part-cache.ts'
import { joinLists } from '../parts/join-lists.ts'
import { type Destinations, gatewayListeners } from './listener.ts'
import { peeringServerPart } from './peering-server.ts'
import { remoteGateway } from './remote-gateway.ts'
import { localServers, serverName } from './server.ts'
import type { MeshGatewaySnapshot } from './snapshot.ts'

/** A gateway without services is a fact that Envoy must be told, or it keeps those it had. */
const ALLOW_EMPTY: ReadonlySet<ResourceType> = new Set<ResourceType>(['cluster'])

export function meshGatewayResources(snapshot: MeshGatewaySnapshot, parts: PartCache): ResourceSet {
  const { config, trustDomain, services, datacenter } = snapshot
  /** Servers belong to datacenters, not to partitions. */
  const domainOf = (remote: string) => (remote === datacenter ? undefined : snapshot.servers?.domain)
  const remotes = snapshot.remotes.map(remote => {
    const domain = domainOf(remote.datacenter)
    const inputs = [remote.datacenter, remote.partition, remote.gateways, config, trustDomain, domain]
    return parts.use(`remote:${remote.partition}/${remote.datacenter}`, inputs, () => {
      return remoteGateway(remote, config, trustDomain, domain)
    })
  })
  const servers = snapshot.servers
  const ours =
    servers &&
    parts.use('servers', [servers.domain, servers.local, config, datacenter], () =>
      localServers(servers, datacenter, config),
    )
  const { own, theirs } = snapshot.peering
  const peering = [...(own ? [own] : []), ...theirs].map(server => {
    return parts.use(`peering:${server.name}`, [server, config], () => peeringServerPart(server, config))
  })
  const all = [...remotes, ...(ours ? [ours] : []), ...services, ...snapshot.exported, ...snapshot.imported, ...peering]
  return {
    secret: joinLists(parts, 'secret', []),
    cluster: joinLists(
      parts,
      'cluster',
      all.map(part => part.clusters),
    ),
    endpoints: joinLists(
      parts,
      'endpoints',
      all.map(part => part.endpoints),
    ),
    listener: listeners(snapshot, parts),
    route: joinLists(
      parts,
      'route',
      snapshot.exported.map(part => part.routes),
    ),
    allowEmpty: ALLOW_EMPTY,
  }
}

function listeners(snapshot: MeshGatewaySnapshot, parts: PartCache): readonly Resource[] {
  const { config, identity, exportedChains } = snapshot
  const destinations = parts.keep('destinations', destinationsOf(snapshot))
  return parts.use('listeners', [config, destinations, identity, ...exportedChains], () => {
    const { binds, options, accessLogs } = config
    return gatewayListeners({ binds, destinations, exported: exportedChains.flat(), identity, options, accessLogs })
  })
}

function destinationsOf({ trustDomain, remotes, servers, peering, datacenter }: MeshGatewaySnapshot): Destinations {
  return {
    datacenter,
    trustDomain,
    remotes: remotes.map(remote => ({ datacenter: remote.datacenter, partition: remote.partition })),
    servers: servers && {
      domain: servers.domain,
      datacenter,
      local: servers.local.map(server => serverName(server, datacenter, servers.domain)),
    },
    peering: { own: peering.own?.name, theirs: peering.theirs.map(server => server.name) },
  }
}
