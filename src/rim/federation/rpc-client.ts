// Dials servers of other datacenters: one connection a server, kept open, many requests at once.

import { type ClientHttp2Session, connect } from 'node:http2'
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

  /** Ends all connections. */
  async close(): Promise<void> {
    const sessions = await Promise.allSettled(this.#sessions.values())
    for (const session of sessions) if (session.status === 'fulfilled') session.value.destroy()
    this.#sessions.clear()
  }

  #session(endpoint: Endpoint): Promise<ClientHttp2Session> {
    const key = `${endpoint.address}|${endpoint.port}|${endpoint.serverName}`
    const known = this.#sessions.get(key)
    if (known !== undefined) return known
    const forget = () => this.#sessions.delete(key)
    const opening = open(endpoint, this.#options, forget)
    this.#sessions.set(key, opening)
    opening.catch(forget)
    return opening
  }
}

function open(endpoint: Endpoint, options: RpcClientOptions, onClose: () => void): Promise<ClientHttp2Session> {
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

function request(session: ClientHttp2Session, call: RpcCall, key: string): Promise<RpcAnswer> {
  return new Promise((resolve, reject) => {
    const broken = (reason: string) => reject(new Fault('unavailable', `the server did not answer: ${reason}`))
    const socket = session.socket
    if (session.destroyed || (!(socket instanceof TLSSocket) && key !== '')) return broken('the connection is closed')
    const proof = key === '' ? {} : { [PROOF_HEADER]: proofOf(underlying(session), key, 'client') }
    const body = call.body ?? Buffer.alloc(0)
    const head = { ...call.headers, ...proof, ':method': call.method, ':path': call.path }
    const stream = session.request(head, { endStream: body.length === 0 })
    const onAbort = () => stream.close()
    call.signal.addEventListener('abort', onAbort, { once: true })

    const chunks: Buffer[] = []
    let answer: { status: number; headers: Record<string, string> } | undefined
    stream.on('response', headers => {
      const plain: Record<string, string> = {}
      for (const [name, value] of Object.entries(headers)) {
        if (typeof value === 'string' && !name.startsWith(':')) plain[name] = value
      }
      answer = { status: headers[':status'] ?? 500, headers: plain }
    })
    stream.on('data', chunk => chunks.push(chunk))
    stream.on('error', error => broken(error.message))
    stream.on('close', () => {
      call.signal.removeEventListener('abort', onAbort)
      if (answer === undefined || !stream.readableEnded)
        return broken(call.signal.aborted ? 'given up' : 'the connection broke')
      const { [PROOF_HEADER]: given, ...headers } = answer.headers
      if (key !== '' && answer.status !== 403 && !isProof(given, proofOf(underlying(session), key, 'server'))) {
        return reject(new Fault('denied', 'the server does not know our "encrypt" key'))
      }
      resolve({ status: answer.status, headers, body: Buffer.concat(chunks) })
    })
    if (body.length > 0) stream.end(body)
  })
}

function underlying(session: ClientHttp2Session): TLSSocket {
  const socket = session.socket
  if (socket instanceof TLSSocket) return socket
  throw new Fault('unavailable', 'the connection between servers is not TLS')
}
