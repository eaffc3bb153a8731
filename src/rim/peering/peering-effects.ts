// Making and taking peering tokens.

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeEstablish, decodeGenerate, type PeeringRequest } from '../../core/api/peering.ts'
import { Fault } from '../../core/model/fault.ts'
import { isDialer, type NewPeering, type Peering, peeringKey } from '../../core/model/peering.ts'
import { peeringServerName } from '../../core/model/sni.ts'
import { DEFAULT_PARTITION } from '../../core/model/tenancy.ts'
import { decodeToken, encodeToken, type PeeringToken } from '../../core/peering/token.ts'
import { meshRoots } from '../../core/queries/mesh-roots.ts'
import { ownServerAddresses, peersThroughGateways } from '../../core/queries/peerings.ts'
import type { Command } from '../../core/store/commands.ts'
import { reduce } from '../../core/store/reduce.ts'
import { reachOf, splitHostPort } from '../../lib/host-port.ts'
import { describeIssues } from '../../lib/schema.ts'
import type { Effect } from '../http/api-deps.ts'
import { jsonAnswer } from '../http/message.ts'
import type { Sealer } from '../signer/seal.ts'
import { dialOrder, serversOf } from './dialer.ts'
import { connectPeer, exchangeSecret, leaderOf, refusalOf } from './peer-client.ts'
import type { StreamDeps } from './peer-stream.ts'
import { type DialerSecrets, digestOf, newSecret, openSecrets, sealSecrets } from './secrets.ts'

export interface PeeringEffectDeps extends StreamDeps {
  readonly sealer: Sealer
  /** False when the configuration says `peering { enabled = false }`. */
  readonly enabled: boolean
  /** Where gRPC is served over TLS; below 0 nowhere. */
  readonly grpcTlsPort: number
  readonly grpcTlsHosts: readonly string[]
}

/** The effects by the names their routes use. */
export function peeringEffects(deps: PeeringEffectDeps): Readonly<Record<string, Effect>> {
  return {
    'peering-generate-token': async request => {
      requireEnabled(deps)
      return jsonAnswer({ PeeringToken: await generateToken(deps, decodeGenerate(request)) })
    },
    'peering-establish': async (request, { signal }) => {
      requireEnabled(deps)
      const wanted = decodeEstablish(request)
      const decoded = decodeToken(wanted.token)
      if (!decoded.ok) {
        const issues = decoded.issues.map(({ path, message }) => ({ path: join('PeeringToken', path), message }))
        throw new Fault('invalid', describeIssues(issues), { issues })
      }
      await establish(deps, wanted, decoded.value, signal)
      return jsonAnswer({})
    },
  }
}

function join(field: string, path: string): string {
  return path === '' ? field : `${field}.${path}`
}

/** Throws Fault('rejected') where the configuration switches peering off. */
export function requireEnabled({ enabled }: Pick<PeeringEffectDeps, 'enabled'>): void {
  if (!enabled) throw new Fault('rejected', 'peering must be enabled to use this endpoint: set peering.enabled to true')
}

async function generateToken(
  deps: PeeringEffectDeps,
  wanted: PeeringRequest & { readonly externalAddresses: readonly string[] },
): Promise<string> {
  const { store } = deps
  if (deps.grpcTlsPort < 0) {
    throw new Fault(
      'rejected',
      'ports.grpc_tls: peers dial servers at their gRPC port with TLS, and this server has none',
    )
  }
  const roots = store.read(meshRoots, undefined).value
  if (roots === undefined) throw new Fault('unavailable', 'the certificate authority has not started yet')
  for (const [i, address] of wanted.externalAddresses.entries()) {
    if (splitHostPort(address) !== undefined) continue
    throw new Fault('invalid', `ServerExternalAddresses[${i}]: ${JSON.stringify(address)} is not host:port`)
  }
  const addresses = store.read(ownServerAddresses, undefined).value
  if (addresses.length === 0 && wanted.externalAddresses.length === 0) throw noAddresses(deps)
  if (wanted.externalAddresses.length === 0) warnIfUnreachable(deps, addresses)

  const secret = newSecret()
  const draft = newPeering(wanted)
  await submit(deps, { type: 'generate-peering', peering: draft, establishment: digestOf(secret) })
  const row = store.get('peerings', peeringKey(draft))
  if (row === undefined) throw new Fault('conflict', 'the peering was deleted while its token was made')
  const { datacenter } = store.self
  return encodeToken({
    CA: roots.pems,
    ManualServerAddresses: wanted.externalAddresses,
    ServerAddresses: addresses,
    ServerName: peeringServerName(datacenter, roots.trustDomain),
    PeerID: row.ID,
    EstablishmentSecret: secret,
    Remote: { Partition: row.Partition === DEFAULT_PARTITION ? '' : row.Partition, Datacenter: datacenter },
  })
}

