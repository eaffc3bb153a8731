// What an HTTP route is. `read` answers from a query, `write` becomes one command, `effect` names a function of the rim.

import type { Permission } from '../acl/permission.ts'
import type { Fault } from '../model/fault.ts'
import type { Tenancy } from '../model/tenancy.ts'
import type { Command } from '../store/commands.ts'
import type { Query } from '../store/view.ts'

/** A request as pure code sees it. */
export interface RouteRequest {
  readonly method: string
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: URLSearchParams
  readonly tenancy: Tenancy
  /** The datacenter that answers. */
  readonly datacenter: string
  /** The parsed JSON body; undefined when there is none. */
  readonly body: unknown
}

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

export interface ReadRoute<A = unknown, R = unknown> {
  readonly type: 'read'
  readonly method: 'GET' | 'POST'
  /** Express style: `/v1/health/service/:service`. A trailing `*` takes the rest of the path. */
  readonly path: string
  /** Reads the question out of the request. Throws a Fault for what is missing or malformed. */
  arg(request: RouteRequest): A
  permission(arg: A): Permission
  readonly query: Query<A, R>
  /** Turns the value into the JSON answer, or into a Fault such as not-found. */
  answer(value: R, arg: A): { readonly json: unknown } | { readonly text: string; readonly contentType: string } | Fault
  /** False for answers that carry no index and cannot be waited on. */
  readonly blocking: boolean
}

export interface WriteRoute {
  readonly type: 'write'
  readonly method: Method
  readonly path: string
  /** `primary`: the command is carried out in the primary datacenter, wherever it was sent. */
  readonly where: 'here' | 'primary'
  /** Decodes the request. Throws a Fault for bad input. */
  command(request: RouteRequest): Command
  permission(command: Command): Permission
  /** The JSON answer; undefined is an empty body. */
  answer(applied: boolean): unknown
}

export interface EffectRoute {
  readonly type: 'effect'
  readonly method: Method
  readonly path: string
  /** The key of the function in the rim's table of effects. */
  readonly effect: string
  permission(request: RouteRequest): Permission
}

export type Route = ReadRoute | WriteRoute | EffectRoute

/** A route that answers from a query. */
export function read<A, R>(
  route: Omit<ReadRoute<A, R>, 'type' | 'blocking' | 'method'> & Partial<Pick<ReadRoute, 'blocking' | 'method'>>,
): Route {
  // A, R stay consistent inside one route; the registry only passes arg() results back to the same route.
  return { blocking: true, method: 'GET', ...route, type: 'read' } as unknown as Route
}

/** A route that carries out one command. */
export function write(route: Omit<WriteRoute, 'type'>): Route {
  return { ...route, type: 'write' }
}

/** A route whose work is done at the rim. */
export function effect(route: Omit<EffectRoute, 'type'>): Route {
  return { ...route, type: 'effect' }
}
