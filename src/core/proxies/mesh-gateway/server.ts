// Part of a mesh gateway that carries the servers' own traffic between datacenters (WAN federation through gateways):
// the servers of its datacenter, all together and one by one.

import { makeCluster } from '../../envoy/cluster.ts'
import { type Endpoint, loadAssignment } from '../../envoy/load-assignment.ts'
import { makeResource } from '../../envoy/make-resource.ts'
import type { Resource } from '../../envoy/resource.ts'
import { bestAddress } from '../../model/address.ts'
import type { CheckServiceNode } from '../../model/fact.ts'
import { nodeServerSni, serverSni } from '../../model/sni.ts'
import type { MeshGatewayConfig, Servers } from './snapshot.ts'

export interface ServerPart {
  readonly clusters: readonly Resource[]
  readonly endpoints: readonly Resource[]
}

export function localServers({ domain, local }: Servers, datacenter: string, config: MeshGatewayConfig): ServerPart {
  const all = serverCluster(serverSni(datacenter, domain), local, config)
  const each = local.map(server => serverCluster(serverName(server, datacenter, domain), [server], config))
  const parts = [all, ...each]
  return { clusters: parts.flatMap(part => part.clusters), endpoints: parts.flatMap(part => part.endpoints) }
}

/** The name under which the other datacenters ask for one server. */
export function serverName(server: CheckServiceNode, datacenter: string, domain: string): string {
  return nodeServerSni(server.Node.Node, datacenter, domain)
}

function serverCluster(name: string, servers: readonly CheckServiceNode[], config: MeshGatewayConfig): ServerPart {
  const { connectTimeoutMs, fetchTimeoutMs } = config.options
  const cluster = makeCluster({
    name,
    endpoints: { by: 'eds', fetchTimeoutMs },
    connectTimeoutMs,
    outlierDetection: {},
    limits: config.limits,
  })
  const endpoints = makeResource('endpoints', loadAssignment(name, servers.map(endpointOf)))
  return { clusters: [makeResource('cluster', cluster)], endpoints: [endpoints] }
}

/** Servers find out about each other's health by themselves. */
function endpointOf(server: CheckServiceNode): Endpoint {
  const { Address, Port } = bestAddress(server.Node, server.Service, false)
  return { address: Address, port: Port }
}
