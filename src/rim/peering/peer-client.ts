// A gRPC client of another cluster's servers. They are verified by the authorities of the token, or of the trust bundle that has
// taken their place; this side shows no certificate.

import {
  Client,
  type ClientDuplexStream,
  connectivityState,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { Fault } from '../../core/model/fault.ts'
import { MAX_BYTES } from '../../core/peering/import-limits.ts'
import type { Refusal } from '../../core/peering/session.ts'
import { DetailedStatus } from '../../core/peering/wire/common.ts'
import {
  ExchangeSecretRequest,
  ExchangeSecretResponse,
  LEADER_ADDRESS_URL,
  LeaderAddress,
} from '../../core/peering/wire/peerstream.ts'
import { joinPem } from '../../lib/pem.ts'
import { ATTEMPT_HEADER, PATHS } from './grpc-method.ts'
import { knock } from './knock.ts'

export interface PeerServers {
  /** The name that their certificate must have. */
  readonly serverName: string
  /** PEM of the authorities they are verified by. */
  readonly authorities: readonly string[]
}

const ATTEMPT_MS = 3_000

const OPTIONS = {
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_receive_message_length': MAX_BYTES.frame,
  'grpc.max_send_message_length': -1,
  'grpc.enable_retries': 0,
  // Attempts are ours to space; a shared connection would bring its own waiting times.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_channelz': 0,
}

/**
 * A client of one address. Rejects with Fault('unavailable') when nobody answers there in time whom the authorities know. That is
 * found out before there is a client, because one that has failed to connect tries once more after it was closed, and then keeps
 * its connection for ever.
 */
export async function connectPeer(address: string, servers: PeerServers, signal: AbortSignal): Promise<Client> {
  const { problem } = await knock({ purpose: 'peer-server', address, tls: servers }, signal)
  if (problem !== '') throw new Fault('unavailable', problem)
  const ca = Buffer.from(joinPem(servers.authorities))
  const client = new Client(address, credentials.createSsl(ca), {
    ...OPTIONS,
    'grpc.ssl_target_name_override': servers.serverName,
    'grpc.default_authority': servers.serverName,
  })
  try {
    await settled(client, signal)
    return client
  } catch (error) {
    client.close()
    if (error instanceof Fault) throw error
    throw new Fault('unavailable', `no answer within ${ATTEMPT_MS / 1000} seconds`, { cause: error })
  }
}

/** Resolves when the client is connected or has failed to; rejects when neither happens in time, or the signal aborts. */
function settled(client: Client, signal: AbortSignal): Promise<void> {
  const channel = client.getChannel()
  const deadline = Date.now() + ATTEMPT_MS
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Fault('unavailable', 'given up'))
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', giveUp)
      settle()
    }
    const look = () => {
      // By now the client may be closed, and says nothing of its state any more.
      if (signal.aborted) return giveUp()
      const state = channel.getConnectivityState(true)
      if (state === connectivityState.READY || state === connectivityState.TRANSIENT_FAILURE) return end(resolve)
      channel.watchConnectivityState(state, deadline, error => {
        if (error) end(() => reject(error))
        else look()
      })
    }
    signal.addEventListener('abort', giveUp, { once: true })
    look()
  })
}

export interface Exchange {
  readonly peerId: string
  readonly establishmentSecret: string
  readonly attempt: string
}

/** Exchanges the secret of a token for one that opens streams. Rejects with what the server answers. */
export function exchangeSecret(client: Client, { peerId, establishmentSecret, attempt }: Exchange): Promise<string> {
  const metadata = new Metadata()
  metadata.set(ATTEMPT_HEADER, attempt)
  const request = { PeerID: peerId, EstablishmentSecret: establishmentSecret }
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      PATHS.exchange,
      () => Buffer.from(ExchangeSecretRequest.encode(request)),
      bytes => ExchangeSecretResponse.decode(bytes).StreamSecret,
      undefined,
      metadata,
      { deadline: Date.now() + ATTEMPT_MS },
      (error, secret) => {
        if (error) reject(error)
        else if (secret) resolve(secret)
        else reject(new Fault('unavailable', 'the server answered without a secret'))
      },
    )
  })
}

/** Opens the stream; the caller writes the first frame. */
export function openStream(client: Client): ClientDuplexStream<Buffer, Buffer> {
  const same = (bytes: Buffer) => bytes
  return client.makeBidiStreamRequest(PATHS.stream, same, same)
}

/** What a failed call says. */
export function refusalOf(error: unknown): Refusal {
  const failure = error as Partial<ServiceError>
  if (typeof failure.code === 'number') return { code: failure.code, message: plainReason(failure.details ?? '') }
  return { code: status.UNAVAILABLE, message: error instanceof Error ? error.message : String(error) }
}

/** The library's words around the reason say nothing to people. */
function plainReason(details: string): string {
  const last = details.split('Last error: ').at(-1) ?? details
  return last.replace(/\.? Resolution note: .*$/s, '').replace(/^Error: /, '')
}

const DETAILS_HEADER = 'grpc-status-details-bin'

/** The address of the server that leads, when a refusal names it. */
export function leaderOf(error: unknown): string | undefined {
  const failure = error as Partial<ServiceError>
  const details = failure.metadata?.get(DETAILS_HEADER)[0]
  if (failure.code !== status.FAILED_PRECONDITION || !(details instanceof Buffer)) return undefined
  try {
    const found = DetailedStatus.decode(details).details.find(each => each.typeUrl === LEADER_ADDRESS_URL)
    return found && (LeaderAddress.decode(found.value).address || undefined)
  } catch {
    return undefined
  }
}
