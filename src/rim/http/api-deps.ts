// What the API is built from: the store, the way to commit, the routes, and everything that comes from outside.

import type { Permission } from '../../core/acl/permission.ts'
import type { Route, RouteRequest } from '../../core/api/define-route.ts'
import type { Store } from '../../core/store/store.ts'
import type { Committer } from '../engine/committer.ts'
import type { WaitClock, WaitLimits } from '../watch.ts'
import type { ForwardedRequest, HttpAnswer, HttpRequest } from './message.ts'

/** Passes a request on. Throws Faults for datacenters that cannot be reached. */
export type Forward = (datacenter: string, request: ForwardedRequest) => Promise<HttpAnswer>

export interface EffectContext {
  /** The secret the client sent; '' when it sent none. */
  readonly token: string
  /** Aborts when the client has gone or the server stops. */
  readonly signal: AbortSignal
}

/** Work at the rim behind a route. Throws Faults. */
export type Effect = (request: RouteRequest, context: EffectContext) => Promise<HttpAnswer>

/** Throws Fault('denied') unless the token has all the permissions. */
export type Authorize = (permissions: readonly Permission[], token: string) => void

export interface ApiDeps {
  readonly store: Store
  readonly committer: Pick<Committer, 'submit'>
  readonly routes: readonly Route[]
  /** Routes that take long to load: asked for when a request finds no other. */
  lateRoutes?(): Promise<readonly Route[]>
  /** One function for every effect that a route names. */
  readonly effects: Readonly<Record<string, Effect>>
  readonly authorize: Authorize
  /** Passes a request on to a server of another datacenter. */
  readonly forward: Forward
  /** On a client agent: passes a request on to a server, which carries out all writes. Absent on servers. */
  readonly toServer?: (request: ForwardedRequest) => Promise<HttpAnswer>
  /** Whether answers of other datacenters show WAN addresses. */
  readonly translateWanAddresses: boolean
  /** Lays out all JSON for people, as `-dev` does. */
  readonly alwaysPretty: boolean
  readonly clock: WaitClock
  /** How long requests are held; the usual limits unless given. */
  readonly waits?: WaitLimits
  /** Milliseconds since the epoch. */
  now(): number
  /** A new UUID. */
  freshId(): string
  /** Told of errors that are ours. */
  onBug(error: unknown, request: HttpRequest): void
}

/** Bodies above this are refused; a route may allow less. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024
