// The listening side of peerings: exchanges the secrets of tokens, and takes streams that are opened by a stream secret.

import { type Server, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { Fault } from '../../core/model/fault.ts'
import type { Peering } from '../../core/model/peering.ts'
import type { Refusal } from '../../core/peering/session.ts'
import {
  ExchangeSecretRequest,
  ExchangeSecretResponse,
  type Open,
  ReplicationMessage,
} from '../../core/peering/wire/peerstream.ts'
import { reduce } from '../../core/store/reduce.ts'
import { peeringById } from '../../core/store/reduce-peerings.ts'
import { faultToGrpc } from '../xds/grpc-status.ts'
import { ATTEMPT_HEADER, peerStreamDefinition } from './grpc-method.ts'
import { decodeFrame, endCall, type PeerCall, PeerStream, type StreamDeps } from './peer-stream.ts'
import { digestOf, newSecret } from './secrets.ts'
import { StreamLimiter } from './stream-limiter.ts'

export interface AcceptorDeps extends StreamDeps {
  /** The peer has ended the peering. */
  onTerminated(peering: Peering): void
}

/** How long a caller may take to say who it is. */
const INTRODUCTION_MS = 10_000

const FRAME_OF_OPEN_BYTES = 16 * 1024

export class Acceptor {
  readonly #deps: AcceptorDeps
  readonly #streams = new Map<string, PeerStream>()
  readonly #limiter: StreamLimiter
  #isClosed = false

  constructor(deps: AcceptorDeps) {
    this.#deps = deps
    this.#limiter = new StreamLimiter(deps.now)
  }

  /** Adds the service to a server that may carry others. */
  addTo(server: Server): void {
    server.addService(peerStreamDefinition, {
      ExchangeSecret: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
        void this.#exchange(call, answer)
      },
      StreamResources: (call: PeerCall) => void this.#accept(call),
    })
  }

  /** The stream of a peering, if it has one here. */
  stream(id: string): PeerStream | undefined {
    return this.#streams.get(id)
  }

  close(): void {
    this.#isClosed = true
    for (const stream of this.#streams.values()) {
      stream.end({ code: status.UNAVAILABLE, message: 'the server is shutting down' })
    }
  }

  async #exchange(call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): Promise<void> {
    try {
      const { PeerID, EstablishmentSecret } = decodeExchange(call.request)
      const secret = newSecret()
      await this.#deps.committer.submit(state =>
        reduce(state, {
          type: 'exchange-secret',
          id: PeerID,
          establishment: digestOf(EstablishmentSecret),
          attempt: digestOf(String(call.metadata.get(ATTEMPT_HEADER)[0] ?? '')),
          pending: digestOf(secret),
        }),
      )
      answer(null, Buffer.from(ExchangeSecretResponse.encode({ StreamSecret: secret })))
    } catch (error) {
      if (!(error instanceof Fault)) this.#deps.logger.error('cannot exchange a secret', { error })
      answer(faultToGrpc(error))
    }
  }

  async #accept(call: PeerCall): Promise<void> {
    // Without a listener of ours a broken connection would be an error nobody has caught.
    call.on('error', () => {})
    try {
      if (this.#isClosed) throw new Fault('unavailable', 'the server is shutting down')
      const stream = await this.#open(call, await introduction(call))
      follow(call, stream)
    } catch (error) {
      if (!(error instanceof Fault)) this.#deps.logger.error('cannot open a stream', { error })
      endCall(call, openingRefusal(error))
    }
  }

  async #open(call: PeerCall, bytes: Buffer): Promise<PeerStream> {
    const open = bytes.length > FRAME_OF_OPEN_BYTES ? undefined : decodeFrame(bytes)?.open
    if (open === undefined) throw new Fault('invalid', 'the first frame must be open')
    if (open.PeerID === '') throw new Fault('invalid', 'open has no PeerID')
    await this.#authorize(call, open)
    const peering = peeringById(this.#deps.store, open.PeerID)
    if (peering === undefined) throw new Fault('not-found', 'there is no peering with this PeerID')
    if (!this.#limiter.take(peering.ID)) throw new Fault('unavailable', 'streams are opened too often; try again later')
    return this.#start(call, peering)
  }

  async #authorize(call: PeerCall, { PeerID, StreamSecretID, Remote }: Open): Promise<void> {
    const remote = {
      Partition: Remote?.Partition.slice(0, 64) ?? '',
      Datacenter: Remote?.Datacenter.slice(0, 64) ?? '',
    }
    try {
      await this.#deps.committer.submit(state =>
        reduce(state, { type: 'open-stream', id: PeerID, secret: digestOf(StreamSecretID), remote }),
      )
    } catch (error) {
      // Somebody who knows the secret is told that there is nothing to come back to.
      const isDeleted = error instanceof Fault && error.code === 'conflict'
      if (isDeleted) call.write(Buffer.from(ReplicationMessage.encode({ terminated: {} })))
      throw error
    }
  }

  #start(call: PeerCall, peering: Peering): PeerStream {
    const { tracker, logger } = this.#deps
    this.#streams.get(peering.ID)?.end({ code: status.ABORTED, message: 'another stream has taken over' })
    const stream = new PeerStream(call, 'acceptor', peering, this.#deps)
    this.#streams.set(peering.ID, stream)
    tracker.change(peering.ID, { connected: true, error: '', nextTryAt: undefined })
    logger.info('a peer has connected', { peer: peering.Name })
    void stream.done.then(end => {
      if (this.#streams.get(peering.ID) !== stream) return
      this.#streams.delete(peering.ID)
      const error = end.kind === 'terminated' ? 'the peer has ended the peering' : end.refusal.message
      tracker.change(peering.ID, { connected: false, error })
      logger.info('a peer is not connected any more', { peer: peering.Name, reason: error })
      if (end.kind === 'terminated') this.#deps.onTerminated(peering)
    })
    return stream
  }
}

/** The first frame. What follows is not read before it is known whose it is. */
function introduction(call: PeerCall): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Fault('timeout', 'no frame has come')), INTRODUCTION_MS)
    call.once('data', (bytes: Buffer) => {
      clearTimeout(timer)
      call.pause()
      resolve(bytes)
    })
    const over = () => {
      clearTimeout(timer)
      reject(new Fault('invalid', 'the call ended before its first frame'))
    }
    for (const event of ['end', 'cancelled', 'error']) call.once(event, over)
  })
}

function follow(call: PeerCall, stream: PeerStream): void {
  const lost = (message: string) => stream.lost({ code: status.CANCELLED, message })
  call.on('data', (bytes: Buffer) => stream.receive(bytes))
  call.on('end', () => {
    lost('the peer has closed the stream')
    call.end()
  })
  call.on('cancelled', () => lost('the connection broke'))
  call.on('error', (error: Error) => lost(error.message))
  if ('cancelled' in call && call.cancelled) lost('the connection broke')
  call.resume()
}

function decodeExchange(bytes: Buffer) {
  try {
    return ExchangeSecretRequest.decode(bytes)
  } catch {
    throw new Fault('invalid', 'the request cannot be decoded')
  }
}

/** An unknown peering is the caller's mistake here: that is how it is told from a server without the service. */
function openingRefusal(error: unknown): Refusal {
  const { code, details } = faultToGrpc(error)
  return { code: code === status.NOT_FOUND ? status.INVALID_ARGUMENT : code, message: details }
}