/** The agent listens for clients on loopback unless told otherwise, and advertises another address to servers. */
function warnIfUnreachable({ grpcTlsHosts, logger, store }: PeeringEffectDeps, addresses: readonly string[]): void {
  const isNear = (host: string) => reachOf(host) === 'machine' && host !== '0.0.0.0' && host !== '::'
  if (store.read(peersThroughGateways, undefined).value || !grpcTlsHosts.every(isNear)) return
  if (addresses.every(address => reachOf(splitHostPort(address)?.host ?? '') === 'machine')) return
  const message = 'a peering token names addresses at which nobody listens: set addresses.grpc_tls or client_addr'
  logger.warn(message, { addresses: addresses.join(' '), listening: grpcTlsHosts.join(' ') })
}

function noAddresses({ store }: PeeringEffectDeps): Fault {
  const through = store.read(peersThroughGateways, undefined).value
  const what = through
    ? 'peering goes through mesh gateways (mesh entry, Peering.PeerThroughMeshGateways), and none is registered and healthy'
    : 'no server is registered with a gRPC port for TLS yet'
  return new Fault('unavailable', `there is no address that a peer could dial: ${what}`)
}

function newPeering({ name, partition, meta }: PeeringRequest): NewPeering {
  return {
    ID: randomUUID(),
    Name: name,
    Partition: partition,
    Meta: meta,
    State: 'PENDING',
    DeletedAt: '',
    PeerID: '',
    PeerCAPems: [],
    PeerServerName: '',
    PeerServerAddresses: [],
    ManualServerAddresses: [],
    TokenServerAddresses: [],
    Remote: { Partition: '', Datacenter: '' },
  }
}

/**
 * Takes a token: writes what it says, exchanges its secret, and has the peering dialled from then on. When the secret is refused
 * everything is as before; when nobody can be reached, or the answer is lost, the same token may be taken again.
 */
async function establish(
  deps: PeeringEffectDeps,
  wanted: PeeringRequest,
  token: PeeringToken,
  signal: AbortSignal,
): Promise<void> {
  const { store, tracker } = deps
  const draft = dialedPeering(wanted, token)
  const before = store.get('peerings', peeringKey(draft))
  const known = before && secretsOf(deps, before)
  const tokenDigest = digestOf(token.EstablishmentSecret)
  if (before !== undefined && isDone(before, known, token) && tracker.status(before.ID).error === '') return

  // The same token again is the same attempt: the other side may have answered it already.
  const attempt = known?.token === tokenDigest ? known.attempt : newSecret()
  const secrets: DialerSecrets = { stream: known?.stream ?? '', token: tokenDigest, attempt }
  const keepAddresses = before !== undefined && tracker.status(before.ID).connected
  const begin: Command = {
    type: 'begin-establish',
    peering: draft,
    sealed: sealSecrets(deps.sealer, secrets),
    keepAddresses,
  }
  await submit(deps, begin)
  const row = store.get('peerings', peeringKey(draft))
  if (row === undefined) throw new Fault('conflict', 'the peering was deleted while its token was taken')
  const stream = await exchange(deps, row, { token, attempt, before }, signal)
  const sealed = sealSecrets(deps.sealer, { ...secrets, stream })
  await submit(deps, { type: 'finish-establish', id: row.ID, peerId: token.PeerID, sealed })
}

/** The token was taken before: as long as the stream works, whoever asks again has only lost our answer. */
function isDone(before: Peering, known: DialerSecrets | undefined, token: PeeringToken): boolean {
  if (before.State === 'TERMINATED' || before.State === 'DELETING' || !known) return false
  return known.stream !== '' && known.token === digestOf(token.EstablishmentSecret) && before.PeerID === token.PeerID
}

