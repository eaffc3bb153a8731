// One delta stream: joins a gRPC call, the session that speaks the protocol, and the proxy whose resources it carries.

import { constants } from 'node:http2'
import { type ServerDuplexStream, status } from '@grpc/grpc-js'
import { Fault } from '../../core/model/fault.ts'
import { type DeltaRequest, decodeDeltaRequest } from '../../core/xds/delta-request.ts'
import { encodeDeltaResponse } from '../../core/xds/delta-response.ts'
import type { Note } from '../../core/xds/output.ts'
import { type ProxyNode, readProxyNode } from '../../core/xds/proxy-node.ts'
import { type SessionEvent, step } from '../../core/xds/session.ts'
import { createSession, isSettled } from '../../core/xds/state.ts'
import { faultToGrpc, type GrpcStatus } from './grpc-status.ts'
import { StreamLedger, type StreamStatus } from './ledger.ts'
import type { Authorize, ProxyFollow, ProxySource } from './proxy-source.ts'

export type DeltaCall = ServerDuplexStream<Buffer, Buffer>

/** What a stream asks of the service it belongs to. */
export interface StreamHost {
  readonly source: ProxySource
  readonly authorize: Authorize
  now(): number
  /** Asks for a call of `build()` when it is this stream's turn. */
  enqueue(stream: ProxyStream): void
  /** A response was written. */
  wrote(bytes: number): void
  noted(stream: ProxyStream, note: Note): void
  /** Something threw; the stream ends. */
  failed(stream: ProxyStream, error: unknown): void
  /** The client has said who it is. */
  introduced(stream: ProxyStream): void
  /** Its first resources are known. */
  ready(stream: ProxyStream): void
  /** The stream is over; `end` is what the client was told, undefined when the client left. */
  ended(stream: ProxyStream, end: GrpcStatus | undefined): void
}

export class ProxyStream {
  readonly ledger = new StreamLedger()
  readonly connectedAt: number
  node: ProxyNode | undefined
  /** When the token was last looked at. */
  authorizedAt = 0
  /** Since when written bytes have not left; undefined when the client keeps up. */
  stalledSince: number | undefined
  readonly #host: StreamHost
  readonly #call: DeltaCall
  readonly #token: string
  readonly #session = createSession()
  #follow: ProxyFollow | undefined
  #waitingFor: readonly string[] = []
  #unflushed = 0
  /** A change came while the client was not keeping up. */
  #behind = false
  #over = false

