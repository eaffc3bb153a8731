// What agents say to servers, of their own datacenter and of others: HTTP requests over one multiplexed TLS connection.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { ForwardedRequest, HttpAnswer } from '../http/message.ts'

export type RpcRequest = ForwardedRequest

export type RpcAnswer = HttpAnswer

/** An answer that goes on: its body is written for as long as `pump` runs. */
export interface RpcFeed extends Omit<RpcAnswer, 'body'> {
  /** Writes the body. `write` resolves when there is room for more, and rejects when nobody reads any more. */
  pump(write: (chunk: Buffer) => Promise<void>): Promise<void>
}

/** A request as it arrives. */
export interface RpcReceived extends RpcRequest {
  /** The DNS names of the certificate that was shown; undefined when certificates are not verified, and prove nothing. */
  readonly verifiedNames?: readonly string[]
}

export type RpcHandler = (request: RpcReceived) => Promise<RpcAnswer | RpcFeed>

/** Paths that servers of other datacenters call; they exist on this connection and nowhere else. */
export const RPC_PATHS = {
  join: '/rpc/federation/join',
  entries: '/rpc/federation/entries',
  connect: '/rpc/federation/connect',
  gateways: '/rpc/federation/gateways',
  roots: '/rpc/federation/roots',
  signIntermediate: '/rpc/federation/sign-intermediate',
} as const

export const PROOF_HEADER = 'x-isthmus-proof'

/** The ALPN name of the protocol. */
export const ALPN = 'h2'

const LABEL = 'EXPORTER-isthmus-federation'

/**
 * Shows that this side knows the shared key (`encrypt`), bound to this very connection: a proof heard elsewhere is worth
 * nothing. '' when no key is configured.
 */
export function proofOf(socket: TLSSocket, key: string, side: 'client' | 'server'): string {
  if (key === '') return ''
  const channel = socket.exportKeyingMaterial(32, LABEL, Buffer.alloc(0))
  return createHmac('sha256', key).update(side).update(channel).digest('hex')
}

/** Whether a proof is the right one. */
export function isProof(proof: string | undefined, expected: string): boolean {
  if (expected === '') return true
  const given = Buffer.from(proof ?? '')
  const wanted = Buffer.from(expected)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
