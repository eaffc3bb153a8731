// Answers read routes from the store. What a URL asks is worked out once, and what it answers is encoded once per change:
// a repeated request costs two look-ups.

import type { Permission } from '../../core/acl/permission.ts'
import type { Presentation, ReadRoute, Route } from '../../core/api/define-route.ts'
import { Fault } from '../../core/model/fault.ts'
import type { Answer } from '../../core/store/store.ts'
import { RecentMap } from '../../lib/recent-map.ts'
import { blockingRead, isWaiting } from '../watch.ts'
import { AnswerCache } from './answer-cache.ts'
import { type ApiDeps, MAX_BODY_BYTES } from './api-deps.ts'
import { filterRows } from './filter-rows.ts'
import type { Forwarder } from './forward.ts'
import type { HttpAnswer, HttpRequest } from './message.ts'
import { ObservedIndexes } from './observed-indexes.ts'
import { parseJson, parseRequest, tokenOf } from './parse-request.ts'
import { type ReadOptions, readOptions } from './read-options.ts'
import type { Params } from './router.ts'

/** Everything about a read that its URL decides, apart from the index the client has: that is another one each time. */
export interface ReadPlan {
  readonly route: ReadRoute
  readonly arg: unknown
  readonly permissions: readonly Permission[]
  readonly options: Omit<ReadOptions, 'minIndex'>
  readonly presentation: Omit<Presentation, 'index'>
  /** Equal for all requests that get the same bytes. */
  readonly key: string
}

const MAX_PLANS = 10_000
const MAX_PLANNED_URL = 1024
/** How long a first answer may take when something has to be fetched for it. */
const READY_MS = 30_000

export class ReadHandler {
  readonly #deps: ApiDeps
  readonly #forwarder: Forwarder
  readonly #plans = new RecentMap<string, ReadPlan>({ max: MAX_PLANS })
  readonly #keys = new RecentMap<string, string>({ max: MAX_PLANS })
  readonly #answers: AnswerCache
  readonly #observed: ObservedIndexes

  constructor(deps: ApiDeps, forwarder: Forwarder) {
    this.#deps = deps
    this.#forwarder = forwarder
    this.#answers = new AnswerCache(deps.alwaysPretty)
    this.#observed = new ObservedIndexes(() => deps.now())
  }

  /** The answer to a request whose URL was planned before; undefined when it was not. */
  repeated(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> | undefined {
    if (request.method !== 'GET' || namesTenancyByHeader(request)) return undefined
    const { url, index = 0 } = withoutIndex(request.path)
    const plan = this.#plans.get(url)
    return plan === undefined ? undefined : this.#serve(plan, index, tokenOf(undefined, request), request)
  }

  handle(
    route: ReadRoute,
    found: { readonly route: Route; readonly params: Params; readonly search: string },
    request: HttpRequest,
  ): HttpAnswer | Promise<HttpAnswer> {
    if (route.method === 'GET') return this.#answer(route, found, request, undefined)
    return request.body(MAX_BODY_BYTES).then(body => this.#answer(route, found, request, body))
  }

  #answer(
    route: ReadRoute,
    found: { readonly route: Route; readonly params: Params; readonly search: string },
    request: HttpRequest,
    body: Buffer | undefined,
  ): HttpAnswer | Promise<HttpAnswer> {
    const parsed = parseRequest(this.#deps, found, request)
    const { minIndex, ...options } = readOptions(parsed.query, this.#deps.waits)
    const isForServer = route.ofServers === true || (options.consistency === 'consistent' && !isLocal(route))
    const wantsServer = isForServer && this.#forwarder.leavesToServer
    if (wantsServer || this.#forwarder.isElsewhere(parsed.datacenter)) {
      return this.#forwarder.forward(parsed.datacenter, route, request, body)
    }
    const arg = route.arg(parsed.routeRequest(parseJson(body)))
    const plan: ReadPlan = {
      route,
      arg,
      permissions: route.permissions(arg),
      options,
      presentation: {
        keep: route.rows === undefined ? () => true : filterRows(options.filter, route.rows),
        showsTenancy: parsed.namesTenancy,
      },
      key: this.#shared(
        JSON.stringify([route.method, route.path, arg, options.filter, layoutOf(options), parsed.namesTenancy]),
      ),
    }
    this.#keep(plan, request, parsed.query)
    return this.#serve(plan, minIndex, tokenOf(parsed.query, request), request)
  }

  /** The same string for equal keys, so that looking up an answer for thousands of held readers compares no text. */
  #shared(key: string): string {
    const known = this.#keys.get(key)
    if (known === undefined) this.#keys.set(key, key)
    return known ?? key
  }

  /** Tokens are secrets: URLs with one are not kept. */
  #keep(plan: ReadPlan, request: HttpRequest, query: URLSearchParams): void {
    if (request.method !== 'GET' || query.has('token') || namesTenancyByHeader(request)) return
    const { url, index } = withoutIndex(request.path)
    const isFound = query.getAll('index').length === (index === undefined ? 0 : 1)
    if (isFound && url.length <= MAX_PLANNED_URL) this.#plans.set(url, plan)
  }

  #serve(plan: ReadPlan, minIndex: number, token: string, request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
    const { route, arg, options } = plan
    this.#deps.authorize(plan.permissions, token)
    const now = this.#deps.store.read(route.query, arg)
    if (!isWaiting(now.value) && (minIndex === 0 || route.index === 'none' || this.#indexOf(plan, now) > minIndex)) {
      return this.#finish(plan, now)
    }
    return blockingRead(this.#deps.store, route.query, arg, {
      minIndex,
      waitMs: minIndex === 0 ? Math.min(options.waitMs, READY_MS) : options.waitMs,
      signal: request.signal,
      clock: this.#deps.clock,
      indexOf: answer => this.#indexOf(plan, answer),
    }).then(answer => this.#finish(plan, answer))
  }

  #indexOf(plan: ReadPlan, answer: Answer<unknown>): number {
    return plan.route.index === 'observed' ? this.#observed.of(plan.key, answer.value) : answer.index
  }

  #finish(plan: ReadPlan, answer: Answer<unknown>): HttpAnswer {
    const index = this.#indexOf(plan, answer)
    const known = this.#answers.get(plan, answer.value, index)
    if (known !== undefined) return known
    const presented = plan.route.answer(answer.value, { ...plan.presentation, index }, plan.arg)
    if (presented instanceof Fault) return this.#answers.refusal(plan, index, presented)
    return this.#answers.put(plan, answer.value, index, presented)
  }
}

/** Whether a route tells of this agent and no other. */
function isLocal({ path }: ReadRoute): boolean {
  return path.startsWith('/v1/agent/')
}

const INDEX = /([?&])index=(\d{1,15})(?:&|$)/

/** A URL without the index in it, and that index; undefined where there is none, or it is written in an unusual way. */
function withoutIndex(path: string): { readonly url: string; readonly index: number | undefined } {
  const found = path.includes('index=') ? INDEX.exec(path) : null
  if (found === null) return { url: path, index: undefined }
  const [whole, separator, digits] = found
  const url = `${path.slice(0, found.index)}${separator}${path.slice(found.index + whole.length)}`
  return { url, index: Number(digits) }
}

function namesTenancyByHeader({ headers }: HttpRequest): boolean {
  return headers['x-consul-namespace'] !== undefined || headers['x-consul-partition'] !== undefined
}

function layoutOf({ isPretty, consistency, isCached }: ReadPlan['options']): string {
  return `${isPretty ? 'pretty' : ''} ${consistency} ${isCached ? 'cached' : ''}`
}
