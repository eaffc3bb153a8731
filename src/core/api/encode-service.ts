// The JSON of a service instance, in its two shapes: beside its node (NodeService) and flattened into it (ServiceNode).

import type { CheckServiceNode } from '../model/fact.ts'
import type { CatalogNode } from '../model/node.ts'
import type { ServiceInstance } from '../model/service.ts'
import { encodeCheck } from './encode-check.ts'
import { encodeNode, nullIfEmpty, tenancyKeys } from './encode-node.ts'
import { encodeProxy } from './encode-proxy.ts'

/** An instance with its node and checks, as `/v1/health/service` lists it. */
export function encodeInstance({ Node, Service, Checks }: CheckServiceNode, showsTenancy: boolean) {
  return {
    Node: encodeNode(Node, showsTenancy),
    Service: encodeService(Service, showsTenancy),
    Checks: Checks.map(check => encodeCheck(check, showsTenancy)),
  }
}

/** An instance beside its node. */
export function encodeService(service: ServiceInstance, showsTenancy: boolean) {
  return {
    Kind: service.Kind === '' ? undefined : service.Kind,
    ID: service.ID,
    Service: service.Service,
    Tags: service.Tags,
    Address: service.Address,
    TaggedAddresses: nullIfEmpty(service.TaggedAddresses) ?? undefined,
    Meta: nullIfEmpty(service.Meta),
    Port: service.Port === 0 ? undefined : service.Port,
    SocketPath: service.SocketPath === '' ? undefined : service.SocketPath,
    Weights: service.Weights,
    EnableTagOverride: service.EnableTagOverride,
    Proxy: encodeProxy(service.Proxy),
    Connect: encodeConnect(service.Connect),
    PeerName: service.PeerName,
    ...tenancyKeys(service, showsTenancy),
    CreateIndex: service.CreateIndex,
    ModifyIndex: service.ModifyIndex,
  }
}

export interface ServiceOnNode {
  readonly Node: CatalogNode
  readonly Service: ServiceInstance
}

/** An instance and its node in one flat object, as `/v1/catalog/service` lists it. */
export function encodeServiceNode({ Node, Service }: ServiceOnNode, showsTenancy: boolean) {
  return {
    ID: Node.ID,
    Node: Node.Node,
    Address: Node.Address,
    Datacenter: Node.Datacenter,
    TaggedAddresses: nullIfEmpty(Node.TaggedAddresses),
    NodeMeta: nullIfEmpty(Node.Meta),
    ServiceKind: Service.Kind,
    ServiceID: Service.ID,
    ServiceName: Service.Service,
    ServiceTags: Service.Tags,
    ServiceAddress: Service.Address,
    ServiceTaggedAddresses: nullIfEmpty(Service.TaggedAddresses) ?? undefined,
    ServiceWeights: Service.Weights,
    ServiceMeta: Service.Meta,
    ServicePort: Service.Port,
    ServicePorts: null,
    ServiceSocketPath: Service.SocketPath,
    ServiceEnableTagOverride: Service.EnableTagOverride,
    ServiceProxy: encodeProxy(Service.Proxy),
    ServiceConnect: encodeConnect(Service.Connect),
    ServiceLocality: null,
    PeerName: Service.PeerName === '' ? undefined : Service.PeerName,
    ...tenancyKeys(Service, showsTenancy),
    CreateIndex: Service.CreateIndex,
    ModifyIndex: Service.ModifyIndex,
  }
}

function encodeConnect(connect: ServiceInstance['Connect']) {
  return { Native: connect.Native ? true : undefined, PeerMeta: connect.PeerMeta }
}
