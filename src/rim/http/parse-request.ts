// From a request as it came to a request as pure code sees it.

import { isUtf8 } from 'node:buffer'
import type { Route, RouteRequest } from '../../core/api/define-route.ts'
import { readTenancy, unknownTenancy } from '../../core/api/request-params.ts'
import { Fault } from '../../core/model/fault.ts'
import { ANY_NAMESPACE, DEFAULT_NAMESPACE, DEFAULT_PARTITION, type Tenancy } from '../../core/model/tenancy.ts'
import { missingTenancy } from '../../core/queries/tenancy.ts'
import type { Store } from '../../core/store/store.ts'
import { jsonHazard } from '../../lib/json-hazards.ts'
import { findJsonError } from '../../lib/json-text.ts'
import type { HttpRequest } from './message.ts'
import type { Params } from './router.ts'

interface ParseDeps {
  readonly store: Store
  /** On a client agent: servers carry out what is written, and judge it. */
  readonly toServer?: unknown
  now(): number
  freshId(): string
}

export interface ParsedRequest {
  readonly query: URLSearchParams
  readonly tenancy: Tenancy
  /** The client named a namespace or a partition. */
  readonly namesTenancy: boolean
  /** The datacenter that is to answer. */
  readonly datacenter: string
  routeRequest(body: unknown): RouteRequest
}

/** Reads what all routes share. Throws Fault('invalid') for a tenancy that does not exist. */
export function parseRequest(
  deps: ParseDeps,
  found: { readonly route: Route; readonly params: Params; readonly search: string },
  request: HttpRequest,
): ParsedRequest {
  const query = new URLSearchParams(found.search)
  const { self } = deps.store
  const own = self.datacenter
  const namespace = query.get('ns') || headerOf(request, 'x-consul-namespace')
  const partition = query.get('partition') || headerOf(request, 'x-consul-partition')
  const tenancy = readTenancy({ namespace, partition: partition || self.partition })
  const datacenter = query.get('datacenter') || query.get('dc') || own
  const spans = found.route.type === 'read' && found.route.spansNamespaces === true
  const judged = spans && tenancy.Namespace === ANY_NAMESPACE ? { ...tenancy, Namespace: DEFAULT_NAMESPACE } : tenancy
  const isJudgedHere = datacenter === own && (deps.toServer === undefined || found.route.type === 'read')
  const missing = isJudgedHere ? missingTenancy(deps.store, judged) : undefined
  if (missing !== undefined) throw unknownTenancy(missing, tenancy)
  const { method } = request
  return {
    query,
    tenancy,
    namesTenancy: Boolean(namespace) || Boolean(partition) || self.partition !== DEFAULT_PARTITION,
    datacenter,
    routeRequest: body => new Asked(deps, { method, params: found.params, query, tenancy, datacenter: own, body }),
  }
}

/** A UUID costs more than most requests, so it is made when asked for. */
class Asked implements RouteRequest {
  readonly method: string
  readonly params: Params
  readonly query: URLSearchParams
  readonly tenancy: Tenancy
  readonly datacenter: string
  readonly body: unknown
  readonly now: number
  readonly #deps: ParseDeps

  constructor(deps: ParseDeps, asked: Omit<RouteRequest, 'now' | 'freshId'>) {
    this.method = asked.method
    this.params = asked.params
    this.query = asked.query
    this.tenancy = asked.tenancy
    this.datacenter = asked.datacenter
    this.body = asked.body
    this.now = deps.now()
    this.#deps = deps
  }

  get freshId(): string {
    return this.#deps.freshId()
  }
}

/** The token a request carries: `?token`, the header, the bearer; '' when there is none. */
export function tokenOf(query: URLSearchParams | undefined, request: HttpRequest): string {
  const named = query?.get('token') || headerOf(request, 'x-consul-token')
  if (named) return named
  const bearer = /^bearer +(.+)$/i.exec(headerOf(request, 'authorization') ?? '')
  return bearer?.[1]?.trim() ?? ''
}

/** The JSON of a body; undefined when it is empty. Throws Fault('invalid') with line and column of a mistake. */
export function parseJson(body: Buffer | undefined): unknown {
  if (body === undefined || body.length === 0) return undefined
  if (!isUtf8(body)) throw new Fault('invalid', 'Request decode failed: the body is not UTF-8 text')
  const text = body.toString('utf8')
  const hazard = jsonHazard(text)
  if (hazard !== undefined) throw new Fault('invalid', `Request decode failed: the body cannot be used: ${hazard}`)
  try {
    return JSON.parse(text)
  } catch (cause) {
    const mistake = findJsonError(text)
    const where = mistake === undefined ? '' : `: line ${mistake.line}, column ${mistake.column}: ${mistake.message}`
    throw new Fault('invalid', `Request decode failed: the body is not JSON${where}`, { cause })
  }
}

function headerOf(request: HttpRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}
