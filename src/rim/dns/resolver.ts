// Answers DNS questions about the mesh: asks the HTTP API, so that what a question may see, which datacenter knows it, and which
// address is the right one from here are decided in one place.

import type { DnsOptions } from '../../core/dns/options.ts'
import { serviceTtl } from '../../core/dns/options.ts'
import { type DnsPlace, type DnsQuestion, readDnsName } from '../../core/dns/question.ts'
import {
  type Asked,
  addressRecords,
  type DnsInstance,
  type DnsNode,
  type DnsRecord,
  nodeDnsName,
  nodeRecords,
  type Records,
  serviceRecords,
  usableInstances,
} from '../../core/dns/records.ts'
import { shuffled } from '../../lib/shuffled.ts'
import type { HttpAnswer, HttpRequest } from '../http/message.ts'

export interface ResolverDeps {
  readonly options: DnsOptions
  /** Whose names the domain's servers have. */
  readonly self: { readonly node: string; readonly datacenter: string; readonly address: string }
  readonly api: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** A number in [0, 1). */
  readonly random: () => number
}

export type Resolved =
  /** `authorities` say how long it may be remembered that there is no record. */
  | { readonly kind: 'found'; readonly records: Records; readonly authorities: readonly DnsRecord[] }
  | { readonly kind: 'no-such-name'; readonly authorities: readonly DnsRecord[] }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'failed' }

const NO_RECORDS: Records = { answers: [], additionals: [] }
/** Undefined where there is no such name. */
type Found = Records | undefined

export class Resolver {
  readonly #deps: ResolverDeps
  /** Unchanged answers of the API are the same bytes. */
  readonly #parsed = new WeakMap<Buffer, unknown>()

  constructor(deps: ResolverDeps) {
    this.#deps = deps
  }

