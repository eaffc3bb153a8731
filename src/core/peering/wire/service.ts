// Instances of services as peers send them to each other. Fields that never travel between peers are left out: a decoder skips
// them, and an encoder does not write them.

import {
  bool,
  type Infer,
  int,
  list,
  message,
  messageMap,
  nested,
  string,
  stringMap,
  strings,
} from '../../../lib/wire-message.ts'
import { EnterpriseMeta, Locality, RaftIndex } from './common.ts'

export const WireServiceAddress = message({ Address: string(1), Port: int(2) })

export const WireWeights = message({ Passing: int(1), Warning: int(2) })

export const WirePeerMeta = message({ SNI: strings(1), SpiffeID: strings(2), Protocol: string(3) })

export const WireConnect = message({ Native: bool(1), PeerMeta: nested(4, WirePeerMeta) })

export const WireProxy = message({ DestinationServiceName: string(1), DestinationServiceID: string(2) })

export const WireNode = message({
  ID: string(1),
  Node: string(2),
  Address: string(3),
  Datacenter: string(4),
  TaggedAddresses: stringMap(5),
  Meta: stringMap(6),
  RaftIndex: nested(7, RaftIndex),
  Partition: string(8),
  PeerName: string(9),
  Locality: nested(10, Locality),
})

export const WireService = message({
  Kind: string(1),
  ID: string(2),
  Service: string(3),
  Tags: strings(4),
  Address: string(5),
  Meta: stringMap(6),
  Port: int(7),
  Weights: nested(8, WireWeights),
  EnableTagOverride: bool(9),
  Proxy: nested(11, WireProxy),
  Connect: nested(12, WireConnect),
  RaftIndex: nested(14, RaftIndex),
  TaggedAddresses: messageMap(15, WireServiceAddress),
  EnterpriseMeta: nested(16, EnterpriseMeta),
  SocketPath: string(17),
  PeerName: string(18),
  Locality: nested(19, Locality),
})

export const WireCheckDefinition = message({})

export const WireCheck = message({
  Node: string(1),
  CheckID: string(2),
  Name: string(3),
  Status: string(4),
  Notes: string(5),
  Output: string(6),
  ServiceID: string(7),
  ServiceName: string(8),
  ServiceTags: strings(9),
  Definition: nested(10, WireCheckDefinition),
  RaftIndex: nested(11, RaftIndex),
  Type: string(12),
  EnterpriseMeta: nested(13, EnterpriseMeta),
  ExposedPort: int(14),
  Interval: string(15),
  Timeout: string(16),
  PeerName: string(17),
})

/** One instance with its node and its checks. */
export const WireInstance = message({
  Node: nested(1, WireNode),
  Service: nested(2, WireService),
  Checks: list(3, WireCheck),
})

export type WireInstance = Infer<typeof WireInstance>
export type WireNode = Infer<typeof WireNode>
export type WireService = Infer<typeof WireService>
export type WireCheck = Infer<typeof WireCheck>
