// A client agent's link to a server: finds one, takes a lease from it, follows its changes, asks it things; goes to another when it
// is gone.

import { Fault } from '../../core/model/fault.ts'
import type { CatalogNode } from '../../core/model/node.ts'
import type { Unindexed } from '../../core/model/row.ts'
import type { RpcAnswer } from '../federation/rpc.ts'
import type { Endpoint, RpcCall, RpcClient, RpcIncoming } from '../federation/rpc-client.ts'
import type { Logger } from '../logger.ts'
import { FeedProgress } from './feed-progress.ts'
import type { Mirror } from './mirror.ts'
import {
  AGENT_PATHS,
  LEASE_HEADER,
  MAX_LINE_BYTES,
  PROTOCOL_VERSION,
  RENEW_MS,
  REVISION_HEADER,
  type Welcome,
} from './protocol.ts'
import { readLines } from './read-lines.ts'
import { readWelcome } from './read-welcome.ts'

export interface ServerLinkOptions {
  readonly client: RpcClient
  readonly mirror: Mirror
  readonly logger: Logger
  readonly node: Unindexed<CatalogNode>
  readonly datacenter: string
  readonly version: string
  /** Servers worth asking, in order. */
  servers(): Promise<readonly Endpoint[]>
  /** In [0, 1). */
  random(): number
}

interface Attachment {
  readonly endpoint: Endpoint
  readonly welcome: Welcome
  readonly abort: AbortController
  readonly progress: FeedProgress
}

const DIAL_MS = 2_000
const WELCOME_MS = 10_000
const RENEW_TIMEOUT_MS = 3_000
const CALL_TIMEOUT_MS = 10_000
const LEAVE_MS = 3_000
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 2_000
/** After a link that lasted so long the next one is looked for at once. */
const STEADY_MS = 5_000
/** How long requests wait for a server while there is none for a moment. */
const HOLD_MS = 7_000
const LONGEST_SENTENCE = 4_096
/** Servers that are away for less are not worth a word. */
const PATIENCE_MS = 3_000

export class ServerLink {
  readonly #options: ServerLinkOptions
  readonly #abort = new AbortController()
  readonly #waiting: (() => void)[] = []
  #attachment: Attachment | undefined
  #running: Promise<void> = Promise.resolve()
  #lostAt = performance.now()
  #complaint = ''
  #lastDistrust = ''
  #isLeaving = false
  #wake = () => {}

  constructor(options: ServerLinkOptions) {
    this.#options = options
    options.mirror.onCurrent(() => {
      this.#lastDistrust = ''
    })
  }

  /** Begins to look for a server; never gives up. */
  start(): void {
    this.#running = this.#run()
  }

  async close(): Promise<void> {
    this.#abort.abort()
    this.#attachment?.abort.abort()
    this.#wake()
    await this.#running
  }

  get isAttached(): boolean {
    return this.#attachment !== undefined
  }

  /** Milliseconds since a server was heard; 0 while one is. */
  get silenceMs(): number {
    return this.#attachment === undefined ? performance.now() - this.#lostAt : 0
  }

  /** Looks for a server at once instead of after the next pause. */
  hurry(): void {
    this.#wake()
  }

