// The peering stream: its envelope, and the resources that travel in it. Packages hashicorp.consul.internal.peerstream and
// .peering; field numbers as those packages publish them.

import { type Infer, int, list, message, nested, string, strings } from '../../../lib/wire-message.ts'
import { Any, Locality, Status } from './common.ts'
import { WireInstance } from './service.ts'

export const RemoteInfo = message({ Partition: string(1), Datacenter: string(2), Locality: nested(3, Locality) })

export const Open = message({ PeerID: string(1), StreamSecretID: string(2), Remote: nested(3, RemoteInfo) })

export type Open = Infer<typeof Open>

/** Subscribes to a type when the nonce is empty; otherwise says whether the response with that nonce was taken. */
export const Request = message({
  PeerID: string(1),
  ResponseNonce: string(2),
  ResourceURL: string(3),
  Error: nested(5, Status),
})

export type Request = Infer<typeof Request>

/** The only operation: what is gone is missing from the list of exported services. */
export const UPSERT = 1

export const Response = message({
  Nonce: string(1),
  ResourceURL: string(2),
  ResourceID: string(3),
  Resource: nested(4, Any),
  operation: int(5),
})

export type Response = Infer<typeof Response>

export const Terminated = message({})

export const Heartbeat = message({})

/** One frame of the stream; exactly one field is set. */
export const ReplicationMessage = message({
  open: nested(1, Open),
  request: nested(2, Request),
  response: nested(3, Response),
  terminated: nested(4, Terminated),
  heartbeat: nested(5, Heartbeat),
})

export type ReplicationMessage = Infer<typeof ReplicationMessage>

export const ExportedServiceMessage = message({ Nodes: list(1, WireInstance) })

export const ExportedServiceListMessage = message({ Services: strings(1) })

export const TrustBundleMessage = message({
  TrustDomain: string(1),
  PeerName: string(2),
  Partition: string(3),
  RootPEMs: strings(4),
  ExportedPartition: string(5),
  CreateIndex: int(6),
  ModifyIndex: int(7),
})

export const ServerAddressesMessage = message({ Addresses: strings(1) })

export const ExchangeSecretRequest = message({ PeerID: string(1), EstablishmentSecret: string(2) })

export const ExchangeSecretResponse = message({ StreamSecret: string(1) })

/** Detail of a refusal by a server that does not lead: who does. */
export const LeaderAddress = message({ address: string(1) })

const PREFIX = 'type.googleapis.com/hashicorp.consul.internal'

export const LEADER_ADDRESS_URL = `${PREFIX}.peerstream.LeaderAddress`

/** What can be subscribed to, by the URL of its type. */
export const RESOURCE_URLS = {
  service: `${PREFIX}.peerstream.ExportedService`,
  list: `${PREFIX}.peerstream.ExportedServiceList`,
  bundle: `${PREFIX}.peering.PeeringTrustBundle`,
  addresses: `${PREFIX}.peering.PeeringServerAddresses`,
} as const

export type ResourceKind = keyof typeof RESOURCE_URLS

/** The id of the one resource of its kind. Services are identified by their name. */
export const RESOURCE_IDS = {
  list: 'exported-service-list',
  bundle: 'roots',
  addresses: 'server-addrs',
} as const

/** The kind a URL stands for; undefined for any other. */
export function resourceKind(url: string): ResourceKind | undefined {
  return KINDS.get(url)
}

const KINDS: ReadonlyMap<string, ResourceKind> = new Map(
  (['service', 'list', 'bundle', 'addresses'] as const).map(kind => [RESOURCE_URLS[kind], kind]),
)
