// Part of a mesh gateway that carries what servers of peered clusters say to each other: ours, whom peers ask for, and those of
// the peers that ours dial.

import { splitHostPort } from '../../../lib/host-port.ts'
import { isIpAddress } from '../../envoy/address.ts'
import { type Endpoints, makeCluster } from '../../envoy/cluster.ts'
import { type Endpoint, loadAssignment } from '../../envoy/load-assignment.ts'
import { makeResource } from '../../envoy/make-resource.ts'
import type { CheckServiceNode } from '../../model/fact.ts'
import { peeringServerName, trustDomainOfServerName } from '../../model/sni.ts'
import { DEFAULT_PARTITION, serviceName } from '../../model/tenancy.ts'
import { serviceInstances } from '../../queries/instances.ts'
import { trustDomain } from '../../queries/mesh-roots.ts'
import { dialedPeers, peersThroughGateways } from '../../queries/peerings.ts'
import { partitions } from '../../queries/tenancy.ts'
import { defineQuery, type View } from '../../store/view.ts'
import type { ServiceResources } from './local-service.ts'
import type { MeshGatewayConfig } from './snapshot.ts'

/** Servers that are asked for by one name. */
export interface PeeringServer {
  readonly name: string
  readonly endpoints: readonly Endpoint[]
}

export interface PeeringServers {
  /** Undefined when none of our servers takes part in peering. */
  readonly own: PeeringServer | undefined
  /** Those of peers, by name; each name once. */
  readonly theirs: readonly PeeringServer[]
}

const NONE: PeeringServers = { own: undefined, theirs: [] }

/** All there are while the mesh entry says that peering goes through gateways, those of the default partition. */
export const peeringServers = defineQuery<{ readonly partition: string }, PeeringServers>({
  name: 'mesh-gateway-peering-servers',
  key: arg => arg.partition,
  run(view, { partition }) {
    if (partition !== DEFAULT_PARTITION || !view.derive(peersThroughGateways, undefined)) return NONE
    const endpoints = view.derive(serviceInstances, serviceName('consul')).flatMap(serverEndpoint)
    const name = peeringServerName(view.self.datacenter, view.derive(trustDomain, undefined))
    return { own: endpoints.length === 0 ? undefined : { name, endpoints }, theirs: peersServers(view) }
  },
})

/** Where a server listens for peers; none for servers that do not, and for those that only serve reads. */
function serverEndpoint({ Node, Service }: CheckServiceNode): readonly Endpoint[] {
  const port = Number(Service.Meta.grpc_tls_port ?? 0)
  if (!(port > 0) || Service.Meta.read_replica === 'true') return []
  return [{ address: Node.Address, port }]
}

/** Two peerings may be with the same servers, for one partition each: then they are one destination. */
function peersServers(view: View): readonly PeeringServer[] {
  const own = view.derive(trustDomain, undefined)
  const found = new Map<string, Map<string, Endpoint>>()
  for (const { Name: partition } of view.derive(partitions, undefined)) {
    for (const { serverName, addresses } of view.derive(dialedPeers, partition)) {
      if ((trustDomainOfServerName(serverName) ?? own) === own) continue
      const endpoints = found.get(serverName) ?? new Map<string, Endpoint>()
      found.set(serverName, endpoints)
      for (const address of addresses) {
        const place = splitHostPort(address)
        if (place !== undefined) endpoints.set(address, { address: place.host, port: place.port })
      }
    }
  }
  return [...found.keys()].sort().map(name => ({ name, endpoints: [...(found.get(name)?.values() ?? [])] }))
}

/** The cluster of servers, with its endpoints; Envoy resolves them as soon as one is a host name. */
export function peeringServerPart({ name, endpoints }: PeeringServer, config: MeshGatewayConfig): ServiceResources {
  const { connectTimeoutMs, fetchTimeoutMs } = config.options
  const assignment = loadAssignment(name, endpoints)
  const isByName = endpoints.some(endpoint => !isIpAddress(endpoint.address))
  const source: Endpoints = isByName ? { by: 'dns', strict: true, assignment } : { by: 'eds', fetchTimeoutMs }
  const cluster = makeCluster({
    name,
    endpoints: source,
    connectTimeoutMs,
    outlierDetection: {},
    limits: config.limits,
  })
  const clusters = [makeResource('cluster', cluster)]
  return { clusters, endpoints: isByName ? [] : [makeResource('endpoints', assignment)] }
}
