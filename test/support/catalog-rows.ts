// Rows and commands for tests: everything has a default, and a test names what it is about.

import type { HealthCheck } from '../../src/core/model/check.ts'
import type { CatalogNode } from '../../src/core/model/node.ts'
import type { Unindexed } from '../../src/core/model/row.ts'
import type { ServiceInstance } from '../../src/core/model/service.ts'
import type { DeregisterCommand, RegisterCommand } from '../../src/core/store/commands.ts'
import type { Self } from '../../src/core/store/view.ts'

export const TEST_SELF: Self = {
  node: 'n1',
  nodeId: '11111111-2222-3333-4444-555555555555',
  datacenter: 'dc1',
  primaryDatacenter: 'dc1',
  partition: 'default',
  isServer: true,
  domain: 'consul',
  address: '127.0.0.1',
  defaultAllow: true,
}

/** A node; its address is 10.0.0.1 unless given. */
export function nodeRow(node: string, extra: Partial<CatalogNode> = {}): Unindexed<CatalogNode> {
  return {
    ID: '',
    Node: node,
    Address: '10.0.0.1',
    Datacenter: 'dc1',
    Partition: 'default',
    PeerName: '',
    TaggedAddresses: {},
    Meta: {},
    ...extra,
  }
}

/** An instance on a node; its id is its name unless given. */
export function serviceRow(
  node: string,
  name: string,
  extra: Partial<ServiceInstance> = {},
): Unindexed<ServiceInstance> {
  return {
    Node: node,
    Kind: '',
    ID: name,
    Service: name,
    Partition: 'default',
    Namespace: 'default',
    PeerName: '',
    Tags: [],
    Meta: {},
    Address: '',
    Port: 80,
    SocketPath: '',
    TaggedAddresses: {},
    Weights: { Passing: 1, Warning: 1 },
    EnableTagOverride: false,
    Proxy: { MeshGateway: {}, Expose: {} },
    Connect: { Native: false },
    ...extra,
  }
}

/** A passing check on a node, of an instance when `ServiceID` says so. */
export function checkRow(node: string, id: string, extra: Partial<HealthCheck> = {}): Unindexed<HealthCheck> {
  return {
    Node: node,
    CheckID: id,
    Name: id,
    Status: 'passing',
    Notes: '',
    Output: '',
    ServiceID: '',
    ServiceName: '',
    ServiceTags: [],
    Type: '',
    Interval: '',
    Timeout: '',
    ExposedPort: 0,
    Partition: 'default',
    Namespace: 'default',
    PeerName: '',
    Definition: {},
    ...extra,
  }
}

/** Registers a node with some services and checks. */
export function registering(
  node: Unindexed<CatalogNode>,
  services: readonly Unindexed<ServiceInstance>[] = [],
  checks: readonly Unindexed<HealthCheck>[] = [],
): RegisterCommand {
  return { type: 'register', node, skipNodeUpdate: false, services, checks }
}

/** Deregisters a service or a check of a node, or the node. */
export function deregistering(node: string, what: { serviceId?: string; checkId?: string } = {}): DeregisterCommand {
  return {
    type: 'deregister',
    node,
    partition: 'default',
    namespace: 'default',
    peer: '',
    serviceId: what.serviceId ?? '',
    checkId: what.checkId ?? '',
  }
}
