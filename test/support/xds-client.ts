// A simulated Envoy for tests and benchmarks: follows clusters and listeners, then the endpoints and routes they name, and
// acknowledges everything. Speaks gRPC over node:http2 by hand, so that thousands of them fit into one process.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type SecureClientSessionOptions,
} from 'node:http2'
import { perType, type ResourceType } from '../../src/core/envoy/resource.ts'
import {
  type Ask,
  type DeltaResponse,
  decodeDeltaResponse,
  encodeAsk,
  endpointsNamed,
  Frames,
  frame,
  routesNamed,
} from './xds-client-wire.ts'

export interface XdsClientOptions {
  /** Like `http://127.0.0.1:8502`. */
  readonly url: string
  readonly id: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly token?: string
  readonly tls?: SecureClientSessionOptions
  /** Connections to share; each client has its own unless given. */
  readonly session?: ClientHttp2Session
  readonly path?: string
  /** Called with every response; an error text refuses it. */
  readonly judge?: (response: DeltaResponse) => string | undefined
  /** Called after a response was taken in. */
  readonly onResponse?: (response: DeltaResponse) => void
  /** Milliseconds after which a stream that broke or was ended is begun anew; never unless given. */
  readonly retryMs?: number
}

export interface StreamEnd {
  /** gRPC status; -1 when the connection broke. */
  readonly code: number
  readonly message: string
}

const deltaPath = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources'
const parents = { cluster: 'endpoints', listener: 'route' } as const

