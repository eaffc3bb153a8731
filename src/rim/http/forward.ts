// Requests that another datacenter, or a server, is to answer: whether, where, and what becomes of the addresses in the answer.

import type { Route } from '../../core/api/define-route.ts'
import { translateAddresses } from '../../core/api/translate-addresses.ts'
import { Fault } from '../../core/model/fault.ts'
import { DEFAULT_PARTITION } from '../../core/model/tenancy.ts'
import { datacenters } from '../../core/queries/catalog.ts'
import type { ApiDeps } from './api-deps.ts'
import { type HttpAnswer, type HttpRequest, jsonAnswer } from './message.ts'

type ForwardDeps = Pick<ApiDeps, 'store' | 'forward' | 'toServer' | 'translateWanAddresses'>

/** What the other side needs of the request's headers. */
const PASSED_ON = ['x-consul-token', 'authorization', 'x-consul-namespace', 'x-consul-partition', 'cache-control']
const WITH_ADDRESSES = ['/v1/catalog/', '/v1/health/']

export class Forwarder {
  readonly #deps: ForwardDeps

  constructor(deps: ForwardDeps) {
    this.#deps = deps
  }

  isElsewhere(datacenter: string): boolean {
    return datacenter !== this.#deps.store.self.datacenter
  }

  /** True on a client agent: it writes nothing itself. */
  get leavesToServer(): boolean {
    return this.#deps.toServer !== undefined
  }

  /** The datacenter whose servers carry out what belongs to the primary. */
  get primary(): string {
    return this.#deps.store.self.primaryDatacenter
  }

  /** Throws the text clients know for datacenters nobody has heard of, and those it knows. */
  requireKnown(datacenter: string): void {
    const known = this.#deps.store.read(datacenters, undefined).value
    if (known.includes(datacenter)) return
    throw new Fault('rejected', `No path to datacenter ${JSON.stringify(datacenter)}; known are ${known.join(', ')}`)
  }

  async forward(
    datacenter: string,
    route: Pick<Route, 'path'>,
    request: HttpRequest,
    body: Buffer | undefined,
  ): Promise<HttpAnswer> {
    if (request.isForwarded) {
      const own = this.#deps.store.self.datacenter
      throw new Fault('rejected', `a request for datacenter "${datacenter}" was passed on to "${own}" by mistake`)
    }
    this.requireKnown(datacenter)
    const { method, path, signal } = request
    const passed = { method, path, headers: passedOn(request), body: body ?? Buffer.alloc(0), signal }
    const { toServer } = this.#deps
    const answer = await (toServer === undefined
      ? this.#deps.forward(datacenter, passed)
      : toServer({ ...passed, headers: { ...this.#ownPartition(request), ...passed.headers } }))
    const isTranslated = this.#deps.translateWanAddresses && WITH_ADDRESSES.some(each => route.path.startsWith(each))
    return isTranslated ? translated(answer) : answer
  }

  /** A request that names no partition means the agent's, wherever it is carried out. */
  #ownPartition({ path }: HttpRequest): Readonly<Record<string, string>> {
    const { partition } = this.#deps.store.self
    const isNamed = new URLSearchParams(path.split('?')[1]).get('partition')
    return partition === DEFAULT_PARTITION || isNamed ? {} : { 'x-consul-partition': partition }
  }
}

function passedOn(request: HttpRequest): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const name of PASSED_ON) {
    const value = request.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  return headers
}

function translated(answer: HttpAnswer): HttpAnswer {
  if (answer.status !== 200 || answer.body.length === 0) return answer
  const rows: unknown = JSON.parse(answer.body.toString('utf8'))
  const { body } = jsonAnswer(translateAddresses(rows))
  return { ...answer, body }
}
