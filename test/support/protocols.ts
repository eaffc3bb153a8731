// Echo services and their clients for every protocol the mesh knows. Each answers with the name of the service and its
// datacenter; the client sends one request on a connection of its own and reads that.

import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { createConnection, createServer, type Socket } from 'node:net'
import { Client, credentials, type Metadata, Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js'
import { type Identity, type RunningService, startEchoService } from '../../src/sandbox/echo-service.ts'
import { sendHttp } from '../../src/sandbox/http-request.ts'
import { type Endpoint, spell } from '../../src/sandbox/loopback.ts'

export const PROTOCOLS = ['tcp', 'http', 'http2', 'grpc'] as const

export type Protocol = (typeof PROTOCOLS)[number]

export interface Answer extends Identity {
  /** What the service received with the request; empty for tcp. */
  readonly headers: Readonly<Record<string, unknown>>
}

const TIMEOUT_MS = 10_000

/** Starts a service of this protocol. */
export function startEcho(protocol: Protocol, identity: Identity, at: Endpoint): Promise<RunningService> {
  switch (protocol) {
    case 'tcp':
      return startTcpEcho(identity, at)
    case 'http':
      return startEchoService(identity, at)
    case 'http2':
      return startHttp2Echo(identity, at)
    case 'grpc':
      return startGrpcEcho(identity, at)
  }
}

/** Sends one request. Rejects when no answer comes, or another one than of an echo service. */
export async function askEcho(protocol: Protocol, at: Endpoint): Promise<Answer> {
  switch (protocol) {
    case 'tcp':
      return answerOf(await askTcp(at))
    case 'http': {
      const { status, text } = await sendHttp(at, { path: '/' })
      if (status !== 200) throw new Error(`status ${status}: ${text}`)
      return answerOf(text)
    }
    case 'http2':
      return answerOf(await askHttp2(at))
    case 'grpc':
      return answerOf(await askGrpc(at))
  }
}

function answerOf(text: string): Answer {
  const parsed: Partial<Answer> = JSON.parse(text)
  const { service, datacenter, headers = {} } = parsed
  if (service === undefined || datacenter === undefined) throw new Error(`not the answer of an echo service: ${text}`)
  return { service, datacenter, headers }
}

/** A tcp service says who it is once it has been asked anything, and hangs up. */
function startTcpEcho(identity: Identity, at: Endpoint): Promise<RunningService> {
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    socket.on('error', () => {})
    socket.once('data', () => socket.end(JSON.stringify(identity)))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const close = () => {
      for (const socket of open) socket.destroy()
      return new Promise<void>(done => server.close(() => done()))
    }
    server.listen(at.port, at.address, () => resolve({ close }))
  })
}

function askTcp(at: Endpoint): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: at.address, port: at.port, timeout: TIMEOUT_MS })
    let text = ''
    socket.on('data', chunk => {
      text += chunk
    })
    socket.once('timeout', () => socket.destroy(new Error('no answer')))
    socket.once('error', reject)
    socket.once('close', () => (text === '' ? reject(new Error('closed without an answer')) : resolve(text)))
    socket.write('who are you?')
  })
}

function startHttp2Echo(identity: Identity, at: Endpoint): Promise<RunningService> {
  const server = createHttp2Server((request, response) => {
    response.end(JSON.stringify({ ...identity, headers: request.headers }))
  })
  const open = new Set<{ destroy(): void }>()
  server.on('session', session => {
    open.add(session)
    session.once('close', () => open.delete(session))
    session.on('error', () => {})
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const close = () => {
      for (const session of open) session.destroy()
      return new Promise<void>(done => server.close(() => done()))
    }
    server.listen(at.port, at.address, () => resolve({ close }))
  })
}

function askHttp2(at: Endpoint): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://${spell(at)}`)
    session.once('error', reject)
    const stream = session.request({ ':path': '/' })
    let status: unknown
    let text = ''
    stream.once('response', headers => {
      status = headers[':status']
    })
    stream.setEncoding('utf8')
    stream.setTimeout(TIMEOUT_MS, () => stream.destroy(new Error('no answer')))
    stream.on('data', chunk => {
      text += chunk
    })
    stream.once('error', reject)
    stream.once('close', () => {
      session.close()
      if (status === 200) resolve(text)
      else reject(new Error(`status ${status}: ${text}`))
    })
    stream.end()
  })
}

const METHOD = {
  path: '/isthmus.test.Echo/Ask',
  requestStream: false,
  responseStream: false,
  requestSerialize: Buffer.from,
  requestDeserialize: String,
  responseSerialize: Buffer.from,
  responseDeserialize: String,
} as const
const GRPC_SERVICE: ServiceDefinition = { ask: METHOD }

function startGrpcEcho(identity: Identity, at: Endpoint): Promise<RunningService> {
  const server = new Server()
  server.addService(GRPC_SERVICE, {
    ask: (call: { readonly metadata: Metadata }, respond: (error: null, text: string) => void) =>
      respond(null, JSON.stringify({ ...identity, headers: call.metadata.getMap() })),
  })
  return new Promise((resolve, reject) => {
    server.bindAsync(spell(at), ServerCredentials.createInsecure(), error => {
      if (error !== null) return reject(error)
      resolve({ close: async () => server.forceShutdown() })
    })
  })
}

function askGrpc(at: Endpoint): Promise<string> {
  const client = new Client(spell(at), credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 })
  return new Promise<string>((resolve, reject) => {
    const { path, requestSerialize, responseDeserialize } = METHOD
    const options = { deadline: Date.now() + TIMEOUT_MS }
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, 'who are you?', options, (error, text) => {
      if (error === null && text !== undefined) resolve(text)
      else reject(error)
    })
  }).finally(() => client.close())
}
