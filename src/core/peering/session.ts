// One side of a peering stream as a pure state machine: events in, frames and actions out. No bytes, sockets or clock; the frame
// that opens the stream has been dealt with before. A session is changed in place, it is the one thing with a life here.

import { unreachable } from '../model/fault.ts'
import { REFUSAL_CODES } from './import.ts'
import { type Outgoing, sendDue, takeResource } from './session-sending.ts'
import {
  RESOURCE_URLS,
  type ReplicationMessage,
  type Request,
  type ResourceKind,
  type Response,
  resourceKind,
  UPSERT,
} from './wire/peerstream.ts'

export type Role = 'dialer' | 'acceptor'

export type SessionEvent =
  | { readonly kind: 'frame'; readonly frame: ReplicationMessage; readonly now: number }
  /** A resource has changed; without bytes it is not exported any more. */
  | { readonly kind: 'resource'; readonly resource: Outgoing }
  /** Frames pile up on their way out; or they have left, and more may be written. */
  | { readonly kind: 'blocked' }
  | { readonly kind: 'writable' }
  /** What came under this nonce was taken, or refused. */
  | { readonly kind: 'imported'; readonly nonce: string; readonly resource: ResourceKind; readonly refusal?: Refusal }
  | { readonly kind: 'tick'; readonly now: number }

export interface Refusal {
  /** A gRPC status code. */
  readonly code: number
  readonly message: string
}

export type Action =
  | {
      readonly kind: 'import'
      readonly nonce: string
      readonly resource: ResourceKind
      readonly id: string
      readonly bytes: Uint8Array
    }
  /** The peer refused something of ours. It gets the next version, not the same again. */
  | { readonly kind: 'refused'; readonly resource: string; readonly refusal: Refusal }
  /** The peer takes something that it refused before. */
  | { readonly kind: 'accepted'; readonly resource: string }
  | { readonly kind: 'heartbeat' }
  /** The peer has ended the peering. */
  | { readonly kind: 'terminated' }
  /** The stream cannot go on. */
  | { readonly kind: 'end'; readonly refusal: Refusal }

export interface Step {
  readonly send: Partial<ReplicationMessage>[]
  readonly actions: Action[]
}

export interface Session {
  readonly role: Role
  /** The other side's id of the peering; '' on the side that made the token. */
  readonly peerId: string
  /** What the peer wants. */
  readonly subscribed: Set<ResourceKind>
  /** What we have to give, by kind and id. */
  readonly current: Map<string, Outgoing>
  /** Keys of `current` that the peer has not been sent as they are, in the order in which they became so. */
  readonly due: Set<string>
  /** Keys by the nonce under which they were sent; only the newest ones. */
  readonly sent: Map<string, string>
  /** Keys of what the peer has refused, and not taken since. */
  readonly refused: Set<string>
  /** Frames may be written. */
  writable: boolean
  nonce: number
  heardAt: number
  beatAt: number
  closed: boolean
}

export const HEARTBEAT_MS = 15_000

/** Without a heartbeat for so long the stream is taken for dead. */
export const HEARTBEAT_TIMEOUT_MS = 120_000

/** What each side asks for. Only the side that dials needs to know where the other's servers are. */
const WANTED: Readonly<Record<Role, readonly ResourceKind[]>> = {
  dialer: ['bundle', 'list', 'addresses', 'service'],
  acceptor: ['bundle', 'list', 'service'],
}

/** A session on a stream that has just been opened, and the frames to begin with. */
export function createSession(role: Role, peerId: string, now: number): { session: Session; begin: Step } {
  const session: Session = {
    ...{ role, peerId, subscribed: new Set(), current: new Map(), due: new Set(), sent: new Map() },
    ...{ refused: new Set(), writable: true, nonce: 0, heardAt: now, beatAt: now, closed: false },
  }
  const subscriptions = WANTED[role].map(kind => ({ request: request(session, kind, '') }))
  return { session, begin: { send: [...subscriptions, { heartbeat: {} }], actions: [] } }
}

/** Feeds one event. The frames are to be written in the order given, then the actions carried out. */
export function step(session: Session, event: SessionEvent): Step {
  const out: Step = { send: [], actions: [] }
  if (session.closed) return out
  switch (event.kind) {
    case 'frame':
      session.heardAt = event.frame.heartbeat === undefined ? session.heardAt : event.now
      end(session, out, takeFrame(session, event.frame, out))
      break
    case 'resource':
      takeResource(session, event.resource)
      break
    case 'blocked':
    case 'writable':
      session.writable = event.kind === 'writable'
      break
    case 'imported':
      out.send.push({ request: request(session, event.resource, event.nonce, event.refusal) })
      break
    case 'tick':
      takeTick(session, event.now, out)
      break
    default:
      unreachable(event)
  }
  if (!session.closed) sendDue(session, out)
  return out
}

