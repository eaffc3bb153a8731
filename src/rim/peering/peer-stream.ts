// One stream of a peering, on either side: joins a gRPC call, the session that speaks the protocol, what is exported and what is
// imported.

import { type ClientDuplexStream, type ServerDuplexStream, status } from '@grpc/grpc-js'
import { unreachable } from '../../core/model/fault.ts'
import type { Peering, PeerRefusal } from '../../core/model/peering.ts'
import { MAX_BYTES } from '../../core/peering/import-limits.ts'
import { PROXY_SUFFIX } from '../../core/peering/resource-id.ts'
import {
  type Action,
  createSession,
  type Refusal,
  type Role,
  type Session,
  type SessionEvent,
  type Step,
  step,
} from '../../core/peering/session.ts'
import { resourceKey } from '../../core/peering/session-sending.ts'
import { ReplicationMessage } from '../../core/peering/wire/peerstream.ts'
import { trustDomain } from '../../core/queries/mesh-roots.ts'
import type { Store } from '../../core/store/store.ts'
import type { Committer } from '../engine/committer.ts'
import type { Logger } from '../logger.ts'
import { ExportFollower } from './export-follower.ts'
import { Importer } from './importer.ts'
import type { PeerTracker } from './peer-tracker.ts'

export type PeerCall = ServerDuplexStream<Buffer, Buffer> | ClientDuplexStream<Buffer, Buffer>

export interface StreamDeps {
  readonly store: Store
  readonly committer: Pick<Committer, 'submit'>
  readonly tracker: PeerTracker
  readonly logger: Logger
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** How a stream ended: the peer has ended the peering, or something broke. */
export type StreamEnd = { readonly kind: 'terminated' } | { readonly kind: 'broken'; readonly refusal: Refusal }

const TICK_MS = 5_000

/** Frames on their way out; a peer that lets more pile up does not read. */
const MAX_UNREAD = 4_096

export class PeerStream {
  /** Resolves when the stream is over. */
  readonly done: Promise<StreamEnd>
  readonly #call: PeerCall
  readonly #peering: Peering
  readonly #deps: StreamDeps
  readonly #session: Session
  readonly #follower: ExportFollower
  readonly #importer: Importer
  readonly #timer: NodeJS.Timeout
  readonly #refusals = new Map<string, PeerRefusal>()
  #resolve: (end: StreamEnd) => void = () => {}
  #unread = 0
  #isPaused = false
  #isOver = false

