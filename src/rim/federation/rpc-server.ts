// Listens for servers of other datacenters.

import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { TLSSocket } from 'node:tls'
import { textAnswer } from '../http/message.ts'
import type { Logger } from '../logger.ts'
import { ALPN, isProof, PROOF_HEADER, proofOf, type RpcAnswer, type RpcHandler } from './rpc.ts'
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

/** Starts to listen. Rejects with what the system says, such as a port in use. */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const server = createSecureServer({ ...options.identity.server, ALPNProtocols: [ALPN], allowHTTP1: false })
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

async function serve(
  options: RpcServerOptions,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  const abort = new AbortController()
  stream.on('close', () => abort.abort())
  stream.on('error', error => options.logger.debug('a request between servers broke', { error }))
  const answer = await answerOf(options, stream, headers, abort.signal)
  if (stream.destroyed || stream.closed) return
  stream.respond({ ':status': answer.status, ...answer.headers, ...proofHeader(options, stream) })
  stream.end(answer.body)
}

async function answerOf(
  options: RpcServerOptions,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  signal: AbortSignal,
): Promise<RpcAnswer> {
  try {
    const socket = stream.session?.socket
    const expected = socket instanceof TLSSocket ? proofOf(socket, options.key, 'client') : ''
    const proof = headers[PROOF_HEADER]
    if (!isProof(typeof proof === 'string' ? proof : undefined, expected)) {
      return textAnswer(403, 'this server has another "encrypt" key')
    }
    const body = await readBody(stream)
    if (body === undefined) return textAnswer(413, `the body is larger than ${BODY_LIMIT} bytes`)
    const { ':method': method = 'GET', ':path': path = '/', ...rest } = headers
    return await options.handler({ method, path, headers: plainHeaders(rest), body, signal })
  } catch (error) {
    options.logger.error('a request between servers failed', { error })
    return textAnswer(500, error instanceof Error ? error.message : String(error))
  }
}

function proofHeader(options: RpcServerOptions, stream: ServerHttp2Stream): Record<string, string> {
  const socket = stream.session?.socket
  const proof = socket instanceof TLSSocket ? proofOf(socket, options.key, 'server') : ''
  return proof === '' ? {} : { [PROOF_HEADER]: proof }
}

async function readBody(stream: ServerHttp2Stream): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
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
