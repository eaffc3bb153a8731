// A peer that says whatever a test wants, frame by frame.

import type { Client, ClientDuplexStream } from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import { decodeToken, type PeeringToken } from '../../src/core/peering/token.ts'
import { RESOURCE_URLS, ReplicationMessage, type ResourceKind } from '../../src/core/peering/wire/peerstream.ts'
import { connectPeer, exchangeSecret, openStream } from '../../src/rim/peering/peer-client.ts'

export class RawPeer {
  readonly received: ReplicationMessage[] = []
  /** gRPC code and text with which the other side ended the stream; undefined while it is open. */
  ended: { readonly code: number; readonly details: string } | undefined
  readonly #call: ClientDuplexStream<Buffer, Buffer>

  constructor(client: Client) {
    this.#call = openStream(client)
    this.#call.on('data', (bytes: Buffer) => this.received.push(ReplicationMessage.decode(bytes)))
    this.#call.on('error', () => {})
    this.#call.on('status', ({ code, details }) => {
      this.ended = { code, details }
    })
  }

  send(frame: Partial<ReplicationMessage>): void {
    this.write(Buffer.from(ReplicationMessage.encode(frame)))
  }

  write(bytes: Buffer): void {
    this.#call.write(bytes)
  }

  /** Sends a resource under a nonce. */
  upsert(kind: ResourceKind, id: string, value: Uint8Array, nonce: string): void {
    const typeUrl = RESOURCE_URLS[kind]
    const response = { Nonce: nonce, ResourceURL: typeUrl, ResourceID: id, Resource: { typeUrl, value }, operation: 1 }
    this.send({ response })
  }

  /** `ack`, or code and text of the refusal; undefined until there was an answer. */
  answerTo(nonce: string): string | undefined {
    const answer = this.received.find(frame => frame.request?.ResponseNonce === nonce)?.request
    return answer && (answer.Error ? `${answer.Error.code}: ${answer.Error.message}` : 'ack')
  }
}

export interface RawLink {
  readonly token: PeeringToken
  readonly secret: string
  readonly client: Client
  /** Opens a stream with the right secret, unless the frame says otherwise. */
  open(change?: object): RawPeer
}

/** Takes a token as a peer would, up to the stream. */
export async function linkRawPeer(tokenText: string): Promise<RawLink> {
  const decoded = decodeToken(tokenText)
  if (!decoded.ok) throw new Error('not a token')
  const token = decoded.value
  const servers = { serverName: token.ServerName, authorities: token.CA }
  const client = await connectPeer(token.ServerAddresses[0] ?? '', servers, AbortSignal.timeout(10_000))
  onTestFinished(() => client.close())
  const { PeerID: peerId, EstablishmentSecret: establishmentSecret } = token
  const secret = await exchangeSecret(client, { peerId, establishmentSecret, attempt: '' })
  const open = (change: object = {}) => {
    const peer = new RawPeer(client)
    peer.send({ open: { PeerID: peerId, StreamSecretID: secret, Remote: undefined, ...change } })
    return peer
  }
  return { token, secret, client, open }
}
