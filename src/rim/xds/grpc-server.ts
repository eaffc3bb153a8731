// The gRPC listeners, plain and TLS, that services are added to. Knows nothing of what the services do.

import { createServer, type Server as NetServer, type Socket } from 'node:net'
import {
  experimental,
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerOptions,
  setLogVerbosity,
} from '@grpc/grpc-js'
import { Fault } from '../../core/model/fault.ts'

export interface GrpcListener {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Without it the listener speaks plain text. */
  readonly tls?: TlsSource
}

/** The server's certificate, which may be replaced while connections stay. */
export interface TlsSource {
  /** Undefined until there is one: connections are refused meanwhile. */
  current(): TlsIdentity | undefined
  /** Calls back when `current()` gives another certificate; the returned function ends that. */
  onChange(listener: () => void): () => void
  /** Refuse clients whose certificate was not issued by `ca`. */
  readonly verifyClients: boolean
}

/** PEM texts. */
export interface TlsIdentity {
  readonly certificate: string
  readonly key: string
  readonly ca?: string
}

export interface GrpcServerOptions {
  readonly listeners: readonly GrpcListener[]
  /** Idle time after which a connection is pinged, milliseconds. */
  readonly keepaliveMs?: number
  /** How long a ping may go unanswered, milliseconds. */
  readonly keepaliveTimeoutMs?: number
  /** Streams one connection may have open. */
  readonly maxStreams?: number
  readonly maxReceiveBytes?: number
  readonly maxSendBytes?: number
}

export interface GrpcServer {
  /** The port of each listener, in order. */
  readonly ports: readonly number[]
  /** Takes no more connections and lets open streams end within `graceMs`; then cuts them. */
  close(graceMs: number): Promise<void>
}

const defaults = {
  keepaliveMs: 30_000,
  keepaliveTimeoutMs: 20_000,
  maxStreams: 2048,
  maxReceiveBytes: 50 * 1024 * 1024,
  maxSendBytes: -1,
}

/** Starts a server with the services that `register` adds. Throws a Fault when a listener cannot be opened. */
export async function startGrpcServer(
  register: (server: Server) => void,
  options: GrpcServerOptions,
): Promise<GrpcServer> {
  // What goes wrong is in the Fault; the library would write it to standard error as well.
  setLogVerbosity(logVerbosity.NONE)
  const server = new Server(serverOptions({ ...defaults, ...options }))
  register(server)
  const doors: Door[] = []
  try {
    for (const listener of options.listeners) doors.push(await open(server, listener))
  } catch (error) {
    await close(server, doors, 0)
    throw error
  }
  return { ports: doors.map(({ port }) => port), close: graceMs => close(server, doors, graceMs) }
}

function serverOptions(options: Required<GrpcServerOptions>): ServerOptions {
  return {
    'grpc.keepalive_time_ms': options.keepaliveMs,
    'grpc.keepalive_timeout_ms': options.keepaliveTimeoutMs,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.max_concurrent_streams': options.maxStreams,
    'grpc.max_receive_message_length': options.maxReceiveBytes,
    'grpc.max_send_message_length': options.maxSendBytes,
    'grpc.enable_channelz': 0,
  }
}

/** A listening socket and the connections that came through it. */
interface Door {
  readonly port: number
  readonly listening: NetServer
  readonly sockets: ReadonlySet<Socket>
}

/** Connections that may wait to be accepted: all proxies of a mesh come at once when a server restarts. */
const backlog = 4096

/** Listens itself and hands connections to gRPC, which would take the short default backlog. */
async function open(server: Server, { host, port, tls }: GrpcListener): Promise<Door> {
  const injector = server.createConnectionInjector(credentials(tls))
  const sockets = new Set<Socket>()
  const listening = createServer({ noDelay: true }, socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    injector.injectConnection(socket)
  })
  await new Promise<void>((resolve, reject) => {
    listening.once('error', cause =>
      reject(new Fault('unavailable', `cannot listen for gRPC: ${cause.message}`, { cause })),
    )
    listening.listen({ host, port, backlog }, resolve)
  })
  const address = listening.address()
  return { port: typeof address === 'object' && address !== null ? address.port : port, listening, sockets }
}

function credentials(tls: TlsSource | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure()
  const provider = certificateProvider(tls)
  // The declared parameter names are the wrong way round; the server's own certificate is the first.
  const authorities = tls.current()?.ca === undefined ? null : provider
  return experimental.createCertificateProviderServerCredentials(provider, authorities, tls.verifyClients)
}

function certificateProvider(tls: TlsSource): experimental.CertificateProvider {
  const stops = new Map<unknown, () => void>()
  const follow = (listener: unknown, tell: () => void): void => {
    stops.set(listener, tls.onChange(tell))
    // The server hears only what is said after it has finished subscribing.
    queueMicrotask(tell)
  }
  const unfollow = (listener: unknown): void => {
    stops.get(listener)?.()
    stops.delete(listener)
  }
  return {
    addCaCertificateListener: listener =>
      follow(listener, () => listener({ caCertificate: Buffer.from(tls.current()?.ca ?? '') })),
    removeCaCertificateListener: unfollow,
    addIdentityCertificateListener: listener =>
      follow(listener, () => {
        const identity = tls.current()
        if (identity === undefined) return listener(null)
        listener({ certificate: Buffer.from(identity.certificate), privateKey: Buffer.from(identity.key) })
      }),
    removeIdentityCertificateListener: unfollow,
  }
}

async function close(server: Server, doors: readonly Door[], graceMs: number): Promise<void> {
  const closed = doors.map(({ listening }) => new Promise<void>(resolve => listening.close(() => resolve())))
  const timer = setTimeout(() => {
    for (const { sockets } of doors) for (const socket of sockets) socket.destroy()
  }, graceMs)
  server.tryShutdown(() => {})
  await Promise.all(closed)
  clearTimeout(timer)
}
