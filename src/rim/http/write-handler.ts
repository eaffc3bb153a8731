// Carries out write routes: a body becomes a command, the command is committed here or in the primary datacenter.

import type { Route, WriteRoute } from '../../core/api/define-route.ts'
import { reduce } from '../../core/store/reduce.ts'
import { type ApiDeps, MAX_BODY_BYTES } from './api-deps.ts'
import type { Forwarder } from './forward.ts'
import { emptyAnswer, type HttpAnswer, type HttpRequest, jsonAnswer } from './message.ts'
import { parseJson, parseRequest, tokenOf } from './parse-request.ts'
import { isPretty } from './read-options.ts'
import type { Params } from './router.ts'

/** Answers given so often that they are prepared once. */
const NOTHING = emptyAnswer()
const TRUE = jsonAnswer(true)

export class WriteHandler {
  readonly #deps: ApiDeps
  readonly #forwarder: Forwarder

  constructor(deps: ApiDeps, forwarder: Forwarder) {
    this.#deps = deps
    this.#forwarder = forwarder
  }

  async handle(
    route: WriteRoute,
    found: { readonly route: Route; readonly params: Params; readonly search: string },
    request: HttpRequest,
  ): Promise<HttpAnswer> {
    const parsed = parseRequest(this.#deps, found, request)
    const body = await request.body(MAX_BODY_BYTES)
    const routeRequest = parsed.routeRequest(parseJson(body))
    const named = route.datacenter?.(routeRequest) ?? parsed.datacenter
    const where = typeof route.where === 'function' ? route.where(routeRequest) : route.where
    // Who passed the request on has judged the name already.
    if (where === 'primary' && !request.isForwarded) this.#forwarder.requireKnown(named)
    const target = where === 'primary' ? this.#forwarder.primary : named
    if (this.#forwarder.leavesToServer || this.#forwarder.isElsewhere(target))
      return await this.#forwarder.forward(target, route, request, body)

    const command = route.command(routeRequest)
    this.#deps.authorize(route.permissions(command), tokenOf(parsed.query, request))
    const { applied } = await this.#deps.committer.submit(state => reduce(state, command))
    const answer = route.answer(applied, command, this.#deps.store)
    if (answer === undefined) return NOTHING
    if (answer === true && found.search === '') return TRUE
    return jsonAnswer(answer, { pretty: isPretty(parsed.query) })
  }
}
