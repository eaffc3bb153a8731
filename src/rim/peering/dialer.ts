// The dialling side of one peering: keeps a stream to a server of the other cluster, and when it breaks dials again, at the next
// address or after a while.

import { type Client, type ClientDuplexStream, status } from '@grpc/grpc-js'
import { isOpen, type Peering } from '../../core/model/peering.ts'
import { DEFAULT_PARTITION } from '../../core/model/tenancy.ts'
import type { Refusal } from '../../core/peering/session.ts'
import { type BreakReason, redialDelay } from '../../core/peering/state.ts'
import { type Open, ReplicationMessage } from '../../core/peering/wire/peerstream.ts'
import { addressesOf, localGatewayAddresses } from '../../core/queries/peerings.ts'
import { peeringById } from '../../core/store/reduce-peerings.ts'
import type { Store } from '../../core/store/store.ts'
import { pause } from '../pause.ts'
import { connectPeer, leaderOf, openStream, type PeerServers, refusalOf } from './peer-client.ts'
import { PeerStream, type StreamDeps, type StreamEnd } from './peer-stream.ts'

export interface DialerDeps extends StreamDeps {
  readonly random: () => number
  /** The peer has ended the peering. */
  onTerminated(peering: Peering): void
}

interface Outcome {
  readonly end: StreamEnd
  /** The peer has answered on this stream. */
  readonly wasConnected: boolean
  readonly leader?: string
}

export class Dialer {
  readonly #id: string
  readonly #streamSecret: string
  readonly #deps: DialerDeps
  readonly #abort = new AbortController()
  #stream: PeerStream | undefined
  #failures = 0

  /** Dials from `start` on. `id` is our own id of the peering. */
  constructor(id: string, streamSecret: string, deps: DialerDeps) {
    this.#id = id
    this.#streamSecret = streamSecret
    this.#deps = deps
  }

  start(): void {
    this.#run().catch(error => this.#deps.logger.error('a peering is not dialled any more', { id: this.#id, error }))
  }

  get isConnected(): boolean {
    return this.#stream !== undefined
  }

  /** Ends the stream, and dials no more. */
  stop(): void {
    this.#abort.abort()
    this.#stream?.end({ code: status.CANCELLED, message: 'this side has stopped' })
  }

