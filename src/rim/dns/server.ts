// DNS on sockets, UDP and TCP at the same port.

import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { createServer, isIPv6, type Server, type Socket } from 'node:net'
import { type Carrier, fitRecords } from '../../core/dns/fit-records.ts'
import type { DnsOptions } from '../../core/dns/options.ts'
import {
  carrierOf,
  type DnsQuery,
  malformedResponse,
  type Response,
  readQuery,
  responseSize,
  writeResponse,
} from './packets.ts'
import { askRecursors, type Recursor } from './recursors.ts'
import type { Resolved, Resolver } from './resolver.ts'
import { TcpMessages, withLength } from './tcp-messages.ts'

export interface DnsServerOptions {
  readonly resolver: Resolver
  readonly options: DnsOptions
  readonly recursors: readonly Recursor[]
  readonly hosts: readonly string[]
  /** 0 takes any free one. */
  readonly port: number
}

export interface DnsServer {
  /** The port of the first host. */
  readonly port: number
  close(): Promise<void>
}

/** Questions that are being answered at the same time; more are not taken, and clients ask again. */
const MOST_QUESTIONS = 1_000
const MOST_CONNECTIONS = 200
const IDLE_MS = 10_000

/** Starts to listen at all hosts, or at none: rejects with the system's error. */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const answers = new Answers(options)
  const closers: (() => Promise<void>)[] = []
  let port = options.port
  try {
    for (const host of options.hosts) {
      const tcp = await listenTcp(answers, host, port)
      closers.push(tcp.close)
      port = tcp.port
      const udp = await listenUdp(answers, host, port)
      closers.push(() => closeUdp(udp))
    }
  } catch (error) {
    await Promise.all(closers.map(close => close()))
    throw error
  }
  return { port, close: async () => void (await Promise.all(closers.map(close => close()))) }
}

/** From the bytes of a question to those of its answer. */
class Answers {
  readonly #options: DnsServerOptions
  #open = 0

  constructor(options: DnsServerOptions) {
    this.#options = options
  }

  /** Undefined where there is nothing to say. Never rejects. */
  async of(bytes: Buffer, kind: Carrier['kind']): Promise<Buffer | undefined> {
    if (this.#open >= MOST_QUESTIONS) return undefined
    this.#open++
    try {
      const query = readQuery(bytes)
      return query === undefined ? malformedResponse(bytes) : await this.#answer(query, bytes, kind)
    } catch {
      return undefined
    } finally {
      this.#open--
    }
  }

  async #answer(query: DnsQuery, bytes: Buffer, kind: Carrier['kind']): Promise<Buffer | undefined> {
    const { resolver, recursors } = this.#options
    if (!query.isPlain || query.type === 'AXFR' || query.type === 'IXFR')
      return this.#write(query, kind, 'not-implemented')
    const resolved = await resolver.resolve(query.name, query.type)
    if (resolved.kind !== 'foreign') return this.#write(query, kind, codeOf(resolved), resolved)
    if (recursors.length === 0) return this.#write(query, kind, 'refused')
    return (await askRecursors(recursors, kind, bytes)) ?? this.#write(query, kind, 'failed')
  }

  #write(query: DnsQuery, kind: Carrier['kind'], code: Response['code'], resolved?: Resolved): Buffer {
    const { options, recursors } = this.#options
    const found = resolved?.kind === 'found' ? resolved.records : { answers: [], additionals: [] }
    const common = {
      code,
      isAuthoritative: code === 'ok' || code === 'no-such-name',
      offersRecursion: recursors.length > 0,
      authorities: resolved !== undefined && 'authorities' in resolved ? resolved.authorities : [],
    }
    const records = fitRecords(found, carrierOf(kind, query), options, some => {
      return responseSize(query, { ...common, records: { ...some, isCut: false } })
    })
    return writeResponse(query, { ...common, records: { ...records, isCut: records.isCut && options.truncates } })
  }
}

function codeOf(resolved: Exclude<Resolved, { kind: 'foreign' }>): Response['code'] {
  if (resolved.kind === 'found') return 'ok'
  return resolved.kind
}

async function listenUdp(answers: Answers, host: string, port: number): Promise<UdpSocket> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, host, () => {
      socket.off('error', reject)
      resolve()
    })
  })
  // An answer that cannot be sent is lost, as datagrams are; the client asks again.
  socket.on('error', () => {})
  socket.on('message', (bytes, from) => {
    void answers.of(bytes, 'udp').then(answer => {
      if (answer !== undefined) socket.send(answer, from.port, from.address, () => {})
    })
  })
  return socket
}

function closeUdp(socket: UdpSocket): Promise<void> {
  return new Promise(resolve => socket.close(resolve))
}

async function listenTcp(answers: Answers, host: string, port: number) {
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket)
    socket.setTimeout(IDLE_MS, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => open.delete(socket))
    serveTcp(socket, answers)
  })
  server.maxConnections = MOST_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const close = () => {
    for (const socket of open) socket.destroy()
    return new Promise<void>(resolve => server.close(() => resolve()))
  }
  return { port: portOf(server) ?? port, close }
}

function serveTcp(socket: Socket, answers: Answers): void {
  const messages = new TcpMessages(bytes => {
    void answers.of(bytes, 'tcp').then(answer => {
      if (answer === undefined) socket.destroy()
      else if (socket.writable) socket.write(withLength(answer))
    })
  })
  socket.on('data', chunk => messages.add(chunk))
}

function portOf(server: Server): number | undefined {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : undefined
}
