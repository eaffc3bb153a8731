// Dials servers: one connection a server, kept open, many requests at once.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2'
import { TLSSocket } from 'node:tls'
import { Fault } from '../../core/model/fault.ts'
import { keepAlive } from './keep-alive.ts'
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
/** No answer is so large; one that is would only fill the memory. */
const ANSWER_LIMIT = 256 * 1024 * 1024

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
    const session = connect(`https://${where}`, {
      ...options.identity.client,
      servername: endpoint.serverName,
      settings: { enablePush: false },
    })
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
      fail('the connection was closed')
    })
    session.once('goaway', onClose)
  })
}

async function request(session: ClientHttp2Session, call: RpcCall, key: string): Promise<RpcAnswer> {
  const { status, headers, body } = await open(session, call, key)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.length
      if (size > ANSWER_LIMIT) throw new Error('the answer is too large')
      chunks.push(chunk)
    }
  } catch (cause) {
    const isTooLarge = size > ANSWER_LIMIT
    const reason = isTooLarge ? `it sends more than ${ANSWER_LIMIT} bytes` : breakReason(call.signal)
    throw new Fault('unavailable', `the server did not answer: ${reason}`, { cause })
  }
  return { status, headers, body: Buffer.concat(chunks) }
}

/** Sends a request; resolves when the answer begins. Rejects with Fault('unavailable') when it cannot be sent, or breaks before. */
function open(session: ClientHttp2Session, call: RpcCall, key: string): Promise<RpcIncoming> {
  return new Promise((resolve, reject) => {
    const broken = (reason: string) => reject(new Fault('unavailable', `the server did not answer: ${reason}`))
    let sent: Sent
    try {
      sent = send(session, call, key)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return broken(session.destroyed || session.closed ? 'the connection is closed' : reason)
    }
    const { stream, expected } = sent
    const onAbort = () => stream.close(constants.NGHTTP2_CANCEL)
    call.signal.addEventListener('abort', onAbort, { once: true })
    if (call.signal.aborted) onAbort()

    stream.once('response', received => {
      const { [PROOF_HEADER]: given, ...headers } = plainHeaders(received)
      const status = received[':status'] ?? 500
      if (status !== 403 && !isProof(given, expected)) {
        stream.close(constants.NGHTTP2_CANCEL)
        return reject(new Fault('denied', 'the server does not know our "encrypt" key'))
      }
      resolve({ status, headers, body: stream })
    })
    stream.on('error', error => broken(error.message))
    stream.once('close', () => {
      call.signal.removeEventListener('abort', onAbort)
      broken(breakReason(call.signal))
    })
  })
}

function breakReason(signal: AbortSignal): string {
  return signal.aborted ? 'given up' : 'the connection broke'
}

interface Sent {
  readonly stream: ClientHttp2Stream
  /** What the server must show. */
  readonly expected: string
}

/** Sends a request with its proof. Throws when the connection does not take it any more. */
function send(session: ClientHttp2Session, call: RpcCall, key: string): Sent {
  const { socket } = session
  if (!(socket instanceof TLSSocket)) throw new Error('the connection between servers is not TLS')
  // A session that is destroyed has no socket, so the answer's proof is made up now as well.
  const own = proofOf(socket, key, 'client')
  const body = call.body ?? Buffer.alloc(0)
  const proof = own === '' ? {} : { [PROOF_HEADER]: own }
  const head = { ...call.headers, ...proof, ':method': call.method, ':path': call.path }
  const stream = session.request(head, { endStream: body.length === 0 })
  if (body.length > 0) stream.end(body)
  return { stream, expected: proofOf(socket, key, 'server') }
}

function plainHeaders(received: IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(received)) {
    if (typeof value === 'string' && !name.startsWith(':')) plain[name] = value
  }
  return plain
}
