// What an agent shows of itself in the catalog: its node, and the service of servers if it is one.

import type { OwnRows } from '../core/local/catalog-sync.ts'
import type { CatalogNode } from '../core/model/node.ts'
import type { Unindexed } from '../core/model/row.ts'
import type { ServiceInstance } from '../core/model/service.ts'
import type { Settings } from './settings.ts'
import { VERSION } from './version.ts'

export function ownRows(settings: Settings): OwnRows {
  const { self } = settings
  const node: Unindexed<CatalogNode> = {
    ID: self.nodeId,
    Node: self.node,
    Address: self.address,
    Datacenter: self.datacenter,
    Partition: self.partition,
    PeerName: '',
    TaggedAddresses: settings.taggedAddresses,
    Meta: { 'consul-network-segment': '', 'consul-version': VERSION, ...settings.nodeMeta },
  }
  return { node, services: self.isServer ? [serverService(settings)] : [], saysAlive: self.isServer }
}

/** Clients find servers under the service name that Consul gives them. */
function serverService(settings: Settings): Unindexed<ServiceInstance> {
  const { self, ports } = settings
  return {
    Node: self.node,
    Kind: '',
    ID: 'consul',
    Service: 'consul',
    Partition: self.partition,
    Namespace: 'default',
    PeerName: '',
    Tags: [],
    Meta: {
      version: VERSION,
      raft_version: '3',
      non_voter: 'false',
      read_replica: 'false',
      serf_protocol_current: '2',
      serf_protocol_min: '1',
      serf_protocol_max: '5',
      ...(ports.grpc > 0 ? { grpc_port: String(ports.grpc) } : {}),
      ...(ports.grpcTls > 0 ? { grpc_tls_port: String(ports.grpcTls) } : {}),
    },
    Address: '',
    Port: ports.server,
    SocketPath: '',
    TaggedAddresses: {},
    Weights: { Passing: 1, Warning: 1 },
    EnableTagOverride: false,
    Proxy: { MeshGateway: {}, Expose: {} },
    Connect: { Native: false },
  }
}
