// Listens for agents of this datacenter and servers of others.

import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { TLSSocket } from 'node:tls'
import { textAnswer } from '../http/message.ts'
import type { Logger } from '../logger.ts'
import { ALPN, isProof, PROOF_HEADER, proofOf, type RpcAnswer, type RpcFeed, type RpcHandler } from './rpc.ts'
import type { TlsIdentity } from './tls-identity.ts'

export interface RpcServerOptions {
  readonly host: string
  readonly port: number
  readonly identity: TlsIdentity
  /** The shared key (`encrypt`); '' when servers need not prove anything. */
  readonly key: string
  readonly handler: RpcHandler
  readonly logger: Logger
}

export interface RpcServer {
  readonly port: number
  close(): Promise<void>
}

const BODY_LIMIT = 16 * 1024 * 1024
const STALL_MS = 30_000
const KEEP_ALIVE_MS = 30_000

/** Starts to listen. Rejects with what the system says, such as a port in use. */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const server = createSecureServer({
    ...options.identity.server,
    ...{ ALPNProtocols: [ALPN], allowHTTP1: false },
    // Whoever lost power says nothing any more; the system notices.
    ...{ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS },
  })
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', session => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    session.on('error', error => options.logger.debug('a connection between servers broke', { error }))
  })
  server.on('stream', (stream, headers) => void serve(options, stream, headers))
  server.on('tlsClientError', error => options.logger.debug('a server could not be greeted', { error }))
  server.on('sessionError', error => options.logger.debug('a connection between servers broke', { error }))
  await listen(server, options.host, options.port)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const session of sessions) session.destroy()
      }),
  }
}

function listen(server: Http2SecureServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Answers one request. Never rejects: whoever asks may be gone at any time, and is no reason to end. */
async function serve(
  options: RpcServerOptions,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  const abort = new AbortController()
  stream.on('close', () => abort.abort())
  stream.on('error', error => options.logger.debug('a request between servers broke', { error }))
  try {
    const proofs = proofsOf(options, stream)
    const answer = await answerOf(options, { stream, headers, expected: proofs.client }, abort.signal)
    if (stream.destroyed || stream.closed) return
    const own = proofs.server === '' ? {} : { [PROOF_HEADER]: proofs.server }
    stream.respond({ ':status': answer.status, ...answer.headers, ...own })
    if (!('body' in answer)) return await feed(options, stream, answer)
    // What is still on its way is not read any more.
    const isUnread = !stream.readableEnded
    stream.end(answer.body, () => isUnread && stream.close())
  } catch (error) {
    if (!stream.destroyed) options.logger.error('a request between servers cannot be answered', { error })
    stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }
}

/** What each side has to show. Taken at once: a connection that is gone has nothing to make them of. */
function proofsOf(
  options: RpcServerOptions,
  stream: ServerHttp2Stream,
): { readonly client: string; readonly server: string } {
  const socket = stream.session?.socket
  if (!(socket instanceof TLSSocket)) throw new Error('the connection between servers is not TLS')
  return { client: proofOf(socket, options.key, 'client'), server: proofOf(socket, options.key, 'server') }
}

/** Writes until the feed ends. One that fails is cut short, so that the reader does not take it for complete. */
async function feed(options: RpcServerOptions, stream: ServerHttp2Stream, { pump }: RpcFeed): Promise<void> {
  try {
    await pump(chunk => writeTo(stream, chunk))
    stream.end()
  } catch (error) {
    if (!stream.destroyed) options.logger.debug('a feed has ended early', { error })
    stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }
}

function writeTo(stream: ServerHttp2Stream, chunk: Buffer): Promise<void> {
  if (stream.destroyed || stream.closed) return Promise.reject(new Error('the reader has gone'))
  if (stream.write(chunk)) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      clearTimeout(timer)
      stream.off('drain', onDrain)
      stream.off('close', onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onDrain = () => settle()
    const onClose = () => settle(new Error('the reader has gone'))
    const timer = setTimeout(() => settle(new Error(`the reader has read nothing for ${STALL_MS} ms`)), STALL_MS)
    stream.once('drain', onDrain)
    stream.once('close', onClose)
  })
}

interface Asked {
  readonly stream: ServerHttp2Stream
  readonly headers: IncomingHttpHeaders
  /** The proof that must have come with it. */
  readonly expected: string
}

async function answerOf(
  options: RpcServerOptions,
  { stream, headers, expected }: Asked,
  signal: AbortSignal,
): Promise<RpcAnswer | RpcFeed> {
  try {
    const proof = headers[PROOF_HEADER]
    // Whoever has a key would not believe this server; better not to begin.
    if (options.key === '' && proof !== undefined) return textAnswer(403, 'this server has no "encrypt" key')
    if (!isProof(typeof proof === 'string' ? proof : undefined, expected)) {
      return textAnswer(403, 'this server has another "encrypt" key')
    }
    const names = namesShown(options, stream)
    const body = await readBody(stream)
    if (body === undefined) return textAnswer(413, `the body is larger than ${BODY_LIMIT} bytes`)
    const { ':method': method = 'GET', ':path': path = '/', ...rest } = headers
    return await options.handler({ method, path, headers: plainHeaders(rest), body, signal, ...names })
  } catch (error) {
    if (signal.aborted) options.logger.debug('whoever asked has gone', { error })
    else options.logger.error('a request between servers failed', { error })
    return textAnswer(500, error instanceof Error ? error.message : String(error))
  }
}

function namesShown({ identity }: RpcServerOptions, stream: ServerHttp2Stream): { verifiedNames?: readonly string[] } {
  const socket = stream.session?.socket
  if (!identity.verified || !(socket instanceof TLSSocket)) return {}
  const { subjectaltname = '' } = socket.getPeerCertificate()
  return { verifiedNames: [...subjectaltname.matchAll(/DNS:([^,\s"]+)/g)].map(match => (match[1] ?? '').toLowerCase()) }
}

async function readBody(stream: ServerHttp2Stream): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  // A stream that is too long is left unread, but not ended: it has to be told so.
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    size += chunk.length
    if (size > BODY_LIMIT) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function plainHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string' && !name.startsWith(':') && name !== PROOF_HEADER) plain[name] = value
  }
  return plain
}
