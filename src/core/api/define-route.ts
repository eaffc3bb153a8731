// What an HTTP route is. `read` answers from a query, `write` becomes one command, `effect` names a function of the rim.

import type { FieldSpec } from '../../lib/bexpr/field-spec.ts'
import type { Permission } from '../acl/permission.ts'
import type { Waiting } from '../model/fact.ts'
import type { Fault } from '../model/fault.ts'
import type { Tenancy } from '../model/tenancy.ts'
import type { Command } from '../store/commands.ts'
import type { Query, State } from '../store/view.ts'

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

/** A request as pure code sees it. */
export interface RouteRequest {
  readonly method: string
  /** Path parameters, decoded; '' where the path ends before one. */
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: URLSearchParams
  readonly tenancy: Tenancy
  /** The datacenter that answers: always our own. */
  readonly datacenter: string
  /** The parsed JSON body; undefined when there is none. */
  readonly body: unknown
  /** Milliseconds since the epoch. */
  readonly now: number
  /** A UUID no other request has. */
  readonly freshId: string
}

/** How the asker wants the answer; independent of what is asked. */
export interface Presentation {
  /** Whether a row passes the request's `?filter`; true on routes without `rows`. */
  keep(row: unknown): boolean
  /** Namespace and Partition keys are shown to those who named one. */
  readonly showsTenancy: boolean
  /** The index the answer carries. */
  readonly index: number
}

export type ReadAnswer = { readonly json: unknown } | { readonly text: string; readonly contentType: string }

/**
 * Where the index of an answer comes from: the highest revision it depends on; for values that carry none (facts, this
 * agent's own state), a count of the changes seen; or nowhere, then it cannot be waited on.
 */
export type IndexSource = 'revision' | 'observed' | 'none'

export interface ReadRoute<A = unknown, R = unknown> {
  readonly type: 'read'
  readonly method: 'GET' | 'POST'
  /** Express style: `/v1/health/service/:service`. A trailing `*` takes the rest of the path. */
  readonly path: string
  /** Reads the question out of the request, as plain data. Throws a Fault for what is missing or malformed. */
  arg(request: RouteRequest): A
  permissions(arg: A): readonly Permission[]
  readonly query: Query<A, R | Waiting>
  /** Turns the value into the answer, or into a Fault such as not-found. */
  answer(value: R, presentation: Presentation, arg: A): ReadAnswer | Fault
  readonly index: IndexSource
  /** What `?filter` may select in a row; absent where rows cannot be filtered. */
  readonly rows?: FieldSpec
  /** A list that `?ns=*` may ask for across namespaces. */
  readonly spansNamespaces?: true
  /** Consul answers this from the agent's cache; the headers say so. */
  readonly cached?: true
  /** Only a server can tell: an agent that is none passes the request on, as it does with writes. */
  readonly ofServers?: true
}

export type Place = 'here' | 'primary'

export interface WriteRoute {
  readonly type: 'write'
  readonly method: Method
  readonly path: string
  /** `primary`: the command is carried out in the primary datacenter, wherever it was sent. */
  readonly where: Place | ((request: RouteRequest) => Place)
  /** The datacenter that the body addresses, if it names one. */
  datacenter?(request: RouteRequest): string | undefined
  /** Decodes the request. Throws a Fault for bad input. */
  command(request: RouteRequest): Command
  permissions(command: Command): readonly Permission[]
  /** The JSON answer, from the state as it is after the command; undefined is an empty body. */
  answer(applied: boolean, command: Command, state: State): unknown
}

export interface EffectRoute {
  readonly type: 'effect'
  readonly method: Method
  readonly path: string
  /** The key of the function in the rim's table of effects. */
  readonly effect: string
  permissions(request: RouteRequest): readonly Permission[]
}

export type Route = ReadRoute | WriteRoute | EffectRoute

/** A route that answers from a query. */
export function read<A, R>(
  route: Omit<ReadRoute<A, R>, 'type' | 'index' | 'method'> & Partial<Pick<ReadRoute, 'index' | 'method'>>,
): Route {
  // A, R stay consistent inside one route; the registry only passes arg() results back to the same route.
  return { index: 'revision', method: 'GET', ...route, type: 'read' } as unknown as Route
}

/** A route that carries out one command. */
export function write(route: Omit<WriteRoute, 'type'>): Route {
  return { ...route, type: 'write' }
}

/** A route whose work is done at the rim. */
export function effect(route: Omit<EffectRoute, 'type'>): Route {
  return { ...route, type: 'effect' }
}
