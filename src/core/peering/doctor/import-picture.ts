// What came from a peer, and who here asks for something of it.

import { joinHostPort } from '../../../lib/host-port.ts'
import { bestAddress } from '../../model/address.ts'
import type { CheckServiceNode } from '../../model/fact.ts'
import type { MeshGatewayMode } from '../../model/mesh-gateway-mode.ts'
import { instanceKey } from '../../model/service.ts'
import { DEFAULT_NAMESPACE, joinKey, type ServiceName, serviceKey } from '../../model/tenancy.ts'
import { endpointHealth } from '../../queries/instance-health.ts'
import { connectInstances, serviceInstances } from '../../queries/instances.ts'
import type { PeerArg } from '../../queries/peer-trust.ts'
import { serviceConfig } from '../../queries/service-config.ts'
import type { View } from '../../store/view.ts'

export interface ImportPicture {
  readonly name: string
  /** The service's own instances that take traffic, and all of them. */
  readonly healthy: number
  readonly instances: number
  /** `host:port` of the gateways that lead to it, usable or not. */
  readonly gateways: readonly string[]
  /** One of them leads to somebody who takes traffic. */
  readonly isUsable: boolean
}

/** What was imported from a peer, by name; proxies count for the service they lead to. */
export function importPictures(view: View, { partition, peer }: PeerArg): readonly ImportPicture[] {
  const services = new Map<string, ServiceName>()
  for (const row of view.list('services', 'all', joinKey(partition, peer))) {
    const Name = row.Kind === 'connect-proxy' ? (row.Proxy.DestinationServiceName ?? '') : row.Service
    const name = { Name, Namespace: row.Namespace, Partition: partition, Peer: peer }
    services.set(serviceKey(name), name)
  }
  return [...services.keys()].sort().flatMap(key => {
    const service = services.get(key)
    return service === undefined ? [] : [importPicture(view, service)]
  })
}

function importPicture(view: View, service: ServiceName): ImportPicture {
  const instances = view.derive(serviceInstances, service)
  const gateways = view.derive(connectInstances, service)
  return {
    name: shownName(service.Name, service.Namespace),
    healthy: instances.filter(isUsable).length,
    instances: instances.length,
    gateways: [...new Set(gateways.map(addressOf))].sort(),
    isUsable: gateways.some(isUsable),
  }
}

function isUsable(instance: CheckServiceNode): boolean {
  return endpointHealth(instance, false).healthy
}

function addressOf({ Node, Service }: CheckServiceNode): string {
  const { Address, Port } = bestAddress(Node, Service, true)
  return joinHostPort(Address, Port)
}

function shownName(name: string, namespace: string): string {
  return namespace === DEFAULT_NAMESPACE ? name : `${namespace}/${name}`
}

/** An upstream of a proxy here that names the peer. */
export interface WantedService {
  /** Id of the proxy. */
  readonly proxy: string
  readonly service: string
  readonly mode: MeshGatewayMode
}

/** Everything that proxies of the partition ask for by the name of the peer. */
export function wantedServices(view: View, { partition, peer }: PeerArg): readonly WantedService[] {
  const proxies = view.list('services', 'kind', joinKey(partition, '', 'connect-proxy'))
  const asking = proxies.filter(row => row.Proxy.Upstreams?.some(upstream => upstream.DestinationPeer === peer))
  return asking.flatMap(row => {
    const merged = view.derive(serviceConfig, instanceKey(row))?.Upstreams ?? []
    return merged
      .filter(upstream => upstream.DestinationPeer === peer)
      .map(upstream => ({
        proxy: row.ID,
        service: shownName(upstream.DestinationName, upstream.DestinationNamespace || row.Namespace),
        mode: upstream.MeshGateway.Mode ?? '',
      }))
  })
}