  /**
   * Asks the server; waits a moment for one when it has just been lost. Throws Fault('unavailable') when there is none or when it
   * does not answer; it may have carried out the request all the same.
   */
  async ask(call: Omit<RpcCall, 'signal'> & { readonly signal?: AbortSignal }): Promise<RpcAnswer> {
    const left = this.#lostAt + HOLD_MS - performance.now()
    if (this.#attachment === undefined && left > 0) await this.#attached(left)
    return await this.askNow(call)
  }

  /** Asks the server, if there is one. */
  async askNow(call: Omit<RpcCall, 'signal'> & { readonly signal?: AbortSignal }): Promise<RpcAnswer> {
    const attachment = this.#attachment
    if (attachment === undefined) throw new Fault('rejected', 'No known Consul servers')
    const signal = call.signal ?? AbortSignal.timeout(CALL_TIMEOUT_MS)
    const headers = { ...call.headers, [LEASE_HEADER]: attachment.welcome.lease }
    return await this.#options.client.call(attachment.endpoint, {
      ...call,
      headers,
      signal: AbortSignal.any([signal, attachment.abort.signal]),
    })
  }

  /** Says goodbye: the catalog forgets this node. Throws when no server hears it. No server is looked for any more. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    await this.askNow({ method: 'POST', path: AGENT_PATHS.leave, signal: AbortSignal.timeout(LEAVE_MS) })
  }

  #attached(ms: number): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.splice(this.#waiting.indexOf(done), 1)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#waiting.push(done)
    })
  }

  async #run(): Promise<void> {
    let pause = FIRST_PAUSE_MS
    while (!this.#abort.signal.aborted) {
      const startedAt = performance.now()
      const hasFollowed = await this.#tryAll()
      if (hasFollowed && performance.now() - startedAt > STEADY_MS) pause = FIRST_PAUSE_MS
      if (this.#abort.signal.aborted || this.#isLeaving) return
      await this.#pause(pause * (0.5 + this.#options.random()))
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    }
  }

  /** True when a server was followed, until it was gone. */
  async #tryAll(): Promise<boolean> {
    let reason: unknown = new Fault('unavailable', 'no server is known; name some in retry_join')
    try {
      for (const endpoint of await this.#options.servers()) {
        if (this.#abort.signal.aborted) return false
        try {
          await this.#follow(endpoint)
          return true
        } catch (error) {
          reason = error
        }
      }
    } catch (error) {
      reason = error
    }
    this.#complain(reason)
    return false
  }

  /** Follows a server until it is gone. Throws when it cannot be followed at all. */
  async #follow(endpoint: Endpoint): Promise<void> {
    const { client, mirror } = this.#options
    const abort = new AbortController()
    const signal = AbortSignal.any([abort.signal, this.#abort.signal])
    const giveUp = setTimeout(() => abort.abort(), WELCOME_MS)
    const progress = new FeedProgress(mirror, performance.now())
    let renewals: NodeJS.Timeout | undefined
    try {
      await client.connect(endpoint, AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS)]))
      const incoming = await client.open(endpoint, this.#hello(signal))
      if (incoming.status !== 200) throw new Fault('rejected', await textOf(incoming))
      for await (const message of readLines(incoming.body, MAX_LINE_BYTES)) {
        progress.moved(performance.now())
        if (renewals !== undefined) {
          takeInto(mirror, message)
          continue
        }
        clearTimeout(giveUp)
        const attachment = { endpoint, welcome: readWelcome(message), abort, progress }
        renewals = setInterval(() => void this.#renew(attachment), RENEW_MS)
        mirror.begin(attachment.welcome)
        this.#attach(attachment)
      }
    } catch (error) {
      if (this.#abort.signal.aborted) return
      if (renewals === undefined) throw error
      this.#broken(error)
    } finally {
      clearTimeout(giveUp)
      clearInterval(renewals)
      abort.abort()
      mirror.end()
      this.#detach()
    }
  }

  #hello(signal: AbortSignal): RpcCall {
    const { node, datacenter, version, mirror } = this.#options
    const { history, revision } = mirror.position
    const hello = { Protocol: PROTOCOL_VERSION, Datacenter: datacenter, Version: version, Node: node }
    const body = Buffer.from(JSON.stringify({ ...hello, History: history, Revision: revision }))
    return { method: 'POST', path: AGENT_PATHS.attach, body, signal }
  }

  #attach(attachment: Attachment): void {
    const { logger, mirror } = this.#options
    const { endpoint, welcome } = attachment
    this.#attachment = attachment
    this.#complaint = ''
    const resumed = mirror.position.history === welcome.history
    // One that cannot be used is tried over and over; once is enough to say.
    const log = this.#lastDistrust === '' ? logger.info : logger.debug
    log('follows a server', {
      server: welcome.server,
      address: `${endpoint.address}:${endpoint.port}`,
      resumed,
    })
    for (const listener of [...this.#waiting]) listener()
  }

  /** A link that breaks is nothing to speak of; a server that says what no server says is, but once. */
  #broken(error: unknown): void {
    const { mirror, logger } = this.#options
    if (!(error instanceof Fault)) {
      logger.debug('the link to the server broke', { error })
      return
    }
    mirror.distrust()
    if (error.message === this.#lastDistrust) return
    this.#lastDistrust = error.message
    logger.error('cannot follow the server; asking for everything anew, what is known is served meanwhile', { error })
  }

  #detach(): void {
    if (this.#attachment === undefined) return
    this.#attachment = undefined
    this.#lostAt = performance.now()
  }

  /** A server that does not keep the lease is as good as gone. */
  async #renew({ endpoint, welcome, abort, progress }: Attachment): Promise<void> {
    try {
      const answer = await this.#options.client.call(endpoint, {
        method: 'POST',
        path: AGENT_PATHS.renew,
        headers: { [LEASE_HEADER]: welcome.lease },
        signal: AbortSignal.any([abort.signal, AbortSignal.timeout(RENEW_TIMEOUT_MS)]),
      })
      if (answer.status === 200) {
        if (!progress.isStuck(Number(answer.headers[REVISION_HEADER] ?? 0), performance.now())) return
        this.#broken(new Fault('unavailable', 'the server answers, but its changes do not arrive'))
      } else this.#options.logger.debug('the server does not keep our lease', { status: answer.status })
    } catch (error) {
      if (abort.signal.aborted) return
      this.#options.logger.debug('the server does not answer', { server: welcome.server, error })
      await this.#options.client.drop(endpoint)
    }
    abort.abort()
  }

  /** Says once that there is no server, and again when the reason is another. */
  #complain(error: unknown): void {
    const { logger, mirror } = this.#options
    if (this.#abort.signal.aborted) return
    const reason = error instanceof Error ? error.message : String(error)
    const isRefusal = error instanceof Fault && error.code !== 'unavailable'
    if (!isRefusal && performance.now() - this.#lostAt < PATIENCE_MS) return
    const complaint = isRefusal ? reason : 'unreachable'
    if (complaint === this.#complaint) return
    this.#complaint = complaint
    const meanwhile = mirror.isLoaded ? 'what is known is served meanwhile' : 'nothing is known yet'
    logger.warn(`no server can be followed, trying again; ${meanwhile}`, { reason })
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#wake = done
      if (this.#abort.signal.aborted) done()
    })
  }
}

/** Rows that are not as ours must not end the agent, nor be taken for known. */
function takeInto(mirror: Mirror, message: unknown): void {
  try {
    mirror.take(message)
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault('invalid', 'the server sent rows that cannot be used', { cause })
  }
}

/** The sentence of a refusal. */
async function textOf({ body }: RpcIncoming): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size > LONGEST_SENTENCE) break
  }
  return Buffer.concat(chunks).toString('utf8', 0, LONGEST_SENTENCE)
}