function secretsOf(deps: PeeringEffectDeps, row: Peering): DialerSecrets | undefined {
  const sealed = deps.store.get('peeringSecrets', row.ID)?.sealed ?? ''
  return sealed === '' ? undefined : openSecrets(deps.sealer, sealed)
}

function dialedPeering(wanted: PeeringRequest, token: PeeringToken): NewPeering {
  return {
    ...newPeering(wanted),
    State: 'ESTABLISHING',
    PeerID: token.PeerID,
    PeerCAPems: token.CA,
    PeerServerName: token.ServerName,
    PeerServerAddresses: token.ServerAddresses,
    ManualServerAddresses: token.ManualServerAddresses,
    TokenServerAddresses: token.ServerAddresses,
    Remote: token.Remote,
  }
}

interface Attempt {
  readonly token: PeeringToken
  readonly attempt: string
  readonly before: Peering | undefined
}

const BETWEEN_ATTEMPTS_MS = 150
const PERMISSION_DENIED = 7
const INVALID_ARGUMENT = 3

/** Gateways on the way may have to learn of the peer first, on both sides. */
const PATIENCE_MS = 3_000

/** The stream secret, from the first server that answers. Rejects with a Fault that says what to do. */
async function exchange(deps: PeeringEffectDeps, row: Peering, attempt: Attempt, signal: AbortSignal): Promise<string> {
  const problems = new Map<string, string>()
  const end = deps.now() + PATIENCE_MS
  do {
    for (const address of dialOrder(deps.store, row)) {
      const outcome = await exchangeAt(deps, row, attempt, { address, signal })
      if (outcome.secret !== undefined) return outcome.secret
      if (outcome.isRefused) return await refused(deps, row, attempt, outcome.problem)
      problems.set(address, outcome.problem)
      await sleep(BETWEEN_ATTEMPTS_MS)
    }
  } while (deps.now() < end && !signal.aborted)
  // A link that works is not given up for a token that cannot be used now.
  if (attempt.before !== undefined) await abort(deps, row, attempt)
  else
    deps.tracker.change(row.ID, { connected: false, error: 'the token could not be used yet: nobody can be reached' })
  const reasons = [...problems].map(([address, problem]) => `${address}: ${problem}`).join('; ')
  throw new Fault('unavailable', `PeeringToken: none of the server addresses can be reached: ${reasons}`)
}

async function refused(deps: PeeringEffectDeps, row: Peering, attempt: Attempt, problem: string): Promise<never> {
  await abort(deps, row, attempt)
  const why = 'the token was used already or replaced by a newer one; a new token must be generated'
  throw new Fault('invalid', `PeeringToken: ${problem}: ${why}`)
}

interface ExchangeOutcome {
  readonly secret?: string
  readonly problem: string
  readonly isRefused: boolean
}

async function exchangeAt(
  deps: PeeringEffectDeps,
  row: Peering,
  { token, attempt }: Attempt,
  at: { readonly address: string; readonly signal: AbortSignal },
  isLeader = false,
): Promise<ExchangeOutcome> {
  const { PeerID: peerId, EstablishmentSecret: establishmentSecret } = token
  try {
    const client = await connectPeer(at.address, serversOf(row), at.signal)
    try {
      return {
        secret: await exchangeSecret(client, { peerId, establishmentSecret, attempt }),
        problem: '',
        isRefused: false,
      }
    } finally {
      client.close()
    }
  } catch (error) {
    const leader = leaderOf(error)
    if (leader !== undefined && !isLeader) {
      return await exchangeAt(deps, row, { token, attempt, before: undefined }, { ...at, address: leader }, true)
    }
    const { code, message } = refusalOf(error)
    return { problem: message, isRefused: code === PERMISSION_DENIED || code === INVALID_ARGUMENT }
  }
}

async function abort(deps: PeeringEffectDeps, row: Peering, { token, before }: Attempt): Promise<void> {
  const { CreateIndex, ModifyIndex, ...old } = before ?? row
  const earlier = before !== undefined && isDialer(before) ? old : undefined
  await submit(deps, { type: 'abort-establish', id: row.ID, peerId: token.PeerID, before: earlier })
}

async function submit(deps: PeeringEffectDeps, command: Command): Promise<void> {
  await deps.committer.submit(state => reduce(state, command))
}
