// The HTTP API of a client agent: what it can answer from its copy it answers, the rest it leaves to a server.

import type { Route } from '../../core/api/define-route.ts'
import { type Api, createApi } from '../http/api.ts'
import type { ApiDeps, Effect } from '../http/api-deps.ts'
import { type HttpAnswer, textAnswer } from '../http/message.ts'
import { systemWaitClock } from '../watch.ts'
import type { Mirror } from './mirror.ts'

type Needed = 'store' | 'routes' | 'effects' | 'translateWanAddresses' | 'waits' | 'now' | 'freshId' | 'onBug'

export interface ClientApiDeps extends Pick<ApiDeps, Needed> {
  readonly mirror: Mirror
  /** Milliseconds since a server was heard; 0 while one is. */
  silenceMs(): number
  readonly toServer: NonNullable<ApiDeps['toServer']>
}

/** How long a request waits for the first copy. */
const PATIENCE_MS = 2_000

/** Builds the API. Until a server was heard only what concerns the agent itself is answered. */
export function createClientApi({ mirror, silenceMs, ...deps }: ClientApiDeps): Api {
  const api = createApi({
    ...deps,
    effects: { ...leftToServers(deps.routes), ...deps.effects },
    committer: { submit: notHere },
    forward: notHere,
    authorize: () => {},
    alwaysPretty: false,
    clock: systemWaitClock,
  })
  const answerLater = async (request: Parameters<Api['handle']>[0]): Promise<HttpAnswer> => {
    await mirror.loaded(PATIENCE_MS)
    return mirror.isLoaded ? await api.handle(request) : textAnswer(500, 'No known Consul servers')
  }
  const answer = (request: Parameters<Api['handle']>[0]) =>
    mirror.isLoaded || isOwnBusiness(request.path) ? api.handle(request) : answerLater(request)
  return {
    handle(request) {
      const answered = answer(request)
      return answered instanceof Promise
        ? answered.then(each => withSilence(each, silenceMs()))
        : withSilence(answered, silenceMs())
    },
  }
}

/** What a copy says while servers are away may be old, and its headers tell how old. */
function withSilence(answer: HttpAnswer, silenceMs: number): HttpAnswer {
  if (silenceMs === 0 || !('X-Consul-Knownleader' in answer.headers)) return answer
  const told = { 'X-Consul-Knownleader': 'false', 'X-Consul-Lastcontact': String(Math.round(silenceMs)) }
  return { ...answer, headers: { ...answer.headers, ...told } }
}

/** What an agent knows by itself: all of its own API but who else there is. */
function isOwnBusiness(path: string): boolean {
  return path.startsWith('/v1/agent/') && !path.startsWith('/v1/agent/members')
}

function leftToServers(routes: readonly Route[]): Readonly<Record<string, Effect>> {
  return Object.fromEntries(routes.flatMap(route => (route.type === 'effect' ? [[route.effect, notHere]] : [])))
}

function notHere(): Promise<never> {
  return Promise.reject(new Error('this is left to servers'))
}