  constructor(call: DeltaCall, host: StreamHost) {
    this.#host = host
    this.#call = call
    this.#token = String(call.metadata.get('x-consul-token')[0] ?? '')
    this.connectedAt = host.now()
    call.on('data', (bytes: Buffer) => this.#receive(bytes))
    call.on('end', () => this.end(undefined))
    call.on('cancelled', () => this.end(undefined))
    call.on('close', () => this.end(undefined))
    call.on('error', () => this.end(undefined))
  }

  get status(): StreamStatus | undefined {
    if (this.node === undefined) return undefined
    const state = this.#session.ready ? (isSettled(this.#session) ? 'settled' : 'pending') : 'waiting'
    const { types } = this.ledger
    const refusals = state === 'settled' ? [] : this.ledger.refusals
    return { node: this.node, connectedAt: this.connectedAt, state, waitingFor: this.#waitingFor, types, refusals }
  }

  /** Computes the resources and sends what changed. Called when it is this stream's turn. */
  build(): void {
    if (this.#over || this.#follow === undefined) return
    if (this.#unflushed > 0) {
      this.#behind = true
      return
    }
    this.recheck()
    if (this.#over) return
    this.#guard(generationFailed, () => {
      const current = this.#follow!.current()
      if (current.state === 'gone') return this.end(this.#goneStatus(current.reason))
      this.#waitingFor = current.state === 'waiting' ? current.for : []
      if (current.state === 'waiting') return
      if (!this.#session.ready) this.#host.ready(this)
      this.#step({ kind: 'resources', set: current.resources })
    })
  }

  /** Looks at the token again; ends the stream when it no longer suffices. */
  recheck(): void {
    if (this.node === undefined || this.#over) return
    const refusal = this.#host.authorize(this.#token, this.node)
    this.authorizedAt = this.#host.now()
    if (refusal !== undefined) this.end(faultToGrpc(refusal))
  }

  /** Ends the stream with a status, or as the client did when there is none. */
  end(status: GrpcStatus | undefined): void {
    if (this.#over) return
    this.#over = true
    step(this.#session, { kind: 'close' })
    this.#follow?.close()
    if (status === undefined) this.#call.end()
    else this.#call.emit('error', status)
    this.#host.ended(this, status)
  }

  /** Ends the stream of a client that does not read, which no status would reach. */
  cut(): void {
    this.end({ code: status.UNAVAILABLE, details: 'the client does not read what it is sent' })
    resetTransport(this.#call)
  }

  #receive(bytes: Buffer): void {
    if (this.#over) return
    this.#guard(undefined, () => {
      const request = decodeDeltaRequest(bytes)
      if (request === undefined) return this.#refuse('request is not a valid DeltaDiscoveryRequest')
      if (request.typeUrl === '') return this.#refuse('type_url is empty; every request must name a resource type')
      if (this.node === undefined) this.#introduce(request)
      else this.recheck()
      if (!this.#over) this.#step({ kind: 'request', request })
    })
  }

  #introduce({ node: encoded }: DeltaRequest): void {
    const missing = 'node is missing; the first request of a stream must carry it'
    const node = encoded === undefined ? missing : readProxyNode(encoded)
    if (typeof node === 'string') {
      this.#refuse(node)
      return
    }
    this.node = node
    this.#host.introduced(this)
    this.recheck()
    if (this.#over) return
    this.#follow = this.#host.source.follow(node, () => this.#host.enqueue(this))
    this.#host.enqueue(this)
  }

  #step(event: SessionEvent): void {
    const { send, notes } = step(this.#session, event)
    for (const note of notes) this.#host.noted(this, note)
    if (send.length === 0) return
    const now = this.#host.now()
    for (const response of send) {
      this.ledger.sent(response, now)
      this.#write(encodeDeltaResponse(response))
    }
  }

  #write(bytes: Buffer): void {
    this.#unflushed++
    this.stalledSince ??= this.#host.now()
    this.#host.wrote(bytes.length)
    this.#call.write(bytes, this.#flushed)
  }

  readonly #flushed = (): void => {
    this.#unflushed--
    if (this.#unflushed > 0) return
    this.stalledSince = undefined
    if (!this.#behind || this.#over) return
    this.#behind = false
    this.#host.enqueue(this)
  }

  #refuse(details: string): void {
    this.end({ code: status.INVALID_ARGUMENT, details })
  }

  /** A proxy that was never there is not found; one that was there is irrecoverably gone for this stream. */
  #goneStatus(reason: string): GrpcStatus {
    if (!this.#session.ready) return { code: status.NOT_FOUND, details: reason }
    return { code: status.ABORTED, details: `stream terminated due to an irrecoverable error: ${reason}` }
  }

  /** Ends the stream when `action` throws: with the Fault's own status, else with `bug`, else as an internal error. */
  #guard(bug: GrpcStatus | undefined, action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#host.failed(this, error)
      this.end(bug === undefined || error instanceof Fault ? faultToGrpc(error) : bug)
    }
  }
}

const generationFailed: GrpcStatus = {
  code: status.UNAVAILABLE,
  details: 'the configuration of this proxy could not be generated; the log of the server says why',
}

/** grpc-js offers no way to reset a stream; the HTTP/2 stream inside does. */
function resetTransport(call: DeltaCall): void {
  const inner: unknown = Reflect.get(call, 'call')
  const stream: unknown = typeof inner === 'object' && inner !== null ? Reflect.get(inner, 'stream') : undefined
  if (typeof stream !== 'object' || stream === null || !('close' in stream)) return
  if (typeof stream.close === 'function') stream.close(constants.NGHTTP2_CANCEL)
}
