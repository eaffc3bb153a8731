// What commands of a peering's life do to the state. Each secret works once, for whoever comes first.

import { Fault, unreachable } from '../model/fault.ts'
import {
  isDialer,
  isOpen,
  type NewPeering,
  NO_SECRETS,
  type Peering,
  type PeeringSecrets,
  peeringKey,
  trustBundleKey,
} from '../model/peering.ts'
import type { Indexed, Unindexed } from '../model/row.ts'
import { trustDomainOfServerName } from '../model/sni.ts'
import { joinKey } from '../model/tenancy.ts'
import type {
  AbortEstablishCommand,
  BeginEstablishCommand,
  DeletePeeringCommand,
  ExchangeSecretCommand,
  FinishEstablishCommand,
  GeneratePeeringCommand,
  OpenStreamCommand,
  PeeringCommand,
  RemovePeeringCommand,
} from './peering-commands.ts'
import { tenancyFault } from './reduce-tenancy.ts'
import { done, put, type Reduced, refuse, remove } from './reduced.ts'
import type { Write } from './store.ts'
import type { State } from './view.ts'

/** Folds a command of a peering's life. */
export function reducePeering(state: State, command: PeeringCommand): Reduced {
  switch (command.type) {
    case 'generate-peering':
      return generate(state, command)
    case 'begin-establish':
      return beginEstablish(state, command)
    case 'finish-establish':
      return finishEstablish(state, command)
    case 'abort-establish':
      return abortEstablish(state, command)
    case 'exchange-secret':
      return exchangeSecret(state, command)
    case 'open-stream':
      return openStream(state, command)
    case 'delete-peering':
      return done(markDeleted(state, command))
    case 'terminate-peering':
      return done(terminate(state, command.id))
    case 'remove-peering':
      return removePeering(state, command)
    case 'forget-peerings':
      return done(forget(state, command.before))
    default:
      return unreachable(command)
  }
}

/** The peering with an id of our own. */
export function peeringById(state: State, id: string): Peering | undefined {
  return state.list('peerings', 'id', id)[0]
}

function generate(state: State, { peering, establishment }: GeneratePeeringCommand): Reduced {
  const wrong = tenancyFault(state, peering.Partition, 'default')
  if (wrong !== undefined) return refuse(wrong)
  const known = state.get('peerings', peeringKey(peering))
  if (known === undefined)
    return done([...putPeering(state, peering), ...putSecrets(state, peering.ID, { establishment })])
  if (known.State === 'DELETING') return refuse(beingDeleted(known))
  if (isDialer(known)) {
    const text = `PeerName: there is already an established peering "${known.Name}" that this cluster dials; a token for it is made on the other side`
    return refuse(new Fault('conflict', text))
  }
  const Meta = Object.keys(peering.Meta).length > 0 ? peering.Meta : known.Meta
  const State = known.State === 'TERMINATED' ? 'PENDING' : known.State
  return done([
    ...putPeering(state, { ...withoutIndexes(known), Meta, State }),
    ...putSecrets(state, known.ID, { establishment }),
  ])
}

function beginEstablish(state: State, { peering, sealed, keepAddresses }: BeginEstablishCommand): Reduced {
  const known = state.get('peerings', peeringKey(peering))
  const wrong =
    tenancyFault(state, peering.Partition, 'default') ??
    ownTokenFault(state, peering) ??
    (known && nameFault(known)) ??
    trustDomainFault(state, peering)
  if (wrong !== undefined) return refuse(wrong)
  if (known === undefined) return done([...putPeering(state, peering), ...putSecrets(state, peering.ID, { sealed })])
  const addresses = keepAddresses ? { PeerServerAddresses: known.PeerServerAddresses } : {}
  const Meta = Object.keys(peering.Meta).length > 0 ? peering.Meta : known.Meta
  const row = { ...peering, ...addresses, Meta, ID: known.ID, State: known.State }
  return done([...putPeering(state, row), ...putSecrets(state, known.ID, { sealed })])
}