  /** Tells the peer that the peering is over, if it can be reached at once, and dials no more. */
  async terminate(): Promise<void> {
    this.#abort.abort()
    const stream = this.#stream
    if (stream !== undefined) {
      stream.terminate()
      await stream.done
      return
    }
    const peering = peeringById(this.#deps.store, this.#id)
    if (peering !== undefined) await sayGoodbye(this.#deps.store, peering, this.#streamSecret)
  }

  async #run(): Promise<void> {
    const { store, tracker, logger } = this.#deps
    let at = 0
    let leader: string | undefined
    while (!this.#abort.signal.aborted) {
      const peering = peeringById(store, this.#id)
      if (peering === undefined || !isOpen(peering)) return
      const addresses = dialOrder(store, peering)
      const address = leader ?? addresses[at % Math.max(addresses.length, 1)]
      const outcome = await this.#attempt(peering, address)
      if (this.#abort.signal.aborted) return
      if (outcome.end.kind === 'terminated') {
        tracker.change(this.#id, { connected: false, error: 'the peer has ended the peering' })
        return this.#deps.onTerminated(peering)
      }
      at = outcome.wasConnected ? 0 : at + 1
      leader = leader === undefined ? outcome.leader : undefined
      this.#failures = outcome.wasConnected ? 1 : this.#failures + 1
      if (this.#failures === 1) {
        logger.warn('the stream to a peer broke', { peer: peering.Name, address, reason: outcome.end.refusal.message })
      }
      const isLastAddress = at % Math.max(addresses.length, 1) === 0
      await this.#wait(outcome.end.refusal, { leader, isLastAddress })
    }
  }

  /** Waits before the next attempt; between the addresses of one round hardly at all. */
  async #wait(refusal: Refusal, next: { leader: string | undefined; isLastAddress: boolean }): Promise<void> {
    const reason = next.leader === undefined ? breakReason(refusal.code) : 'leader'
    const isRound = next.isLastAddress || reason !== 'unreachable'
    const rounds = isRound ? this.#failures : 1
    const ms = redialDelay(reason, rounds, this.#deps.random())
    this.#deps.tracker.change(this.#id, {
      connected: false,
      error: refusal.message || `gRPC status ${refusal.code}`,
      refused: reason === 'refused',
      nextTryAt: this.#deps.now() + ms,
    })
    await pause(ms, this.#abort.signal)
  }

  async #attempt(peering: Peering, address: string | undefined): Promise<Outcome> {
    if (address === undefined) return failed({ code: status.UNAVAILABLE, message: 'the peer has no server addresses' })
    let client: Client | undefined
    try {
      client = await connectPeer(address, serversOf(peering), this.#abort.signal)
      return await this.#converse(client, peering, address)
    } catch (error) {
      const { code, message } = refusalOf(error)
      return failed({ code, message: `${address}: ${message}` })
    } finally {
      client?.close()
    }
  }

  async #converse(client: Client, peering: Peering, address: string): Promise<Outcome> {
    const { tracker, logger, store } = this.#deps
    const call = openStream(client)
    const over = new Promise<void>(resolve => call.once('status', () => resolve()))
    call.write(openFrame(store, peering, this.#streamSecret))
    const stream = new PeerStream(call, 'dialer', peering, this.#deps)
    let wasConnected = false
    let leader: string | undefined
    call.on('data', (bytes: Buffer) => {
      if (!wasConnected) {
        wasConnected = true
        this.#failures = 0
        this.#stream = stream
        tracker.change(peering.ID, { connected: true, error: '', refused: false, nextTryAt: undefined })
        logger.info('connected to a peer', { peer: peering.Name, address })
      }
      stream.receive(bytes)
    })
    call.on('error', error => {
      leader = leaderOf(error)
      stream.lost(refusalOf(error))
    })
    call.on('end', () => stream.lost({ code: status.UNAVAILABLE, message: 'the peer has closed the stream' }))
    const end = await stream.done
    this.#stream = undefined
    // The peer wants to see that its goodbye was heard before the connection goes.
    if (end.kind === 'terminated') await Promise.race([over, pause(FAREWELL_MS, this.#abort.signal)])
    return { end, wasConnected, ...(leader === undefined ? {} : { leader }) }
  }
}

function failed(refusal: Refusal): Outcome {
  return { end: { kind: 'broken', refusal }, wasConnected: false }
}

/** Gateways hear of a new peer, and of its new addresses, a moment after us: they are tried at least so often. */
const GATEWAY_TRIES = 3

/** Gateways of our own network first, when they carry peering; then the peer's servers themselves. */
export function dialOrder(store: Store, peering: Peering): readonly string[] {
  const gateways = store.read(localGatewayAddresses, undefined).value
  const rounds = gateways.length === 0 ? 0 : Math.ceil(GATEWAY_TRIES / gateways.length)
  const direct = addressesOf(peering).filter(address => !gateways.includes(address))
  return [...Array.from({ length: rounds }, () => gateways).flat(), ...direct]
}

/** What the peer's servers must show. */
export function serversOf(peering: Peering): PeerServers {
  return { serverName: peering.PeerServerName, authorities: peering.PeerCAPems }
}

function openFrame(store: Store, peering: Peering, secret: string): Buffer {
  const { datacenter } = store.self
  const Partition = peering.Partition === DEFAULT_PARTITION ? '' : peering.Partition
  const Remote = { Partition, Datacenter: datacenter, Locality: undefined }
  const open: Open = { PeerID: peering.PeerID, StreamSecretID: secret, Remote }
  return Buffer.from(ReplicationMessage.encode({ open }))
}

function breakReason(code: number): BreakReason {
  switch (code) {
    case status.PERMISSION_DENIED:
    case status.INVALID_ARGUMENT:
    case status.UNIMPLEMENTED:
    case status.INTERNAL:
      return 'refused'
    default:
      return 'unreachable'
  }
}

/** For an orderly end of the call when the peer has ended the peering. */
const FAREWELL_MS = 1_000

const GOODBYE_MS = 5_000

/** One stream only to say that the peering is over. A peer that cannot be reached finds out when it is dialled no more. */
async function sayGoodbye(store: Store, peering: Peering, secret: string): Promise<void> {
  const signal = AbortSignal.timeout(GOODBYE_MS)
  for (const address of dialOrder(store, peering)) {
    if (signal.aborted) return
    const client = await connectPeer(address, serversOf(peering), signal).catch(() => undefined)
    if (client === undefined) continue
    const call = openStream(client)
    call.write(openFrame(store, peering, secret))
    call.write(Buffer.from(ReplicationMessage.encode({ terminated: {} })))
    call.end()
    const wasHeard = await ended(call, signal)
    client.close()
    if (wasHeard) return
  }
}

/** True when the peer has taken everything and closed the call in peace. */
function ended(call: ClientDuplexStream<Buffer, Buffer>, signal: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    signal.addEventListener('abort', () => call.cancel(), { once: true })
    call.on('data', () => {})
    call.on('error', () => resolve(false))
    call.on('end', () => resolve(true))
  })
}
