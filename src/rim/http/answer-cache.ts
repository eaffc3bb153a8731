// Encoded answers of reads. An answer is encoded again only when the value behind it is another object.

import type { ReadAnswer } from '../../core/api/define-route.ts'
import type { Fault } from '../../core/model/fault.ts'
import { RecentMap } from '../../lib/recent-map.ts'
import { faultAnswer } from './fault-answer.ts'
import type { HttpAnswer } from './message.ts'
import type { ReadPlan } from './read-handler.ts'

interface Encoded {
  readonly value: unknown
  readonly index: number
  readonly answer: HttpAnswer
}

const MAX_BYTES = 64 * 1024 * 1024
const MAX_ANSWERS = 10_000
/** What an entry costs beside its body. */
const OVERHEAD_BYTES = 1024

export class AnswerCache {
  readonly #encoded = new RecentMap<string, Encoded>({
    max: MAX_ANSWERS,
    weights: { max: MAX_BYTES, of: ({ answer }) => answer.body.length + OVERHEAD_BYTES },
  })
  readonly #alwaysPretty: boolean

  constructor(alwaysPretty: boolean) {
    this.#alwaysPretty = alwaysPretty
  }

  /** The answer encoded before for this very value. */
  get(plan: ReadPlan, value: unknown, index: number): HttpAnswer | undefined {
    const known = this.#encoded.get(plan.key)
    if (known === undefined || !Object.is(known.value, value)) return undefined
    if (known.index === index) return known.answer
    const answer = { ...known.answer, headers: headersOf(plan, index, known.answer.headers['Content-Type'] ?? '') }
    this.#encoded.set(plan.key, { value, index, answer })
    return answer
  }

  put(plan: ReadPlan, value: unknown, index: number, presented: ReadAnswer): HttpAnswer {
    const contentType = 'json' in presented ? 'application/json' : presented.contentType
    const answer = {
      status: 200,
      headers: headersOf(plan, index, contentType),
      body: Buffer.from('json' in presented ? this.#json(plan, presented.json) : presented.text),
    }
    this.#encoded.set(plan.key, { value, index, answer })
    return answer
  }

  /** A refusal that has an index all the same, so that one can wait for what is not there yet. */
  refusal(plan: ReadPlan, index: number, fault: Fault): HttpAnswer {
    const answer = faultAnswer(fault)
    return { ...answer, headers: { ...headersOf(plan, index, ''), ...answer.headers } }
  }

  #json(plan: ReadPlan, json: unknown): string {
    if (plan.options.isPretty) return `${JSON.stringify(json, null, 4)}\n`
    return this.#alwaysPretty ? JSON.stringify(json, null, 4) : JSON.stringify(json)
  }
}

/** Everything is answered from memory, and memory is current. */
const CACHE_HEADERS = { 'X-Cache': 'HIT', Age: '0' }

/** The header names are spelled as Go's HTTP library spells them. */
function headersOf({ route, options }: ReadPlan, index: number, contentType: string): Readonly<Record<string, string>> {
  const cache = options.isCached || route.cached ? CACHE_HEADERS : undefined
  if (route.index === 'none') return { 'Content-Type': contentType, ...cache }
  return {
    'Content-Type': contentType,
    'X-Consul-Index': String(index),
    'X-Consul-Knownleader': 'true',
    'X-Consul-Lastcontact': '0',
    'X-Consul-Effective-Consistency': options.consistency,
    'X-Consul-Query-Backend': 'blocking-query',
    ...cache,
  }
}