function ownTokenFault(state: State, { PeerServerName }: NewPeering): Fault | undefined {
  const own = state.get('caRoots', '')?.TrustDomain
  if (own === undefined || trustDomainOfServerName(PeerServerName) !== own) return undefined
  const text = 'PeeringToken.ServerName: the token was made in this cluster; a cluster cannot peer with itself'
  return new Fault('invalid', text)
}

/** Why a token cannot be taken under the name of this peering. */
function nameFault(known: Peering): Fault | undefined {
  if (known.State === 'DELETING') return beingDeleted(known)
  if (isDialer(known)) return undefined
  const text = `PeerName: there is already a peering "${known.Name}" that expects to be dialed by the other cluster; delete it or use another name`
  return new Fault('conflict', text)
}

/** Two peers of one trust domain could not be told apart by their certificates. */
function trustDomainFault(state: State, { Name, Partition, PeerServerName }: NewPeering): Fault | undefined {
  const trustDomain = trustDomainOfServerName(PeerServerName)
  const holder = trustDomain === undefined ? undefined : trustDomainHolder(state, trustDomain, { Name, Partition })
  if (holder === undefined) return undefined
  const text = `PeeringToken.ServerName: peering "${holder}" has the same trust domain, ${trustDomain}; certificates could not tell the two apart`
  return new Fault('invalid', text)
}

/** The name of another peering in the partition whose certificates are of this trust domain. */
export function trustDomainHolder(
  state: State,
  trustDomain: string,
  self: Pick<Peering, 'Name' | 'Partition'>,
): string | undefined {
  const bundles = state.list('peerTrustBundles', 'partition', self.Partition)
  const bundle = bundles.find(each => each.PeerName !== self.Name && each.TrustDomain === trustDomain)
  if (bundle !== undefined) return bundle.PeerName
  const others = state.list('peerings', 'partition', self.Partition)
  const claimed = (each: Peering) => isOpen(each) && trustDomainOfServerName(each.PeerServerName) === trustDomain
  return others.find(each => each.Name !== self.Name && claimed(each))?.Name
}

function finishEstablish(state: State, { id, peerId, sealed }: FinishEstablishCommand): Reduced {
  const known = peeringById(state, id)
  if (known === undefined || known.PeerID !== peerId || known.State === 'DELETING') {
    return refuse(new Fault('conflict', 'the peering was changed or deleted while its token was used; try again'))
  }
  return done([
    ...putPeering(state, { ...withoutIndexes(known), State: 'ESTABLISHING' }),
    ...putSecrets(state, id, { sealed }),
  ])
}

function abortEstablish(state: State, { id, peerId, before }: AbortEstablishCommand): Reduced {
  const known = peeringById(state, id)
  if (known === undefined || known.PeerID !== peerId || known.State === 'DELETING') return done([])
  if (before !== undefined) return done(putPeering(state, { ...before, State: known.State }))
  return done([...remove(state, 'peerings', peeringKey(known)), ...remove(state, 'peeringSecrets', id)])
}

function exchangeSecret(state: State, command: ExchangeSecretCommand): Reduced {
  const { id, establishment, attempt, pending } = command
  const peering = peeringById(state, id)
  const secrets = state.get('peeringSecrets', id)
  if (peering === undefined || secrets === undefined || isDialer(peering) || !isOpen(peering)) {
    return refuse(new Fault('denied', 'unknown peering, or it was deleted'))
  }
  const isFresh = establishment !== '' && secrets.establishment === establishment
  // The answer to this very attempt was lost: as long as nothing was opened with it, it may be given again.
  const isRepeated =
    attempt !== '' && secrets.attempt === attempt && secrets.used === establishment && secrets.pending !== ''
  if (!isFresh && !isRepeated) return refuse(new Fault('denied', 'invalid peering establishment secret'))
  const left = isFresh ? '' : secrets.establishment
  return done(putSecrets(state, id, { establishment: left, used: establishment, attempt, pending }))
}

