// A stand-in for an agent's HTTP API: answers what a test scripts for `METHOD /path` and remembers every request.

import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingMessage['headers']
  /** The decoded JSON body; undefined when there was none. */
  readonly body: unknown
}

/** What to answer: plain text with a status, or any value as JSON with status 200. */
export type FakeAnswer = { readonly status: number; readonly text: string } | { readonly json: unknown }

export type FakeRoutes = Readonly<Record<string, FakeAnswer | ((request: SeenRequest) => FakeAnswer)>>

export interface FakeAgent {
  /** `127.0.0.1:port`, as CONSUL_HTTP_ADDR takes it; for a Unix socket `unix://path`. */
  readonly address: string
  readonly requests: readonly SeenRequest[]
  close(): Promise<void>
}

/** Starts a fake on a free loopback port, or on a Unix socket. */
export async function startFakeAgent(routes: FakeRoutes, socketPath?: string): Promise<FakeAgent> {
  const requests: SeenRequest[] = []
  const server = createServer(async (incoming, outgoing) => {
    const request = await readRequest(incoming)
    requests.push(request)
    const answer = answerTo(routes, request)
    if ('json' in answer) {
      outgoing.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer.json))
    } else {
      outgoing.writeHead(answer.status, { 'Content-Type': 'text/plain' }).end(answer.text)
    }
  })
  await listen(server, socketPath)
  const address = socketPath ? `unix://${socketPath}` : `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { address, requests, close: () => closeServer(server) }
}

function answerTo(routes: FakeRoutes, request: SeenRequest): FakeAnswer {
  const route = routes[`${request.method} ${request.path}`]
  if (route === undefined) return { status: 404, text: `Invalid URL path: ${request.path}` }
  return typeof route === 'function' ? route(request) : route
}

async function readRequest(incoming: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  const url = new URL(incoming.url ?? '/', 'http://fake')
  return {
    method: incoming.method ?? '',
    path: decodeURIComponent(url.pathname),
    query: Object.fromEntries(url.searchParams),
    headers: incoming.headers,
    body: text === '' ? undefined : JSON.parse(text),
  }
}

function listen(server: Server, socketPath?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    if (socketPath) server.listen(socketPath, resolve)
    else server.listen(0, '127.0.0.1', resolve)
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
