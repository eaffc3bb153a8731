// One HTTP/1.1 request on a connection of its own, and what is known of that connection.

import { request as startRequest } from 'node:http'
import type { Endpoint } from './loopback.ts'

export interface HttpRequest {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Gives up after this long without a byte; 10 s unless said. */
  readonly timeoutMs?: number
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
  /** Our end of the connection, `address:port`. */
  readonly from: string
}

/** Sends the request. Rejects with the socket's error when no whole answer comes. */
export function sendHttp(to: Endpoint, request: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let from = ''
    const { method = 'GET', path, headers = {}, body, timeoutMs = 10_000 } = request
    const outgoing = startRequest(
      { host: to.address, port: to.port, method, path, headers: { ...headers, connection: 'close' }, agent: false },
      incoming => {
        const chunks: Buffer[] = []
        incoming.on('data', chunk => chunks.push(chunk))
        incoming.once('error', reject)
        incoming.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, from })
        })
      },
    )
    outgoing.once('socket', socket => {
      socket.once('connect', () => {
        from = `${socket.localAddress}:${socket.localPort}`
      })
    })
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}
