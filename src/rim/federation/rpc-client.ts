// Dials servers: one connection a server, kept open, many requests at once.

import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2'
import { TLSSocket } from 'node:tls'
import { Fault } from '../../core/model/fault.ts'
import { isProof, PROOF_HEADER, proofOf, type RpcAnswer, type RpcRequest } from './rpc.ts'
import type { TlsIdentity } from './tls-identity.ts'

export interface RpcClientOptions {
  readonly identity: TlsIdentity
  /** The shared key (`encrypt`); '' when servers need not prove anything. */
  readonly key: string
}

export type RpcCall = Pick<RpcRequest, 'method' | 'path'> & {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  readonly signal: AbortSignal
}

/** An answer that has begun. */
export interface RpcIncoming extends Omit<RpcAnswer, 'body'> {
  readonly body: AsyncIterable<Buffer>
}

const CONNECT_TIMEOUT_MS = 5_000
const PING_MS = 5_000

/** A server to dial; the name is what its certificate must show when certificates are verified. */
export interface Endpoint {
  readonly address: string
  readonly port: number
  readonly serverName: string
}

export class RpcClient {
  readonly #options: RpcClientOptions
  readonly #sessions = new Map<string, Promise<ClientHttp2Session>>()

  constructor(options: RpcClientOptions) {
    this.#options = options
  }

  /** One request. Throws Fault('unavailable') when the server cannot be reached or the connection breaks. */
  async call(endpoint: Endpoint, call: RpcCall): Promise<RpcAnswer> {
    const session = await this.#session(endpoint)
    return await request(session, call, this.#options.key)
  }

  /** Dials unless a connection is open. Throws Fault('unavailable') when that fails or the signal aborts first. */
  async connect(endpoint: Endpoint, signal: AbortSignal): Promise<void> {
    const session = this.#session(endpoint)
    let onAbort = () => {}
    const given = new Promise<never>((_, reject) => {
      onAbort = () => reject(new Fault('unavailable', `cannot reach the server at ${endpoint.address}: no answer`))
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
    })
    await Promise.race([session, given]).finally(() => signal.removeEventListener('abort', onAbort))
  }

  /** One request whose answer goes on. Throws as `call` does; reading the body throws when the connection breaks. */
  async open(endpoint: Endpoint, call: RpcCall): Promise<RpcIncoming> {
    return await open(await this.#session(endpoint), call, this.#options.key)
  }

  /** Ends the connection to a server that seems to be gone; the next call dials anew. */
  async drop(endpoint: Endpoint): Promise<void> {
    const known = this.#sessions.get(keyOf(endpoint))
    this.#sessions.delete(keyOf(endpoint))
    await known?.then(
      session => session.destroy(),
      () => {},
    )
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const sessions = await Promise.allSettled(this.#sessions.values())
    for (const session of sessions) if (session.status === 'fulfilled') session.value.destroy()
    this.#sessions.clear()
  }

  #session(endpoint: Endpoint): Promise<ClientHttp2Session> {
    const key = keyOf(endpoint)
    const known = this.#sessions.get(key)
    if (known !== undefined) return known
    const forget = () => {
      if (this.#sessions.get(key) === opening) this.#sessions.delete(key)
    }
    const opening = dial(endpoint, this.#options, () => forget())
    this.#sessions.set(key, opening)
    opening.catch(forget)
    return opening
  }
}

function keyOf({ address, port, serverName }: Endpoint): string {
  return `${address}|${port}|${serverName}`
}

function dial(endpoint: Endpoint, options: RpcClientOptions, onClose: () => void): Promise<ClientHttp2Session> {
  const host = endpoint.address.includes(':') ? `[${endpoint.address}]` : endpoint.address
  const where = `${host}:${endpoint.port}`
  return new Promise((resolve, reject) => {
    const session = connect(`https://${where}`, { ...options.identity.client, servername: endpoint.serverName })
    const fail = (reason: string) => {
      session.destroy()
      reject(new Fault('unavailable', `cannot reach the server at ${where}: ${reason}`))
    }
    const timer = setTimeout(() => fail('no answer'), CONNECT_TIMEOUT_MS)
    session.once('connect', () => {
      clearTimeout(timer)
      keepAlive(session)
      resolve(session)
    })
    session.once('error', error => {
      clearTimeout(timer)
      fail(error instanceof Error ? error.message : String(error))
    })
    session.once('close', () => {
      clearTimeout(timer)
      onClose()
    })
    session.once('goaway', onClose)
  })
}

/** A server that is gone without a word is noticed by pings it does not answer. */
function keepAlive(session: ClientHttp2Session): void {
  let waiting = false
  const timer = setInterval(() => {
    if (waiting) return session.destroy()
    waiting = session.ping(() => {
      waiting = false
    })
  }, PING_MS)
  timer.unref()
  session.once('close', () => clearInterval(timer))
  session.on('error', () => session.destroy())
}

async function request(session: ClientHttp2Session, call: RpcCall, key: string): Promise<RpcAnswer> {
  const { status, headers, body } = await open(session, call, key)
  const chunks: Buffer[] = []
  try {
    for await (const chunk of body) chunks.push(chunk)
  } catch (cause) {
    const reason = call.signal.aborted ? 'given up' : 'the connection broke'
    throw new Fault('unavailable', `the server did not answer: ${reason}`, { cause })
  }
  return { status, headers, body: Buffer.concat(chunks) }
}

/** Sends a request; resolves when the answer begins. */
function open(session: ClientHttp2Session, call: RpcCall, key: string): Promise<RpcIncoming> {
  return new Promise((resolve, reject) => {
    const broken = (reason: string) => reject(new Fault('unavailable', `the server did not answer: ${reason}`))
    const socket = session.socket
    if (session.destroyed || (!(socket instanceof TLSSocket) && key !== '')) return broken('the connection is closed')
    const proof = key === '' ? {} : { [PROOF_HEADER]: proofOf(underlying(session), key, 'client') }
    const body = call.body ?? Buffer.alloc(0)
    const head = { ...call.headers, ...proof, ':method': call.method, ':path': call.path }
    const stream = session.request(head, { endStream: body.length === 0 })
    const onAbort = () => stream.close(constants.NGHTTP2_CANCEL)
    call.signal.addEventListener('abort', onAbort, { once: true })
    if (call.signal.aborted) onAbort()

    stream.once('response', received => {
      const { [PROOF_HEADER]: given, ...headers } = plainHeaders(received)
      const status = received[':status'] ?? 500
      if (key !== '' && status !== 403 && !isProof(given, proofOf(underlying(session), key, 'server'))) {
        stream.close(constants.NGHTTP2_CANCEL)
        return reject(new Fault('denied', 'the server does not know our "encrypt" key'))
      }
      resolve({ status, headers, body: stream })
    })
    stream.on('error', error => broken(error.message))
    stream.once('close', () => {
      call.signal.removeEventListener('abort', onAbort)
      broken(call.signal.aborted ? 'given up' : 'the connection broke')
    })
    if (body.length > 0) stream.end(body)
  })
}

function plainHeaders(received: IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(received)) {
    if (typeof value === 'string' && !name.startsWith(':')) plain[name] = value
  }
  return plain
}

function underlying(session: ClientHttp2Session): TLSSocket {
  const socket = session.socket
  if (socket instanceof TLSSocket) return socket
  throw new Fault('unavailable', 'the connection between servers is not TLS')
}