  /** Takes over a call whose first frame is dealt with; frames are fed in by `receive`. */
  constructor(call: PeerCall, role: Role, peering: Peering, deps: StreamDeps) {
    this.#call = call
    this.#peering = peering
    this.#deps = deps
    this.done = new Promise(resolve => {
      this.#resolve = resolve
    })
    const { session, begin } = createSession(role, peering.PeerID, deps.now())
    this.#session = session
    this.#showRefusals()
    this.#importer = this.#createImporter()
    this.#carryOut(begin)
    this.#follower = new ExportFollower({
      store: deps.store,
      partition: peering.Partition,
      peer: peering.Name,
      onResource: resource => {
        if (resource.bytes === undefined) this.#forgive('peer', resourceKey(resource))
        this.#step({ kind: 'resource', resource })
      },
      onServices: exported => deps.tracker.note(peering.ID, { exported }),
      onFailure: error => this.#failed(error),
    })
    this.#timer = setInterval(() => this.#step({ kind: 'tick', now: deps.now() }), TICK_MS)
  }

  /** Takes the bytes of a frame. */
  receive(bytes: Buffer): void {
    if (this.#isOver) return
    const now = this.#deps.now()
    this.#deps.tracker.note(this.#peering.ID, { lastReceiveAt: now })
    const frame = bytes.length > MAX_BYTES.frame ? undefined : decodeFrame(bytes)
    if (frame !== undefined) this.#step({ kind: 'frame', frame, now })
    else this.end(unreadable(bytes))
  }

  /** Tells the peer that the peering is over, and ends the stream. */
  terminate(): void {
    if (this.#isOver) return
    this.#write({ terminated: {} })
    this.#finish({ kind: 'broken', refusal: { code: status.OK, message: 'the peering was deleted here' } })
    endCall(this.#call, undefined)
  }

  /** Ends the stream and tells the peer why. */
  end(refusal: Refusal): void {
    if (this.#isOver) return
    this.#finish({ kind: 'broken', refusal })
    endCall(this.#call, refusal)
  }

  /** The call is over, for a reason that came from outside. */
  lost(refusal: Refusal): void {
    this.#finish({ kind: 'broken', refusal })
  }

  #createImporter(): Importer {
    const { store, committer, tracker } = this.#deps
    const { ID: id, Partition, Name } = this.#peering
    return new Importer({
      ...{ store, committer, partition: Partition, peer: Name },
      context: { id, ownTrustDomain: store.read(trustDomain, undefined).value },
      onDone: ({ nonce, resource, id: of }, refusal) => {
        if (refusal === undefined) this.#forgive('us', resourceKey({ kind: resource, id: of }))
        else this.#refuse('us', resourceKey({ kind: resource, id: of }), refusal)
        this.#step({ kind: 'imported', nonce, resource, ...(refusal === undefined ? {} : { refusal }) })
      },
      onServices: imported => {
        this.#forgiveGone(new Set(imported))
        tracker.note(id, { imported })
      },
      onFull: isFull => this.#pause(isFull),
      onFailure: error => {
        this.#deps.logger.warn('cannot take over what a peer sends', { peer: Name, error })
        this.end({ code: status.INTERNAL, message: 'what was sent could not be stored' })
      },
    })
  }

  /** Never throws: most of what happens here begins with a timer or a frame, where an error would end the process. */
  #step(event: SessionEvent): void {
    try {
      if (!this.#isOver) this.#carryOut(step(this.#session, event))
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    this.#deps.logger.error('the stream to a peer has failed', { peer: this.#peering.Name, error })
    this.end({ code: status.INTERNAL, message: 'this side has failed' })
  }

  #carryOut({ send, actions }: Step): void {
    let isBlocked = false
    for (const frame of send) isBlocked = !this.#write(frame) || isBlocked
    for (const action of actions) this.#act(action)
    if (isBlocked) this.#carryOut(step(this.#session, { kind: 'blocked' }))
    else if (!this.#session.writable) setImmediate(() => this.#step({ kind: 'writable' }))
  }

  #act(action: Action): void {
    switch (action.kind) {
      case 'import':
        this.#importer.add(action)
        break
      case 'heartbeat':
        this.#deps.tracker.note(this.#peering.ID, { lastHeartbeatAt: this.#deps.now() })
        break
      case 'refused':
        this.#refuse('peer', action.resource, action.refusal)
        break
      case 'accepted':
        this.#forgive('peer', action.resource)
        break
      case 'terminated':
        this.#finish({ kind: 'terminated' })
        endCall(this.#call, undefined)
        break
      case 'end':
        this.end(action.refusal)
        break
      default:
        unreachable(action)
    }
  }

  /** False when frames pile up on their way out. */
  #write(frame: Partial<ReplicationMessage>): boolean {
    this.#unread += 1
    if (this.#unread > MAX_UNREAD) {
      this.end({ code: status.RESOURCE_EXHAUSTED, message: 'the peer does not read what it is sent' })
      return false
    }
    this.#deps.tracker.note(this.#peering.ID, { lastSendAt: this.#deps.now() })
    return this.#call.write(Buffer.from(ReplicationMessage.encode(frame)), this.#flushed)
  }

  readonly #flushed = (): void => {
    this.#unread -= 1
    if (this.#unread === 0 && !this.#isOver && !this.#session.writable) this.#step({ kind: 'writable' })
  }

  #pause(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return
    this.#isPaused = isPaused
    if (isPaused) this.#call.pause()
    else this.#call.resume()
  }

  #finish(end: StreamEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    clearInterval(this.#timer)
    this.#follower.close()
    this.#importer.close()
    // A paused call would never hear of its own end.
    this.#pause(false)
    this.#resolve(end)
  }

  /** Takes note of something that one side does not take of the other. */
  #refuse(by: PeerRefusal['by'], resource: string, { code, message: reason }: Refusal): void {
    const message = by === 'us' ? 'we refuse what a peer sends' : 'a peer refuses what we send'
    this.#deps.logger.warn(message, { peer: this.#peering.Name, resource, code, reason })
    if (this.#refusals.size >= MAX_REFUSALS && !this.#refusals.has(`${by} ${resource}`)) return
    this.#refusals.set(`${by} ${resource}`, { by, resource, reason })
    this.#showRefusals()
  }

  #forgive(by: PeerRefusal['by'], resource: string): void {
    if (this.#refusals.delete(`${by} ${resource}`)) this.#showRefusals()
  }

  /** What is not exported any more needs not be taken. */
  #forgiveGone(services: ReadonlySet<string>): void {
    for (const { by, resource } of this.#refusals.values()) {
      const [kind, id = ''] = resource.split(' ')
      const service = id.endsWith(PROXY_SUFFIX) ? id.slice(0, -PROXY_SUFFIX.length) : id
      if (by === 'us' && kind === 'service' && !services.has(service)) this.#forgive(by, resource)
    }
  }

  #showRefusals(): void {
    this.#deps.tracker.note(this.#peering.ID, { refusals: [...this.#refusals.values()] })
  }
}

/** Refusals that are shown; whoever has more has seen enough. */
const MAX_REFUSALS = 20

function unreadable(bytes: Buffer): Refusal {
  if (bytes.length <= MAX_BYTES.frame) return { code: status.INVALID_ARGUMENT, message: 'a frame cannot be decoded' }
  return { code: status.RESOURCE_EXHAUSTED, message: `a frame is larger than ${MAX_BYTES.frame} bytes` }
}

/** A frame, or undefined when the bytes are none. */
export function decodeFrame(bytes: Buffer): ReplicationMessage | undefined {
  try {
    return ReplicationMessage.decode(bytes)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Ends a call: a server tells its status, a client has none to tell. */
export function endCall(call: PeerCall, refusal: Refusal | undefined): void {
  if ('sendMetadata' in call && refusal !== undefined) {
    call.emit('error', { code: refusal.code, details: refusal.message })
    return
  }
  call.end()
  if ('cancel' in call && refusal !== undefined) call.cancel()
}
