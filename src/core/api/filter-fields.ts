// What `?filter` may select in the rows of each section. (Consul docs: API, filtering, and the tables of each endpoint.)

import { BOOL, type FieldSpec, INT, listOf, mapOf, objectOf, STRING } from '../../lib/bexpr/field-spec.ts'

const ADDRESS = objectOf({ Address: STRING, Port: INT })
const STRINGS = mapOf(STRING)
const WEIGHTS = objectOf({ Passing: INT, Warning: INT })
const CONNECT = objectOf({ Native: BOOL })
const MESH_GATEWAY = objectOf({ Mode: STRING })

const UPSTREAM = objectOf({
  DestinationType: STRING,
  DestinationName: STRING,
  DestinationNamespace: STRING,
  DestinationPartition: STRING,
  DestinationPeer: STRING,
  Datacenter: STRING,
  LocalBindAddress: STRING,
  LocalBindPort: INT,
  LocalBindSocketPath: STRING,
  LocalBindSocketMode: STRING,
  MeshGateway: MESH_GATEWAY,
})

const EXPOSE_PATH = objectOf({ ListenerPort: INT, LocalPathPort: INT, Path: STRING, Protocol: STRING })

const PROXY = objectOf({
  DestinationServiceName: STRING,
  DestinationServiceID: STRING,
  LocalServiceAddress: STRING,
  LocalServicePort: INT,
  LocalServiceSocketPath: STRING,
  Mode: STRING,
  MeshGateway: MESH_GATEWAY,
  TransparentProxy: objectOf({ OutboundListenerPort: INT, DialedDirectly: BOOL }),
  Expose: objectOf({ Checks: BOOL, Paths: listOf(EXPOSE_PATH) }),
  Upstreams: listOf(UPSTREAM),
})

export const NODE_FIELDS: FieldSpec = objectOf({
  ID: STRING,
  Node: STRING,
  Address: STRING,
  Datacenter: STRING,
  PeerName: STRING,
  TaggedAddresses: STRINGS,
  Meta: STRINGS,
})

/** A service beside its node, in the catalog and at the agent. */
export const SERVICE_FIELDS: FieldSpec = objectOf({
  Kind: STRING,
  ID: STRING,
  Service: STRING,
  Tags: listOf(STRING),
  Meta: STRINGS,
  Port: INT,
  Address: STRING,
  SocketPath: STRING,
  TaggedAddresses: mapOf(ADDRESS),
  Weights: WEIGHTS,
  EnableTagOverride: BOOL,
  Proxy: PROXY,
  Connect: CONNECT,
  PeerName: STRING,
})

export const SERVICE_NODE_FIELDS: FieldSpec = objectOf({
  ID: STRING,
  Node: STRING,
  Address: STRING,
  Datacenter: STRING,
  TaggedAddresses: STRINGS,
  NodeMeta: STRINGS,
  ServiceKind: STRING,
  ServiceID: STRING,
  ServiceName: STRING,
  ServiceTags: listOf(STRING),
  ServiceMeta: STRINGS,
  ServicePort: INT,
  ServiceAddress: STRING,
  ServiceSocketPath: STRING,
  ServiceTaggedAddresses: mapOf(ADDRESS),
  ServiceWeights: WEIGHTS,
  ServiceEnableTagOverride: BOOL,
  ServiceProxy: PROXY,
  ServiceConnect: CONNECT,
  PeerName: STRING,
})

export const CHECK_FIELDS: FieldSpec = objectOf({
  Node: STRING,
  CheckID: STRING,
  Name: STRING,
  Status: STRING,
  Notes: STRING,
  Output: STRING,
  ServiceID: STRING,
  ServiceName: STRING,
  ServiceTags: listOf(STRING),
  Type: STRING,
  Interval: STRING,
  Timeout: STRING,
  ExposedPort: INT,
  PeerName: STRING,
})

export const INSTANCE_FIELDS: FieldSpec = objectOf({
  Node: NODE_FIELDS,
  Service: SERVICE_FIELDS,
  Checks: listOf(CHECK_FIELDS),
})

export const MEMBER_FIELDS: FieldSpec = objectOf({
  Name: STRING,
  Addr: STRING,
  Port: INT,
  Tags: STRINGS,
  Status: INT,
  ProtocolMin: INT,
  ProtocolMax: INT,
  ProtocolCur: INT,
  DelegateMin: INT,
  DelegateMax: INT,
  DelegateCur: INT,
})

export const INTENTION_FIELDS: FieldSpec = objectOf({
  ID: STRING,
  Description: STRING,
  SourceNS: STRING,
  SourceName: STRING,
  SourcePartition: STRING,
  SourcePeer: STRING,
  SourceType: STRING,
  DestinationNS: STRING,
  DestinationName: STRING,
  DestinationPartition: STRING,
  Action: STRING,
  Precedence: INT,
  Meta: STRINGS,
})

/** The part of a service-defaults entry that lists may be filtered by. */
export const SERVICE_DEFAULTS_FIELDS: FieldSpec = objectOf({
  Kind: STRING,
  Name: STRING,
  Protocol: STRING,
  Mode: STRING,
  ExternalSNI: STRING,
  MutualTLSMode: STRING,
  MaxInboundConnections: INT,
  LocalConnectTimeoutMs: INT,
  LocalRequestTimeoutMs: INT,
  BalanceInboundConnections: STRING,
  MeshGateway: MESH_GATEWAY,
  TransparentProxy: objectOf({ OutboundListenerPort: INT, DialedDirectly: BOOL }),
  Meta: STRINGS,
})
