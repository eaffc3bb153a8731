// The aggregated discovery service: takes streams, gives each its turn, keeps the books and the log.

import type { Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import { status } from '@grpc/grpc-js'
import type { Resource } from '../../core/envoy/resource.ts'
import { Fault } from '../../core/model/fault.ts'
import type { Note } from '../../core/xds/output.ts'
import type { ProxyNode } from '../../core/xds/proxy-node.ts'
import type { Logger } from '../logger.ts'
import { FairQueue } from './fair-queue.ts'
import type { GrpcStatus } from './grpc-status.ts'
import type { XdsStats } from './ledger.ts'
import type { Authorize, ProxySource } from './proxy-source.ts'
import { type DeltaCall, ProxyStream, type StreamHost } from './stream.ts'

export interface XdsServiceOptions {
  readonly source: ProxySource
  readonly authorize: Authorize
  readonly log: Logger
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Work on streams at one go before HTTP and others get a turn. */
  readonly sliceMs?: number
  /** How long an idle stream may live on one look at its token. */
  readonly recheckMs?: number
  /** How long a client may leave what was sent unread. */
  readonly stallMs?: number
}

const defaults = { sliceMs: 10, recheckMs: 5 * 60_000, stallMs: 60_000, now: Date.now }

/** Idle and stalled streams are looked for this often, milliseconds, or as often as needed to be on time. */
const longestSweepMs = 5000

/** Proxies whose refusal by us has been logged; the oldest are forgotten and would be logged again. */
const rememberedEnds = 10_000

export class XdsService implements StreamHost {
  readonly source: ProxySource
  readonly authorize: Authorize
  readonly now: () => number
  readonly #log: Logger
  readonly #recheckMs: number
  readonly #stallMs: number
  readonly #streams = new Set<ProxyStream>()
  readonly #queue: FairQueue<ProxyStream>
  /** Why the last stream of a proxy was ended, by proxy. */
  readonly #ends = new Map<string, string>()
  readonly #withheld = new WeakSet<Resource>()
  readonly #counts = { responses: 0, bytes: 0, acks: 0, nacks: 0 }
  readonly #sweeper: NodeJS.Timeout
  #draining: GrpcStatus | undefined

  constructor(options: XdsServiceOptions) {
    const { source, authorize, log, now, sliceMs, recheckMs, stallMs } = { ...defaults, ...options }
    this.source = source
    this.authorize = authorize
    this.now = now
    this.#log = log
    this.#recheckMs = recheckMs
    this.#stallMs = stallMs
    const run = (stream: ProxyStream) => stream.build()
    this.#queue = new FairQueue({ run, sliceMs, now: () => performance.now(), defer: setImmediate })
    this.#sweeper = setInterval(() => this.#sweep(), Math.min(longestSweepMs, recheckMs, stallMs)).unref()
  }

  /** Adds the service to a server that may carry others. */
  addTo(server: Server): void {
    const implementation: UntypedServiceImplementation = {
      DeltaAggregatedResources: (call: DeltaCall) => this.#accept(call),
      StreamAggregatedResources: (call: DeltaCall) => call.emit('error', stateOfTheWorld),
    }
    server.addService(definition, implementation)
  }

  stats(): XdsStats {
    const streams = [...this.#streams].flatMap(stream => stream.status ?? [])
    return { streams, ...this.#counts }
  }

  /** Looks at the tokens of all streams again, after something about tokens has changed. */
  recheck(): void {
    for (const stream of this.#streams) stream.recheck()
  }

  /** Ends all streams and takes no more; proxies keep their configuration and turn to another server. */
  drain(reason: string): void {
    this.#draining = { code: status.UNAVAILABLE, details: reason }
    clearInterval(this.#sweeper)
    this.#log.info('ending all streams of proxies', { streams: this.#streams.size, reason })
    for (const stream of [...this.#streams]) stream.end(this.#draining)
  }

  #accept(call: DeltaCall): void {
    if (this.#draining !== undefined) call.emit('error', this.#draining)
    else this.#streams.add(new ProxyStream(call, this))
  }

  #sweep(): void {
    const now = this.now()
    for (const stream of [...this.#streams]) {
      if (now - (stream.stalledSince ?? now) > this.#stallMs) stream.cut()
      else if (now - stream.authorizedAt > this.#recheckMs) stream.recheck()
    }
  }

  // What streams tell.

  enqueue(stream: ProxyStream): void {
    this.#queue.add(stream)
  }

  wrote(bytes: number): void {
    this.#counts.responses++
    this.#counts.bytes += bytes
  }

  introduced(stream: ProxyStream): void {
    this.#log.debug('proxy connected', about(stream.node))
  }

  ready(stream: ProxyStream): void {
    this.#ends.delete(keyOf(stream.node))
  }

  noted(stream: ProxyStream, note: Note): void {
    switch (note.kind) {
      case 'ack':
        this.#counts.acks++
        stream.ledger.acked(note, this.now())
        return
      case 'nack':
        this.#counts.nacks++
        if (stream.ledger.refused(note, this.now())) this.#logRefusal(stream, note)
        return
      case 'withheld':
        this.#logWithheld(stream, note.resource)
    }
  }

  failed(stream: ProxyStream, error: unknown): void {
    // A refusal is told when it ends the stream, and not at every attempt.
    if (error instanceof Fault && error.code !== 'internal') return
    this.#log.error('cannot serve proxy', { ...about(stream.node), error })
  }

  ended(stream: ProxyStream, end: GrpcStatus | undefined): void {
    this.#streams.delete(stream)
    this.#queue.remove(stream)
    if (end === undefined) this.#log.debug('proxy disconnected', about(stream.node))
    else if (end !== this.#draining) this.#logEnd(stream, end.details)
  }

  #logRefusal(stream: ProxyStream, { type, names, pinned, status: { message } }: Note & { kind: 'nack' }): void {
    const resources = pinned || names.length === 1 ? names : `one of ${names.join(', ')}`
    const what = 'proxy refused its configuration and keeps the last good one'
    this.#log.warn(what, { ...about(stream.node), type, resources, error: message })
  }

  #logWithheld(stream: ProxyStream, resource: Resource): void {
    if (this.#withheld.has(resource)) return
    this.#withheld.add(resource)
    const { type, name, issues } = resource
    const problems = issues.map(({ path, message }) => `${path} ${message}`)
    this.#log.error('invalid resource withheld, proxies keep the last good one', {
      ...about(stream.node),
      type,
      name,
      problems,
    })
  }

  /** Envoy keeps trying; the log says why not once, until the proxy is served or the reason is another. */
  #logEnd(stream: ProxyStream, reason: string): void {
    const key = keyOf(stream.node)
    if (this.#ends.get(key) === reason) return
    this.#ends.set(key, reason)
    if (this.#ends.size > rememberedEnds) this.#ends.delete(this.#ends.keys().next().value!)
    this.#log.warn('proxy cannot have its configuration; it will keep trying', { ...about(stream.node), reason })
  }
}

function keyOf(node: ProxyNode | undefined): string {
  return node === undefined ? '' : JSON.stringify([node.partition, node.namespace, node.nodeName, node.id])
}

function about(node: ProxyNode | undefined): Readonly<Record<string, string>> {
  if (node === undefined) return {}
  const { id, nodeName } = node
  return { proxy: id, ...(nodeName === undefined ? {} : { node: nodeName }) }
}

const stateOfTheWorld: GrpcStatus = {
  code: status.UNIMPLEMENTED,
  details: 'only incremental xDS is served: configure ads_config with api_type DELTA_GRPC',
}

const same = (bytes: Buffer): Buffer => bytes

const method = {
  requestStream: true,
  responseStream: true,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
} as const

const path = '/envoy.service.discovery.v3.AggregatedDiscoveryService'

/** Frames are raw bytes here: requests are decoded and responses assembled by hand. */
const definition: ServiceDefinition = {
  DeltaAggregatedResources: { ...method, path: `${path}/DeltaAggregatedResources` },
  StreamAggregatedResources: { ...method, path: `${path}/StreamAggregatedResources` },
}
