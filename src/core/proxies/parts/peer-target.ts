// How and where a peer's service is dialled: the instances that came from the peer are its mesh gateways.

import { type Endpoint, loadAssignment } from '../../envoy/load-assignment.ts'
import { makeResource } from '../../envoy/make-resource.ts'
import type { Resource } from '../../envoy/resource.ts'
import { bestAddress } from '../../model/address.ts'
import type { CheckServiceNode } from '../../model/fact.ts'
import type { MeshGatewayMode } from '../../model/mesh-gateway-mode.ts'
import { joinKey, type ServiceName, serviceKey } from '../../model/tenancy.ts'
import { meshGateways, sameResource, throughGateways } from '../../queries/endpoints.ts'
import { endpointHealth } from '../../queries/instance-health.ts'
import { connectInstances } from '../../queries/instances.ts'
import { type PeerService, peerService } from '../../queries/peer-service.ts'
import { defineQuery, type View } from '../../store/view.ts'
import { gatewayEndpoints } from './gateway-endpoints.ts'

export interface PeerTarget extends PeerService {
  /** Endpoints that Envoy resolves, where the peer's gateways are known by host name; undefined where they come by EDS. */
  readonly hosts: readonly Endpoint[] | undefined
}

export interface PeerTargetArg {
  readonly service: ServiceName
  /** `local` goes through the gateways of the proxy's own partition; whatever else is said, the peer's own are dialled. */
  readonly mode: MeshGatewayMode
}

/** Undefined until the service and the peer's roots are known. */
export const peerTarget = defineQuery<PeerTargetArg, PeerTarget | undefined>({
  name: 'peer-target',
  key: arg => joinKey(serviceKey(arg.service), arg.mode === 'local' ? 'local' : ''),
  run(view, { service, mode }) {
    const known = view.derive(peerService, service)
    return known && { ...known, hosts: mode === 'local' ? undefined : peerHosts(view, service, false) }
  },
})

/** The host names of a peer's gateways, as a DNS cluster takes them; undefined when they are known by address. */
export function peerHosts(view: View, service: ServiceName, strictDns: boolean): readonly Endpoint[] | undefined {
  const found = gatewayEndpoints(view.derive(connectInstances, service), { wan: true, strictDns })
  return found.by === 'dns' ? found.endpoints : undefined
}

export interface PeerEndpointsArg extends PeerTargetArg {
  readonly clusterName: string
}

/** Undefined while the service is not known, and where Envoy resolves host names. */
export const peerEndpoints = defineQuery<PeerEndpointsArg, Resource | undefined>({
  name: 'peer-endpoints',
  key: arg => joinKey(arg.clusterName, serviceKey(arg.service), arg.mode === 'local' ? 'local' : ''),
  run(view, { clusterName, service, mode }) {
    const instances = view.derive(connectInstances, service)
    if (view.derive(peerService, service) === undefined) return undefined
    const endpoints = mode === 'local' ? throughOwnGateways(view, service, instances) : theirGateways(instances)
    return endpoints && makeResource('endpoints', loadAssignment(clusterName, endpoints))
  },
  equal: sameResource,
})

/** Our gateways are alive whatever happens at the peer, so they carry the health of what they lead to. */
function throughOwnGateways(view: View, { Partition }: ServiceName, instances: readonly CheckServiceNode[]) {
  const healthy = instances.some(instance => endpointHealth(instance, false).healthy)
  const gateways = meshGateways(view, view.self.datacenter, Partition)
  return gateways && throughGateways(gateways, { wan: false, healthy })
}

function theirGateways(instances: readonly CheckServiceNode[]): readonly Endpoint[] | undefined {
  if (gatewayEndpoints(instances, { wan: true, strictDns: false }).by === 'dns') return undefined
  return instances.map(instance => {
    const { Address, Port } = bestAddress(instance.Node, instance.Service, true)
    return { address: Address, port: Port, health: endpointHealth(instance, false) }
  })
}
