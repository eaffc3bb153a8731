// What a peer is sent of a service: its instances without what only matters here, and one made-up proxy per mesh gateway, because
// the peer's proxies reach the service through those. Two resources, encoded, so that what is equal has equal bytes.

import type { ServiceId } from '../entries/references.ts'
import { type HealthCheck, worstStatus } from '../model/check.ts'
import type { CheckServiceNode } from '../model/fact.ts'
import type { CatalogNode } from '../model/node.ts'
import type { PeerMeta, ServiceInstance } from '../model/service.ts'
import { peeredSni } from '../model/sni.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION, joinKey, serviceKey, type Tenancy } from '../model/tenancy.ts'
import { kindInstances, serviceInstances } from '../queries/instances.ts'
import { trustDomain } from '../queries/mesh-roots.ts'
import { defineQuery } from '../store/view.ts'
import { exportedChain } from './exported-chain.ts'
import { proxiesOf } from './resource-id.ts'
import { ExportedServiceMessage } from './wire/peerstream.ts'
import type { WireCheck, WireInstance, WireNode, WireService } from './wire/service.ts'

/** The instances of a service, for any peer. */
export const exportedInstances = defineQuery<ServiceId, Uint8Array>({
  name: 'exported-instances',
  key: service => serviceKey({ ...service, Peer: '' }),
  run(view, service) {
    const instances = view.derive(serviceInstances, { ...service, Peer: '' })
    return encode(instances.filter(each => each.Service.Kind === '').map(exportInstance))
  },
  equal: sameBytes,
})

export interface ExportedProxiesArg extends ServiceId {
  /** Our name for the importing peer. */
  readonly peer: string
}

/** The proxies of a service for one peer; undefined when the service does not speak mTLS. */
export const exportedProxies = defineQuery<ExportedProxiesArg, Uint8Array | undefined>({
  name: 'exported-proxies',
  key: arg => joinKey(serviceKey({ ...arg, Peer: '' }), arg.peer),
  run(view, { peer, ...service }) {
    const domain = view.derive(trustDomain, undefined)
    const chain = view.derive(exportedChain, service)
    if (chain === undefined || domain === '') return undefined
    const { Name, Namespace, Partition } = service
    const sni = peeredSni({ service: Name, namespace: Namespace, partition: Partition }, peer, domain)
    const meta: PeerMeta = { SNI: [sni], SpiffeID: chain.spiffeIds, Protocol: chain.protocol }
    const gateways = view.derive(kindInstances, { kind: 'mesh-gateway', partition: Partition, peer: '' })
    const proxies = gateways.map((gateway, i) =>
      exportProxy(gateway, service, { number: i, meta, usable: chain.usable }),
    )
    return encode(proxies)
  },
  equal: sameBytes,
})

function encode(nodes: readonly WireInstance[]): Uint8Array {
  return ExportedServiceMessage.encode({ Nodes: nodes })
}

function sameBytes(before: Uint8Array | undefined, after: Uint8Array | undefined): boolean {
  if (before === undefined || after === undefined) return before === after
  return before.length === after.length && before.every((byte, i) => byte === after[i])
}

function exportInstance({ Node, Service, Checks }: CheckServiceNode): WireInstance {
  const service = wireService(Service)
  return { Node: wireNode(Node), Service: service, Checks: overallCheck(service, Node, Checks) }
}

interface ProxyParts {
  readonly number: number
  readonly meta: PeerMeta
  readonly usable: boolean
}

function exportProxy(
  gateway: CheckServiceNode,
  { Name, Namespace, Partition }: ServiceId,
  parts: ProxyParts,
): WireInstance {
  const name = proxiesOf({ Name }).Name
  const service: WireService = {
    ...wireService({ ...gateway.Service, Tags: [], Meta: {} }),
    EnterpriseMeta: wireTenancy({ Namespace, Partition }),
    Kind: 'connect-proxy',
    ID: `${name}-instance-${parts.number}`,
    Service: name,
    Proxy: { DestinationServiceName: Name, DestinationServiceID: `${Name}-instance-${parts.number}` },
    Connect: { Native: false, PeerMeta: parts.meta },
  }
  const [check] = overallCheck(service, gateway.Node, gateway.Checks)
  // Failover at the importer goes by these checks: a gateway to a service without a usable instance leads nowhere.
  const failed = { ...blankCheck(service, gateway.Node), Status: 'critical', Output: `${Name} has no healthy instance` }
  const checks = parts.usable ? (check === undefined ? [] : [check]) : [failed]
  return { Node: wireNode(gateway.Node), Service: service, Checks: checks }
}

const NO_INDEX = { CreateIndex: 0, ModifyIndex: 0 }

function wireNode(node: CatalogNode): WireNode {
  return {
    ID: node.ID,
    Node: node.Node,
    Address: node.Address,
    Datacenter: node.Datacenter,
    TaggedAddresses: new Map(Object.entries(node.TaggedAddresses)),
    Meta: new Map(Object.entries(node.Meta)),
    RaftIndex: NO_INDEX,
    Partition: node.Partition === DEFAULT_PARTITION ? '' : node.Partition,
    PeerName: '',
    Locality: undefined,
  }
}

/** Virtual addresses are valid in their own cluster only. */
const VIRTUAL = 'consul-virtual'

function wireService(service: ServiceInstance): WireService {
  const tagged = Object.entries(service.TaggedAddresses).filter(([name]) => !name.startsWith(VIRTUAL))
  return {
    Kind: '',
    ID: service.ID,
    Service: service.Service,
    Tags: service.Tags,
    Address: service.Address,
    Meta: new Map(Object.entries(service.Meta)),
    Port: service.Port,
    Weights: service.Weights,
    EnableTagOverride: service.EnableTagOverride,
    Proxy: { DestinationServiceName: '', DestinationServiceID: '' },
    Connect: { Native: false, PeerMeta: undefined },
    RaftIndex: NO_INDEX,
    TaggedAddresses: new Map(tagged),
    EnterpriseMeta: wireTenancy(service),
    SocketPath: service.SocketPath,
    PeerName: '',
    Locality: undefined,
  }
}

function wireTenancy({ Namespace, Partition }: Tenancy) {
  return {
    Namespace: Namespace === DEFAULT_NAMESPACE ? '' : Namespace,
    Partition: Partition === DEFAULT_PARTITION ? '' : Partition,
  }
}

/** All checks of an instance and its node as one; none when there are none. */
function overallCheck(service: WireService, node: CatalogNode, checks: readonly HealthCheck[]): readonly WireCheck[] {
  if (checks.length === 0) return []
  const isMaintained = checks.some(check => check.Type === 'maintenance' || MAINTENANCE.test(check.CheckID))
  const status = isMaintained ? 'maintenance' : worstStatus(checks.map(check => check.Status))
  return [{ ...blankCheck(service, node), Status: status }]
}

const MAINTENANCE = /^_(node|service)_maintenance(:|$)/

function blankCheck(service: WireService, node: CatalogNode): WireCheck {
  return {
    Node: node.Node,
    CheckID: `${service.ID}:overall-check`,
    Name: 'overall-check',
    Status: '',
    Notes: '',
    Output: '',
    ServiceID: service.ID,
    ServiceName: service.Service,
    ServiceTags: [],
    Definition: {},
    RaftIndex: NO_INDEX,
    Type: '',
    EnterpriseMeta: service.EnterpriseMeta,
    ExposedPort: 0,
    Interval: '',
    Timeout: '',
    PeerName: '',
  }
}
