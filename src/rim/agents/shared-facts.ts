// Facts that a server finds out once for all agents that want them, such as what another datacenter says.

import type { FactKind, FactKinds } from '../../core/model/fact.ts'
import { Fault } from '../../core/model/fault.ts'
import { joinKey } from '../../core/model/tenancy.ts'
import type { Store } from '../../core/store/store.ts'
import { defineQuery } from '../../core/store/view.ts'
import type { RpcAnswer, RpcRequest } from '../federation/rpc.ts'
import { jsonAnswer } from '../http/message.ts'
import { watchUntil } from '../watch-until.ts'

/** The same for every agent. A leaf is not among them: it comes with a private key. */
export const SHARED_FACTS = ['remote-connect', 'remote-gateways', 'peer-stream'] as const satisfies readonly FactKind[]

export type SharedFactKind = (typeof SHARED_FACTS)[number]

type SharedFact = FactKinds[SharedFactKind] | undefined

const WAIT_MS = 60_000

const sharedFact = defineQuery<{ readonly kind: SharedFactKind; readonly key: string }, SharedFact>({
  name: 'shared-fact',
  key: ({ kind, key }) => joinKey(kind, key),
  run: (view, { kind, key }) => view.want(kind, key),
})

export class SharedFacts {
  readonly #store: Store
  /** Numbers values in the order they are met, so that an agent can say which it has. */
  readonly #serials = new WeakMap<object, number>()
  #last = 0

  constructor(store: Store) {
    this.#store = store
  }

  /** Holds a request until the fact is another than the one whose number the agent names. Throws Fault('invalid'). */
  async answer(request: RpcRequest, url: URL): Promise<RpcAnswer> {
    const kind = SHARED_FACTS.find(each => each === url.searchParams.get('kind'))
    if (kind === undefined) throw new Fault('invalid', `agent: kind: allowed are ${SHARED_FACTS.join(', ')}`)
    const arg = { kind, key: url.searchParams.get('key') ?? '' }
    const seen = Number(url.searchParams.get('seen') ?? 0)
    const isNews = (value: SharedFact) => value !== undefined && this.#serialOf(value) !== seen
    const value = await watchUntil(this.#store, sharedFact, arg, isNews, { waitMs: WAIT_MS, signal: request.signal })
    return jsonAnswer(value === undefined ? { serial: 0 } : { serial: this.#serialOf(value), value })
  }

  #serialOf(value: object): number {
    let serial = this.#serials.get(value)
    if (serial === undefined) {
      serial = ++this.#last
      this.#serials.set(value, serial)
    }
    return serial
  }
}