export class XdsClient {
  /** Version by name of all that is held. */
  readonly held: Record<ResourceType, Map<string, string>> = perType(() => new Map())
  readonly responses: DeltaResponse[] = []
  /** Resolves when the current stream has ended. */
  ended: Promise<StreamEnd>
  /** Keep responses in `responses`; off for benchmarks. */
  keep = true
  readonly #options: XdsClientOptions
  #session: ClientHttp2Session
  #stream: ClientHttp2Stream
  #introduced = false
  #closed = false
  #children: Record<'cluster' | 'listener', Map<string, readonly string[]>> = {
    cluster: new Map(),
    listener: new Map(),
  }
  #asked: Record<'endpoints' | 'route', Set<string>> = { endpoints: new Set(), route: new Set() }
  #waiting: { readonly isDone: () => boolean; readonly resolve: () => void }[] = []

  constructor(options: XdsClientOptions) {
    this.#options = options
    this.#session = this.#connect()
    const opened = this.#open()
    this.#stream = opened.stream
    this.ended = opened.ended
  }

  /** Follows all clusters and listeners, naming what is held from before. */
  start(): this {
    this.ask({ type: 'cluster', versions: this.held.cluster })
    this.#follow('endpoints', this.held.endpoints)
    this.ask({ type: 'listener', versions: this.held.listener })
    this.#follow('route', this.held.route)
    return this
  }

  /** Sends one request. */
  ask(request: Ask): void {
    const node = this.#introduced || request.withNode === false ? undefined : this.#options
    this.#introduced = true
    if (this.#stream.writable) this.#stream.write(frame(encodeAsk(request, node)))
  }

  /** Sends bytes as a message, whatever they are. */
  sendRaw(bytes: Uint8Array): void {
    this.#stream.write(frame(bytes))
  }

  /** Something asked for by name has not come yet. */
  get isWaiting(): boolean {
    const lacks = (type: 'endpoints' | 'route') => [...this.#asked[type]].some(name => !this.held[type].has(name))
    return lacks('endpoints') || lacks('route')
  }

  /** Resolves when `isDone` holds; it is asked now and after every response. */
  until(isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push({ isDone, resolve }))
  }

  /** Begins a new stream with what is held. */
  reconnect(): this {
    this.#session.destroy()
    this.#session = this.#connect()
    const opened = this.#open()
    this.#stream = opened.stream
    this.ended = opened.ended
    this.#introduced = false
    this.#asked = { endpoints: new Set(), route: new Set() }
    return this.start()
  }

  stopReading(): void {
    this.#stream.pause()
  }

  /** Ends the requests, as a client does that has no more to say. */
  halfClose(): void {
    this.#stream.end()
  }

  close(): void {
    this.#closed = true
    this.#stream.close(constants.NGHTTP2_CANCEL)
    if (this.#options.session === undefined) this.#session.destroy()
  }

  #connect(): ClientHttp2Session {
    if (this.#options.session !== undefined) return this.#options.session
    const session = connect(this.#options.url, this.#options.tls)
    session.on('error', () => {})
    return session
  }

  #open(): { stream: ClientHttp2Stream; ended: Promise<StreamEnd> } {
    const { path = deltaPath, token } = this.#options
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' }
    const stream = this.#session.request(token === undefined ? headers : { ...headers, 'x-consul-token': token })
    const frames = new Frames()
    stream.on('data', (data: Buffer) => {
      for (const message of frames.add(data)) this.#receive(decodeDeltaResponse(message))
    })
    const ended = new Promise<StreamEnd>(resolve => {
      const take = (fields: Record<string, unknown>) => {
        if (fields['grpc-status'] === undefined) return
        resolve({
          code: Number(fields['grpc-status']),
          message: decodeURIComponent(String(fields['grpc-message'] ?? '')),
        })
      }
      stream.on('response', take)
      stream.on('trailers', take)
      stream.on('error', () => {})
      stream.on('close', () => resolve({ code: -1, message: 'stream closed' }))
    })
    this.#retryAfter(ended)
    return { stream, ended }
  }

  #retryAfter(ended: Promise<StreamEnd>): void {
    const { retryMs } = this.#options
    if (retryMs === undefined) return
    const again = () => {
      if (!this.#closed && this.ended === ended) this.reconnect()
    }
    void ended.then(() => setTimeout(again, retryMs))
  }

  #receive(response: DeltaResponse): void {
    const { type, nonce } = response
    if (this.keep) this.responses.push(response)
    const error = this.#options.judge?.(response)
    if (error === undefined) this.#apply(response)
    this.ask({ type, nonce, ...(error === undefined ? {} : { error }) })
    if (type === 'cluster' || type === 'listener') this.#follow(parents[type])
    this.#options.onResponse?.(response)

    if (this.#waiting.length === 0) return
    const done = this.#waiting.filter(({ isDone }) => isDone())
    this.#waiting = this.#waiting.filter(waiter => !done.includes(waiter))
    for (const { resolve } of done) resolve()
  }

  /** Takes a response in; like Envoy, drops what hung on an updated parent. */
  #apply({ type, resources, removed }: DeltaResponse): void {
    for (const { name, version, message } of resources) {
      this.held[type].set(name, version)
      if (type !== 'cluster' && type !== 'listener') continue
      const children = type === 'cluster' ? endpointsNamed(message) : routesNamed(message)
      this.#children[type].set(name, children)
      for (const child of children) this.held[parents[type]].delete(child)
    }
    for (const name of removed) {
      this.held[type].delete(name)
      if (type === 'cluster' || type === 'listener') this.#children[type].delete(name)
    }
  }

  /** Subscribes to what the parents name now, and lets go of the rest. */
  #follow(type: 'endpoints' | 'route', versions?: ReadonlyMap<string, string>): void {
    const wanted = new Set([...this.#children[type === 'endpoints' ? 'cluster' : 'listener'].values()].flat())
    const asked = this.#asked[type]
    const subscribe = [...wanted].filter(name => !asked.has(name))
    const unsubscribe = [...asked].filter(name => !wanted.has(name))
    this.#asked[type] = wanted
    for (const name of unsubscribe) this.held[type].delete(name)
    if (subscribe.length + unsubscribe.length === 0) return
    this.ask({ type, subscribe, unsubscribe, ...(versions && { versions }) })
  }
}
