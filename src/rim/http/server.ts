// The API on sockets: listeners, limits against clients that are slow or many, and an orderly end.

import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { Api } from './api.ts'
import { ConnectionLimit } from './connection-limit.ts'
import { NodeRequest } from './node-request.ts'
import { Sender } from './sender.ts'

/** Where to listen: an address and port (0 takes any free one), or a Unix socket. */
export type Listen =
  | { readonly type: 'tcp'; readonly host: string; readonly port: number; readonly tls?: TlsOptions }
  | { readonly type: 'unix'; readonly path: string }

export interface HttpServerOptions {
  readonly api: Api
  readonly listen: readonly Listen[]
  /** Connections one client address may have open; more are closed with 429. */
  readonly maxConnectionsPerClient: number
  /** Added to every answer, such as those of `http_config.response_headers`. */
  readonly headers: Readonly<Record<string, string>>
}

export interface HttpServer {
  /** Where it listens, in the order of `listen`; for a Unix socket its path. */
  readonly addresses: readonly (AddressInfo | string)[]
  /** Ends held requests with what is known, finishes the others, and stops listening. */
  close(): Promise<void>
}

const LIMITS = {
  /** A request's head must be complete by then. */
  headersTimeout: 5_000,
  /** A request with its body must be complete by then; answers may take as long as they need. */
  requestTimeout: 30_000,
  keepAliveTimeout: 90_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 32 * 1024,
}
const CLOSE_GRACE_MS = 5_000

/** Starts to listen everywhere, or nowhere: rejects with the system's error, such as a port in use. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const sender = new Sender(options.headers)
  const limit = new ConnectionLimit(options.maxConnectionsPerClient)
  const open = new Set<NodeRequest>()
  const serve = (incoming: IncomingMessage, response: ServerResponse) => {
    const request = new NodeRequest(incoming, response, open)
    const answer = options.api.handle(request)
    if (answer instanceof Promise) void answer.then(each => sender.send(incoming, response, each))
    else sender.send(incoming, response, answer)
  }

  const servers: Server[] = []
  try {
    for (const where of options.listen) servers.push(await listen(where, serve, limit))
  } catch (error) {
    for (const server of servers) server.close()
    throw error
  }
  return {
    addresses: servers.map(server => server.address() ?? ''),
    async close() {
      sender.endConnections()
      const closed = servers.map(closeServer)
      for (const request of open) request.abort()
      await Promise.all(closed)
    },
  }
}

async function listen(
  where: Listen,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
  limit: ConnectionLimit,
): Promise<Server> {
  const tls = where.type === 'tcp' ? where.tls : undefined
  const server = tls ? createTlsServer({ ...LIMITS, ...tls }, serve) : createHttpServer(LIMITS, serve)
  server.on('connection', (socket: Socket) => limit.admit(socket))
  server.on('clientError', refuseGarbage)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const started = () => {
      server.off('error', reject)
      resolve()
    }
    if (where.type === 'tcp') server.listen(where.port, where.host, started)
    else server.listen(where.path, started)
  })
  return server
}

function closeServer(server: Server): Promise<void> {
  return new Promise(resolve => {
    const grace = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
    server.close(() => {
      clearTimeout(grace)
      resolve()
    })
    server.closeIdleConnections()
  })
}

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

function refuseGarbage(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = STATUS_LINES[error.code ?? ''] ?? '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`)
}
