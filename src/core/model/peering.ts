// Peerings: links to clusters that share no trust with this one. What the store keeps of them, and how a stream is doing.

import type { Indexed, Unindexed } from './row.ts'
import { joinKey } from './tenancy.ts'

/**
 * `PENDING`: a token was made, nobody has come with it. `ESTABLISHING`: a token was taken, the link is being made. `ACTIVE` and
 * `FAILING`: the link is up, or broken. `DELETING`: what came from the peer is being removed. `TERMINATED`: the peer ended it.
 */
export type PeeringState = 'PENDING' | 'ESTABLISHING' | 'ACTIVE' | 'FAILING' | 'DELETING' | 'TERMINATED'

/** Where the other side of a peering is. */
export interface PeeringRemote {
  readonly Partition: string
  readonly Datacenter: string
}

export interface Peering extends Indexed {
  /** A uuid of this cluster's own; the other side knows the peering by it when it dials. */
  readonly ID: string
  readonly Name: string
  readonly Partition: string
  readonly Meta: Readonly<Record<string, string>>
  readonly State: PeeringState
  /** RFC 3339; '' unless it is being deleted. */
  readonly DeletedAt: string
  /** The other side's id of the peering; '' on the side that made the token. */
  readonly PeerID: string
  /** PEM of the authorities that the other side's servers are verified by; empty on the side that made the token. */
  readonly PeerCAPems: readonly string[]
  /** The name that the other side's servers show. */
  readonly PeerServerName: string
  /** Where the other side's servers are, as they last said. */
  readonly PeerServerAddresses: readonly string[]
  /** Addresses that whoever made the token wrote into it; they are dialled instead of the others. */
  readonly ManualServerAddresses: readonly string[]
  /** The addresses in the token, which worked once. */
  readonly TokenServerAddresses: readonly string[]
  readonly Remote: PeeringRemote
}

export type NewPeering = Unindexed<Peering>

export function peeringKey(peering: Pick<Peering, 'Partition' | 'Name'>): string {
  return joinKey(peering.Partition, peering.Name)
}

/** True on the side that took a token: it dials, the other side listens. */
export function isDialer(peering: Pick<Peering, 'PeerID'>): boolean {
  return peering.PeerID !== ''
}

/** True while the peering may have a stream. */
export function isOpen(peering: Pick<Peering, 'State'>): boolean {
  return peering.State !== 'DELETING' && peering.State !== 'TERMINATED'
}

/** What a peer's certificates are verified by: the roots it sent, good for its trust domain only. */
export interface PeerTrustBundle extends Indexed {
  readonly PeerName: string
  readonly Partition: string
  readonly TrustDomain: string
  readonly RootPEMs: readonly string[]
  /** The partition that the peer exports from, as it calls it. */
  readonly ExportedPartition: string
}

export function trustBundleKey(bundle: Pick<PeerTrustBundle, 'Partition' | 'PeerName'>): string {
  return joinKey(bundle.Partition, bundle.PeerName)
}

/**
 * The secrets of a peering. Never shown. The side that made a token only has to recognise secrets and keeps their SHA-256;
 * the side that took it has to say its secret and keeps it sealed. It outlives the peering, so that a peer that was away when
 * the peering was deleted can still be told.
 */
export interface PeeringSecrets extends Indexed {
  /** Our id of the peering. */
  readonly id: string
  /** Digest of the secret in the newest token, until it is used; '' after that. */
  readonly establishment: string
  /** Digests of the secret that was used last and of the attempt that used it. */
  readonly used: string
  readonly attempt: string
  /** Digest of a stream secret that was given out and has not opened a stream yet. */
  readonly pending: string
  /** Digest of the stream secret that has. */
  readonly active: string
  /** What the dialing side keeps; '' on the other. */
  readonly sealed: string
  /** Milliseconds since the epoch at which the peering was deleted; 0 while it is there. */
  readonly deletedAt: number
}

export const NO_SECRETS: Omit<Unindexed<PeeringSecrets>, 'id'> = {
  establishment: '',
  used: '',
  attempt: '',
  pending: '',
  active: '',
  sealed: '',
  deletedAt: 0,
}

/** Something that is sent over the stream of a peering and not taken. */
export interface PeerRefusal {
  readonly by: 'us' | 'peer'
  /** Its kind, and its id: `service web`, `bundle roots`, `list exported-service-list`, `addresses server-addrs`. */
  readonly resource: string
  readonly reason: string
}

/** How the stream of a peering is doing, as the server that holds it knows. Times are milliseconds since the epoch. */
export interface PeerStreamStatus {
  readonly connected: boolean
  /** Why it is not connected; '' when it is, or was never tried. */
  readonly error: string
  /** The peer was reached and does not want us: only people can change that. */
  readonly refused: boolean
  /** What one side does not take of what the other sends now; not all of it when it is much. */
  readonly refusals: readonly PeerRefusal[]
  /** When the next attempt is made; undefined while none is planned. */
  readonly nextTryAt: number | undefined
  /** Names of services; undefined until the peer has said. */
  readonly imported: readonly string[] | undefined
  readonly exported: readonly string[] | undefined
  readonly lastHeartbeatAt: number | undefined
  readonly lastReceiveAt: number | undefined
  readonly lastSendAt: number | undefined
}

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

/** Whether peerings may have this name: a DNS label in lower case. */
export function isPeerName(name: string): boolean {
  return NAME.test(name)
}
