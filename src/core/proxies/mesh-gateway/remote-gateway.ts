// Part of a mesh gateway: the gateways of another datacenter, to which everything for that datacenter goes.

import { makeCluster } from '../../envoy/cluster.ts'
import { loadAssignment } from '../../envoy/load-assignment.ts'
import { makeResource } from '../../envoy/make-resource.ts'
import type { Resource } from '../../envoy/resource.ts'
import { gatewaySni, serverSni } from '../../model/sni.ts'
import { gatewayEndpoints } from '../parts/gateway-endpoints.ts'
import type { MeshGatewayConfig, RemoteDatacenter } from './snapshot.ts'

export interface RemoteGatewayPart {
  readonly clusters: readonly Resource[]
  readonly endpoints: readonly Resource[]
}

/**
 * One cluster for services of the datacenter and, with a `domain`, one more for its servers. Gateways known by host name
 * only are resolved by Envoy and have no endpoints resource.
 */
export function remoteGateway(
  remote: RemoteDatacenter,
  config: MeshGatewayConfig,
  trustDomain: string,
  domain: string | undefined,
): RemoteGatewayPart {
  const services = gatewaySni(remote.partition, remote.datacenter, trustDomain)
  const names = domain === undefined ? [services] : [services, serverSni(remote.datacenter, domain)]
  const parts = names.map(name => gatewayCluster(name, remote, config))
  return { clusters: parts.flatMap(part => part.clusters), endpoints: parts.flatMap(part => part.endpoints) }
}

function gatewayCluster(name: string, remote: RemoteDatacenter, config: MeshGatewayConfig): RemoteGatewayPart {
  const { connectTimeoutMs, fetchTimeoutMs, remoteKeepalive, strictDns } = config.options
  const shared = {
    name,
    connectTimeoutMs,
    outlierDetection: {},
    limits: config.limits,
    keepalive: remoteKeepalive,
  }
  const found = gatewayEndpoints(remote.gateways, { wan: true, strictDns })
  if (found.by === 'dns') {
    const assignment = loadAssignment(name, found.endpoints)
    const cluster = makeCluster({ ...shared, endpoints: { by: 'dns', strict: strictDns, assignment } })
    return { clusters: [makeResource('cluster', cluster)], endpoints: [] }
  }
  const cluster = makeCluster({ ...shared, endpoints: { by: 'eds', fetchTimeoutMs } })
  const endpoints = makeResource('endpoints', loadAssignment(name, found.endpoints))
  return { clusters: [makeResource('cluster', cluster)], endpoints: [endpoints] }
}
