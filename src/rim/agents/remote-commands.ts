// Commands of a client agent: sent to a server as API requests, which decodes, authorises and commits them. An answer is given when
// the agent's own copy shows the effect.

import { type ApiRequest, registrationRequests } from '../../core/api/encode-registration.ts'
import { Fault, type FaultCode } from '../../core/model/fault.ts'
import type { Command } from '../../core/store/commands.ts'
import type { Commands, Outcome } from '../engine/committer.ts'
import type { RpcAnswer } from '../federation/rpc.ts'
import type { ForwardedRequest, HttpAnswer } from '../http/message.ts'
import type { Mirror } from './mirror.ts'
import { AGENT_PATHS, REVISION_HEADER } from './protocol.ts'
import type { ServerLink } from './server-link.ts'

/** How long an answer waits for our own copy; the effect is durable already. */
const CATCH_UP_MS = 5_000

/** Passes an API request on to a server; waits for one when there is none for a moment. */
export async function passToServer(link: ServerLink, mirror: Mirror, request: ForwardedRequest): Promise<HttpAnswer> {
  const { method, headers, body, signal } = request
  const answer = await link.ask({ method, path: apiPath(request.path), headers, body, signal })
  return await caughtUp(mirror, answer)
}

export class RemoteCommands implements Commands {
  readonly #link: ServerLink
  readonly #mirror: Mirror
  #last: Promise<unknown> = Promise.resolve()

  constructor(link: ServerLink, mirror: Mirror) {
    this.#link = link
    this.#mirror = mirror
  }

  /** Nothing is compared with a copy that is old or not complete. */
  get isReachable(): boolean {
    return this.#mirror.isCurrent
  }

  /** Carries out registrations and deregistrations, one after the other. */
  carryOut(command: Command): Promise<Outcome> {
    if (command.type !== 'register' && command.type !== 'deregister') {
      return Promise.reject(new Error(`a client agent has no command ${command.type}`))
    }
    const done = this.#last.then(() => this.#sendAll(registrationRequests(command)))
    this.#last = done.catch(() => {})
    return done
  }

  async #sendAll(requests: readonly ApiRequest[]): Promise<Outcome> {
    const sent = await Promise.allSettled(requests.map(request => this.#send(request)))
    const failed = sent.find(result => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return { applied: true, revision: this.#mirror.position.revision }
  }

  async #send({ method, path, body }: ApiRequest): Promise<void> {
    const answer = await this.#link.askNow({ method, path: apiPath(path), body: Buffer.from(JSON.stringify(body)) })
    const { status, body: text } = await caughtUp(this.#mirror, answer)
    if (status !== 200) throw new Fault(codeOf(status), text.toString('utf8'))
  }
}

function apiPath(path: string): string {
  return `${AGENT_PATHS.api}?${new URLSearchParams({ path })}`
}

async function caughtUp(mirror: Mirror, answer: RpcAnswer): Promise<HttpAnswer> {
  const { [REVISION_HEADER]: revision, ...headers } = answer.headers
  if (revision !== undefined) await mirror.reached(Number(revision), CATCH_UP_MS)
  return { ...answer, headers }
}

/** What a refusal of a server is here: said again with the server's sentence. */
function codeOf(status: number): FaultCode {
  switch (status) {
    case 400:
      return 'invalid'
    case 403:
      return 'denied'
    case 429:
      return 'exhausted'
    case 410:
    case 503:
      return 'unavailable'
    default:
      return 'rejected'
  }
}