function openStream(state: State, { id, secret, remote }: OpenStreamCommand): Reduced {
  const peering = peeringById(state, id)
  const secrets = state.get('peeringSecrets', id)
  const isKnown = secrets !== undefined && secret !== '' && [secrets.pending, secrets.active].includes(secret)
  if (peering === undefined && !isKnown) return refuse(new Fault('not-found', 'there is no peering with this PeerID'))
  if (!isKnown) return refuse(new Fault('denied', 'invalid peering stream secret'))
  if (peering === undefined || !isOpen(peering)) return refuse(new Fault('conflict', 'the peering was deleted'))
  if (secrets.pending !== secret) return done([])
  return done([
    ...putSecrets(state, id, { active: secret, pending: '', used: '', attempt: '' }),
    ...putPeering(state, { ...withoutIndexes(peering), Remote: remote }),
  ])
}

function markDeleted(state: State, { partition, name, at }: DeletePeeringCommand): readonly Write[] {
  const known = state.get('peerings', joinKey(partition, name))
  if (known === undefined || known.State === 'DELETING') return []
  return putPeering(state, { ...withoutIndexes(known), State: 'DELETING', DeletedAt: at })
}

/** The record stays until the operator deletes it; what it could be reached and verified by goes. */
function terminate(state: State, id: string): readonly Write[] {
  const known = peeringById(state, id)
  if (known === undefined || !isOpen(known)) return []
  return [
    ...putPeering(state, { ...withoutIndexes(known), State: 'TERMINATED' }),
    ...remove(state, 'peeringSecrets', id),
    ...removeBundle(state, known),
  ]
}

function removePeering(state: State, { id, at }: RemovePeeringCommand): Reduced {
  const known = peeringById(state, id)
  if (known === undefined) return done([])
  const isEmpty = state.list('nodes', 'all', joinKey(known.Partition, known.Name)).length === 0
  if (known.State !== 'DELETING' || !isEmpty) {
    return refuse(new Fault('conflict', `peering "${known.Name}" is not ready to be removed`))
  }
  return done([
    ...remove(state, 'peerings', peeringKey(known)),
    ...removeBundle(state, known),
    ...remember(state, id, at),
  ])
}

/** What is left of a peering that somebody may still come to by its secret. */
function remember(state: State, id: string, at: number): readonly Write[] {
  const secrets = state.get('peeringSecrets', id)
  if (secrets === undefined || (secrets.active === '' && secrets.pending === ''))
    return remove(state, 'peeringSecrets', id)
  const { active, pending } = secrets
  return put(state, 'peeringSecrets', id, { ...NO_SECRETS, id, active, pending, deletedAt: at })
}

function forget(state: State, before: number): readonly Write[] {
  const old = state.list('peeringSecrets', 'deleted', '').filter(each => each.deletedAt < before)
  return old.map(each => ({ table: 'peeringSecrets', key: each.id, row: undefined }))
}

function removeBundle(state: State, { Partition, Name }: Peering): readonly Write[] {
  return remove(state, 'peerTrustBundles', trustBundleKey({ Partition, PeerName: Name }))
}

function putPeering(state: State, row: NewPeering): readonly Write[] {
  return put(state, 'peerings', peeringKey(row), row)
}

function putSecrets(
  state: State,
  id: string,
  change: Partial<Omit<Unindexed<PeeringSecrets>, 'id'>>,
): readonly Write[] {
  const known = state.get('peeringSecrets', id)
  const before = known === undefined ? NO_SECRETS : withoutIndexes(known)
  return put(state, 'peeringSecrets', id, { ...before, id, ...change })
}

function beingDeleted({ Name }: Peering): Fault {
  return new Fault('conflict', `PeerName: peering "${Name}" is being deleted; wait until it is gone`)
}

function withoutIndexes<T extends Indexed>(row: T): Omit<T, keyof Indexed> {
  const { CreateIndex, ModifyIndex, ...rest } = row
  return rest
}