  /** Never rejects. */
  async resolve(name: string, type: string): Promise<Resolved> {
    const question = readDnsName(name, this.#deps.options.domains)
    if (question.kind === 'foreign') return { kind: 'foreign' }
    try {
      const records = await this.#recordsOf(question, this.#asked(name, type, 0))
      const authorities = records === undefined || records.answers.length === 0 ? [this.#soa()] : []
      if (records !== undefined) return { kind: 'found', records, authorities }
      // Others may know the names of an address.
      return question.kind === 'reverse' ? { kind: 'foreign' } : { kind: 'no-such-name', authorities }
    } catch {
      return { kind: 'failed' }
    }
  }

  async #recordsOf(question: Exclude<DnsQuestion, { kind: 'foreign' }>, asked: Asked): Promise<Found> {
    const { options } = this.#deps
    switch (question.kind) {
      case 'nothing':
        return undefined
      case 'apex':
        return this.#apex(asked)
      case 'address':
        return { answers: addressRecords(question.address, { ...asked, ttl: options.nodeTtl }), additionals: [] }
      case 'reverse':
        return await this.#reverse(question.address, asked)
      case 'node':
        return await this.#node(question, { ...asked, ttl: options.nodeTtl })
      case 'virtual':
        // No virtual addresses are given out, so a service that exists has none.
        return (await this.#instances(question, 'service')).length > 0 ? NO_RECORDS : undefined
      case 'service':
        return await this.#service(question, { ...asked, ttl: serviceTtl(question.name, options.serviceTtl) })
    }
  }

  async #service(question: DnsQuestion & { readonly kind: 'service' }, asked: Asked): Promise<Found> {
    const found = await this.#instances(question, question.connect ? 'connect' : 'service', question.tag)
    const usable = usableInstances(found, this.#deps.options.onlyPassing)
    return usable.length === 0 ? undefined : serviceRecords(shuffled(usable, this.#deps.random), asked)
  }

  async #instances(
    { name, place }: { readonly name: string; readonly place: DnsPlace },
    kind: 'service' | 'connect',
    tag = '',
  ): Promise<readonly DnsInstance[]> {
    for (const spelling of spellings(name)) {
      const query = queryOf(place, tag === '' ? {} : { tag })
      const found = await this.#ask(`/v1/health/${kind}/${encodeURIComponent(spelling)}${query}`)
      // The API's own answer, in the shape that its documentation gives.
      if (Array.isArray(found) && found.length > 0) return found as readonly DnsInstance[]
    }
    return []
  }

  async #node({ name, place }: { readonly name: string; readonly place: DnsPlace }, asked: Asked): Promise<Found> {
    for (const spelling of spellings(name)) {
      const found = await this.#ask(`/v1/catalog/node/${encodeURIComponent(spelling)}${queryOf(place, {})}`)
      if (found === undefined || found === null) continue
      return nodeRecords((found as { readonly Node: DnsNode }).Node, asked)
    }
    return undefined
  }

  async #reverse(address: string, asked: Asked): Promise<Found> {
    const filter = new URLSearchParams({ filter: `Address == "${address}"` })
    const nodes = await this.#ask(`/v1/catalog/nodes?${filter}`)
    if (!Array.isArray(nodes) || nodes.length === 0) return undefined
    const isAsked = asked.type === 'PTR' || asked.type === 'ANY'
    const names = isAsked ? (nodes as readonly DnsNode[]).map(node => nodeDnsName(node, asked.domain)) : []
    const answers = names.map(data => ({ name: asked.name, ttl: asked.ttl, type: 'PTR' as const, data }))
    return { answers, additionals: [] }
  }

  #apex({ name, type, domain }: Asked): Found {
    const { self, options } = this.#deps
    const node = { Node: self.node, Datacenter: self.datacenter, Address: self.address }
    const target = nodeDnsName(node, domain).toLowerCase()
    const isAny = type === 'ANY'
    const soa = isAny || type === 'SOA' ? [{ ...this.#soa(), name }] : []
    if (!isAny && type !== 'NS') return { answers: soa, additionals: [] }
    const ttl = options.nodeTtl
    const asked = { ...this.#asked(target, 'ANY', ttl), name: target }
    const ns = { name, ttl, type: 'NS' as const, data: target }
    return { answers: [...soa, ns], additionals: addressRecords(self.address, asked) }
  }

  #asked(name: string, type: string, ttl: number): Asked {
    return { name, type, ttl, domain: this.#domain, withMeta: this.#deps.options.sendsNodeMeta }
  }

  get #domain(): string {
    return this.#deps.options.domains[0] ?? ''
  }

  #soa(): DnsRecord {
    const { soa } = this.#deps.options
    const serial = Math.floor(this.#deps.now() / 1000)
    const data = { mname: `ns.${this.#domain}.`, rname: `hostmaster.${this.#domain}.`, serial, ...soa }
    return { name: this.#domain, ttl: soa.minimum, type: 'SOA', data }
  }

  /** What the API says; undefined for places that do not exist. Rejects when it cannot say. */
  async #ask(path: string): Promise<unknown> {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const body = async () => Buffer.alloc(0)
    const answer = await this.#deps.api({ method: 'GET', path, headers: {}, isForwarded: false, signal, body })
    if (answer.status !== 200) {
      const text = answer.body.toString('utf8')
      if (answer.status === 400 || answer.status === 404 || text.includes(UNKNOWN_DATACENTER)) return undefined
      throw new Error(text)
    }
    const known = this.#parsed.get(answer.body)
    if (known !== undefined) return known
    const parsed: unknown = JSON.parse(answer.body.toString('utf8'))
    this.#parsed.set(answer.body, parsed)
    return parsed
  }
}

/** Clients of DNS give up by then. */
const PATIENCE_MS = 5_000
const UNKNOWN_DATACENTER = 'No path to datacenter'

/** Names of services and nodes have a letter case, those of DNS have none. */
function spellings(name: string): readonly string[] {
  return [...new Set([name, name.toLowerCase()])]
}

const PARAMETERS = { datacenter: 'dc', peer: 'peer', namespace: 'ns', partition: 'partition' } as const

function queryOf(place: DnsPlace, more: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(more)
  for (const field of ['datacenter', 'peer', 'namespace', 'partition'] as const) {
    if (place[field] !== '') query.set(PARAMETERS[field], place[field])
  }
  return query.size === 0 ? '' : `?${query}`
}