/** Takes a frame; the answer is why the stream cannot go on after it. */
function takeFrame(session: Session, frame: ReplicationMessage, out: Step): string | undefined {
  if (frame.request !== undefined) return takeRequest(session, frame.request, out)
  if (frame.response !== undefined) return takeResponse(session, frame.response, out)
  if (frame.heartbeat !== undefined) {
    out.actions.push({ kind: 'heartbeat' })
    return undefined
  }
  if (frame.terminated === undefined) return frame.open ? 'the stream is open already' : 'a frame has no content'
  session.closed = true
  out.actions.push({ kind: 'terminated' })
  return undefined
}

function takeRequest(session: Session, frame: Request, out: Step): string | undefined {
  const { ResourceURL, ResponseNonce, Error: error } = frame
  const kind = resourceKind(ResourceURL)
  if (kind === undefined) return `subscription to unknown resource ${quoted(ResourceURL)}`
  if (!session.subscribed.has(kind)) {
    if (ResponseNonce !== '' || error !== undefined) {
      return 'the first request for a type can have neither a nonce nor an error'
    }
    session.subscribed.add(kind)
    for (const [key, resource] of session.current) if (resource.kind === kind) session.due.add(key)
    return undefined
  }
  const key = session.sent.get(ResponseNonce)
  session.sent.delete(ResponseNonce)
  // An error without a code is how some say that there is none.
  if (error === undefined || (error.code === 0 && error.message === '')) {
    if (key !== undefined && session.refused.delete(key)) out.actions.push({ kind: 'accepted', resource: key })
    return undefined
  }
  if (key !== undefined) session.refused.add(key)
  const refusal = { code: error.code, message: error.message.slice(0, MAX_MESSAGE) }
  out.actions.push({ kind: 'refused', resource: key ?? kind, refusal })
  return undefined
}

const MAX_MESSAGE = 512

function takeResponse(session: Session, response: Response, out: Step): string | undefined {
  const { Nonce: nonce, ResourceURL, ResourceID: id, Resource } = response
  if (nonce === '') return 'a response has no nonce'
  const kind = resourceKind(ResourceURL)
  const wrong = responseProblem(session, response, kind)
  if (wrong === undefined && kind !== undefined && Resource !== undefined) {
    out.actions.push({ kind: 'import', nonce, resource: kind, id, bytes: Resource.value })
    return undefined
  }
  const refusal = { code: REFUSAL_CODES.invalid, message: wrong ?? '' }
  out.send.push({ request: { PeerID: session.peerId, ResponseNonce: nonce, ResourceURL, Error: refusal } })
  return undefined
}

function responseProblem(session: Session, response: Response, kind: ResourceKind | undefined): string | undefined {
  const { ResourceURL, Resource, operation } = response
  if (kind === undefined || !WANTED[session.role].includes(kind)) {
    return `resource ${quoted(ResourceURL)} was not asked for`
  }
  if (operation !== UPSERT) return `operation ${operation} is not known`
  return Resource?.typeUrl === ResourceURL ? undefined : 'the resource is missing or of another type'
}

function takeTick(session: Session, now: number, out: Step): void {
  if (now - session.heardAt >= HEARTBEAT_TIMEOUT_MS) {
    session.closed = true
    const message = `no heartbeat for ${HEARTBEAT_TIMEOUT_MS / 1000} seconds`
    out.actions.push({ kind: 'end', refusal: { code: DEADLINE_EXCEEDED, message } })
    return
  }
  if (now - session.beatAt < HEARTBEAT_MS) return
  session.beatAt = now
  out.send.push({ heartbeat: {} })
}

const DEADLINE_EXCEEDED = 4

function request(session: Session, kind: ResourceKind, nonce: string, refusal?: Refusal): Request {
  return { PeerID: session.peerId, ResponseNonce: nonce, ResourceURL: RESOURCE_URLS[kind], Error: refusal }
}

function end(session: Session, out: Step, problem: string | undefined): void {
  if (problem === undefined) return
  session.closed = true
  out.actions.push({ kind: 'end', refusal: { code: REFUSAL_CODES.invalid, message: problem } })
}

/** A foreign text in a message: quoted, and not all of it. */
function quoted(value: string): string {
  return JSON.stringify(value.slice(0, 120))
}
