// Commands of a peering's life, from the token to the end. Secrets come as SHA-256 digests where they are only to be recognised.

import type { NewPeering, PeeringRemote } from '../model/peering.ts'

/** Makes a peering that waits for whoever has the token, or gives an existing one a new token. */
export interface GeneratePeeringCommand {
  readonly type: 'generate-peering'
  /** The row if there is none of that name; of an existing one only the metadata changes. */
  readonly peering: NewPeering
  readonly establishment: string
}

/** Writes what a token says, before its secret is used. */
export interface BeginEstablishCommand {
  readonly type: 'begin-establish'
  /** As it will be if there is none of that name; an existing one keeps its ID and state. */
  readonly peering: NewPeering
  readonly sealed: string
  /** A stream is connected: the addresses it told are newer than the token's. */
  readonly keepAddresses: boolean
}

/** The secret was exchanged: from now on the peering is dialled. */
export interface FinishEstablishCommand {
  readonly type: 'finish-establish'
  readonly id: string
  /** The other side's id in the token that was used. */
  readonly peerId: string
  readonly sealed: string
}

/** The secret was refused: everything is as it was before. */
export interface AbortEstablishCommand {
  readonly type: 'abort-establish'
  readonly id: string
  readonly peerId: string
  /** The row before; undefined when there was none. */
  readonly before: NewPeering | undefined
}

/** Takes the secret of a token and gives a stream secret for it. */
export interface ExchangeSecretCommand {
  readonly type: 'exchange-secret'
  readonly id: string
  readonly establishment: string
  /** Digest of what tells one attempt from another; '' when the dialer says nothing. The same attempt may be repeated. */
  readonly attempt: string
  readonly pending: string
}

/** Opens a stream by its secret. */
export interface OpenStreamCommand {
  readonly type: 'open-stream'
  readonly id: string
  readonly secret: string
  readonly remote: PeeringRemote
}

/** Marks a peering for deletion. Nothing happens when there is none. */
export interface DeletePeeringCommand {
  readonly type: 'delete-peering'
  readonly partition: string
  readonly name: string
  /** RFC 3339. */
  readonly at: string
}

/** The other side has ended the peering. */
export interface TerminatePeeringCommand {
  readonly type: 'terminate-peering'
  readonly id: string
}

/** Removes a peering that is marked and has nothing imported left. */
export interface RemovePeeringCommand {
  readonly type: 'remove-peering'
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Forgets peerings that were deleted before a time: their peers are not told any more. */
export interface ForgetPeeringsCommand {
  readonly type: 'forget-peerings'
  readonly before: number
}

export type PeeringCommand =
  | GeneratePeeringCommand
  | BeginEstablishCommand
  | FinishEstablishCommand
  | AbortEstablishCommand
  | ExchangeSecretCommand
  | OpenStreamCommand
  | DeletePeeringCommand
  | TerminatePeeringCommand
  | RemovePeeringCommand
  | ForgetPeeringsCommand
