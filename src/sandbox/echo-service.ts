// The services of a scenario: one that answers with who it is, and one that asks another through its sidecar.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { sendHttp } from './http-request.ts'
import type { Endpoint } from './loopback.ts'

export interface Identity {
  readonly service: string
  readonly datacenter: string
}

/** What an echo service answers. */
export interface Echo extends Identity {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** What a service that asks another answers: its own name, and what it was told. */
export interface Relay extends Identity {
  readonly upstream: {
    readonly status: number
    /** Our end of the connection to the sidecar. */
    readonly from: string
    /** The other's answer, or what went wrong. */
    readonly answer: unknown
  }
}

export interface RunningService {
  close(): Promise<void>
}

/** Where services say that they are there, without asking others. */
export const HEALTH_PATH = '/health'

/** A service that answers every request with its identity and what it received. */
export function startEchoService(identity: Identity, at: Endpoint): Promise<RunningService> {
  return startService(at, async request => {
    const echo: Echo = {
      ...identity,
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
    }
    return { status: 200, body: echo }
  })
}

/** A service that answers every request by asking its upstream, which its sidecar offers at `upstream`. */
export function startRelayService(identity: Identity, at: Endpoint, upstream: Endpoint): Promise<RunningService> {
  return startService(at, async request => {
    try {
      const { status, from, text } = await sendHttp(upstream, { path: request.url ?? '/' })
      const relay: Relay = { ...identity, upstream: { status, from, answer: parsed(text) } }
      return { status: status === 200 ? 200 : 502, body: relay }
    } catch (error) {
      const answer = error instanceof Error ? error.message : String(error)
      const relay: Relay = { ...identity, upstream: { status: 0, from: '', answer } }
      return { status: 502, body: relay }
    }
  })
}

type Answering = (request: IncomingMessage) => Promise<{ readonly status: number; readonly body: unknown }>

function startService(at: Endpoint, answer: Answering): Promise<RunningService> {
  const server = createServer((request, response) => {
    request.resume()
    if (request.url === HEALTH_PATH) return respond(response, 200, 'healthy')
    void answer(request).then(({ status, body }) => respond(response, status, body))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: at.address, port: at.port }, () => resolve({ close: () => close(server) }))
  })
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body, null, 2)}\n`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
