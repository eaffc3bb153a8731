// The HTTP API without its sockets: takes a request, finds its route, and answers from the store, by a command or an effect.

import type { EffectRoute, Route } from '../../core/api/define-route.ts'
import { Fault } from '../../core/model/fault.ts'
import { type ApiDeps, type EffectContext, MAX_BODY_BYTES } from './api-deps.ts'
import { faultAnswer } from './fault-answer.ts'
import { Forwarder } from './forward.ts'
import { emptyAnswer, type HttpAnswer, type HttpRequest, prettyAnswer, textAnswer } from './message.ts'
import { parseJson, parseRequest, tokenOf } from './parse-request.ts'
import { ReadHandler } from './read-handler.ts'
import { isPretty } from './read-options.ts'
import { createRouter, type Found } from './router.ts'
import { WriteHandler } from './write-handler.ts'

const AGENT_ROUTES = '/v1/agent/'

export interface Api {
  /** Answers a request; never throws, never rejects. */
  handle(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>
}

/** Builds the API. Throws when a route names an effect that is not there. */
export function createApi(deps: ApiDeps): Api {
  for (const route of deps.routes) {
    if (route.type === 'effect' && !Object.hasOwn(deps.effects, route.effect)) {
      throw new Error(`no effect "${route.effect}" for ${route.method} ${route.path}`)
    }
  }
  let router = createRouter(deps.routes)
  let { lateRoutes } = deps
  const forwarder = new Forwarder(deps)
  const reads = new ReadHandler(deps, forwarder)
  const writes = new WriteHandler(deps, forwarder)

  const answer = (request: HttpRequest): HttpAnswer | Promise<HttpAnswer> => {
    const known = request.isFromAgent ? undefined : reads.repeated(request)
    if (known !== undefined) return known
    const found = router.find(request.method, request.path)
    if (found.type === 'unknown' && lateRoutes !== undefined) return answerLate(request, lateRoutes)
    if (found.type !== 'route') return notRouted(request, found)
    const { route } = found
    if ((request.isFromAgent || request.isForwarded) && isOwnBusiness(route)) {
      throw new Fault('denied', `${route.path} is answered by the agent that is asked, not by a server`)
    }
    switch (route.type) {
      case 'read':
        return reads.handle(route, found, request)
      case 'write':
        return writes.handle(route, found, request)
      case 'effect':
        return runEffect(deps, forwarder, route, found, request)
    }
  }

  const answerLate = async (request: HttpRequest, load: () => Promise<readonly Route[]>): Promise<HttpAnswer> => {
    router = createRouter([...deps.routes, ...(await load())])
    lateRoutes = undefined
    return await answer(request)
  }

  const failed = (error: unknown, request: HttpRequest): HttpAnswer => {
    if (!(error instanceof Fault)) deps.onBug(error, request)
    return faultAnswer(error)
  }

  return {
    handle(request) {
      try {
        const answered = answer(request)
        return answered instanceof Promise ? answered.catch(error => failed(error, request)) : answered
      } catch (error) {
        return failed(error, request)
      }
    },
  }
}

/** What concerns a single agent is none of another's business, except that one is gone. */
function isOwnBusiness({ path }: Route): boolean {
  return path.startsWith(AGENT_ROUTES) && !path.startsWith('/v1/agent/force-leave/')
}

function notRouted(request: HttpRequest, found: Exclude<Found, { type: 'route' }>): HttpAnswer {
  if (found.type === 'other-methods') {
    const headers = { Allow: found.allow }
    if (request.method === 'OPTIONS') return emptyAnswer(headers)
    return textAnswer(405, `method ${request.method} not allowed`, headers)
  }
  if (request.path === '/') return textAnswer(200, 'Isthmus agent. The HTTP API is found under /v1/.')
  const hint = request.path.includes('/v1/')
    ? 'not a recognized HTTP API endpoint'
    : "if attempting to use the HTTP API, ensure the path starts with '/v1/'"
  return textAnswer(404, `Invalid URL path: ${hint}\n`)
}

async function runEffect(
  deps: ApiDeps,
  forwarder: Forwarder,
  route: EffectRoute,
  found: Extract<Found, { type: 'route' }>,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const parsed = parseRequest(deps, found, request)
  const body = request.method === 'GET' ? undefined : await request.body(MAX_BODY_BYTES)
  const isForServer = forwarder.leavesToServer && !route.path.startsWith(AGENT_ROUTES)
  if (isForServer || forwarder.isElsewhere(parsed.datacenter)) {
    return await forwarder.forward(parsed.datacenter, route, request, body)
  }
  const routeRequest = parsed.routeRequest(parseJson(body))
  const token = tokenOf(parsed.query, request)
  deps.authorize(route.permissions(routeRequest), token)
  const effect = deps.effects[route.effect]
  if (effect === undefined) throw new Error(`no effect "${route.effect}"`)
  const answered = await effect(routeRequest, new RequestContext(token, request))
  if (isPretty(parsed.query)) return prettyAnswer(answered, '\n')
  return deps.alwaysPretty ? prettyAnswer(answered, '') : answered
}

/** What an effect knows of its request. The signal costs more than most effects, so it is made when asked for. */
class RequestContext implements EffectContext {
  readonly token: string
  readonly #request: HttpRequest

  constructor(token: string, request: HttpRequest) {
    this.token = token
    this.#request = request
  }

  get signal(): AbortSignal {
    return this.#request.signal
  }
}
