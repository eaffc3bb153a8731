// The life of a datacenter's authority, step by step: each function takes a state and gives the next one, to be stored
// before it is acted upon. Primary: startPrimary, prepareRotation, activateRotation, sweepRoots. Secondary:
// startSecondary, followPrimary, requestIntermediate, acceptIntermediate. When to take a step is decided by the caller
// (core/pki/renewal.ts).

import type { CaRoot } from '../../core/model/ca.ts'
import { Fault, invalid } from '../../core/model/fault.ts'
import type { CaSettings } from '../../core/pki/ca-configuration.ts'
import { secondaryRoots } from '../../core/pki/roots.ts'
import { type Rotation, type RotationEvent, rotate, trustedRoots } from '../../core/pki/rotation.ts'
import { type Certificate, isSignedBy, readCertificate } from '../../lib/x509/read-certificate.ts'
import { BuiltInSigner } from './built-in-signer.ts'
import type { CaState } from './ca-state.ts'
import { newSignerState, type SignerState } from './signer-state.ts'

export interface NewRoot {
  readonly settings: Pick<CaSettings, 'keyType' | 'keyBits' | 'rootTtlMs' | 'rootCertPem' | 'disableCrossSigning'>
  /** The user's own key; '' to have one made. */
  readonly privateKeyPem: string
  /** Rotate although the roots do not vouch for each other. */
  readonly force: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** The first root of a primary datacenter, active at once. */
export async function startPrimary(clusterId: string, root: NewRoot): Promise<CaState> {
  const empty = newSignerState(clusterId)
  const made = await makeRoot(empty, root)
  const generated = step({ phase: 'empty' }, { type: 'generated', root: made.root })
  const rotation = step(generated, { type: 'activated', now: root.now })
  return { version: 1, rotation, signer: made.signer, candidate: null }
}

/**
 * A new root beside the active one, certified by it, ready to be activated. A rotation that was under way is dropped.
 * Throws Fault `invalid` for a root that cannot be used, and when the roots cannot be cross-signed without `force`.
 */
export async function prepareRotation(state: CaState, root: NewRoot): Promise<CaState> {
  const steady = withoutCandidate(state.rotation)
  const made = await makeRoot(newSignerState(state.signer.clusterId), root)
  const waiting = step(steady, { type: 'generated', root: made.root })
  const event = await crossSigning(state.signer, made.root, root)
  const ready = step(waiting, event)
  if (ready.phase !== 'ready') throw new Error(`a prepared rotation is ${ready.phase}`)

  const candidate = new BuiltInSigner({ state: made.signer, now: () => root.now })
  await candidate.setLinks(ready.candidate.IntermediateCerts ?? [])
  return { ...state, rotation: ready, candidate: candidate.state() }
}

/** The prepared root takes over. */
export function activateRotation(state: CaState, now: number): CaState {
  if (state.candidate === null) throw new Fault('conflict', 'no root is ready to take over')
  const rotation = step(state.rotation, { type: 'activated', now })
  return { ...state, rotation, signer: state.candidate, candidate: null }
}

/** Drops what is no longer needed; the very same state when nothing is. To be called about hourly. */
export function sweepRoots(state: CaState, now: number, leafTtlMs: number): CaState {
  const rotation = step(state.rotation, { type: 'swept', now, leafTtlMs })
  if (rotation === state.rotation) return state
  return { ...state, rotation, signer: { ...state.signer, links: activeLinks(trustedRoots(rotation)) } }
}

/** A secondary datacenter before it has an intermediate; `roots` are the primary's. */
export function startSecondary(clusterId: string, roots: readonly CaRoot[]): CaState {
  return { version: 1, rotation: { phase: 'steady', roots }, signer: newSignerState(clusterId), candidate: null }
}

/** The primary's roots changed. The intermediate goes on signing until its successor is accepted. */
export function followPrimary(state: CaState, roots: readonly CaRoot[]): CaState {
  return { ...state, rotation: { phase: 'steady', roots }, signer: { ...state.signer, links: activeLinks(roots) } }
}

/** A new key for an intermediate, and the PEM request to send to the primary. */
export async function requestIntermediate(
  state: CaState,
  key: Pick<CaSettings, 'keyType' | 'keyBits'>,
): Promise<{ readonly state: CaState; readonly csrPem: string }> {
  const signer = new BuiltInSigner({ state: state.signer, now: () => 0 })
  const csrPem = await signer.generateIntermediateCsr(key)
  return { state: { ...state, signer: signer.state() }, csrPem }
}

/**
 * Signs with the intermediate that the primary returned. Throws Fault `conflict` when it is not under a root we know.
 */
export async function acceptIntermediate(state: CaState, certPem: string): Promise<CaState> {
  const certificate = readCertificate(certPem)
  if (!certificate.ok) throw invalid('intermediate', certificate.issues)
  const roots = trustedRoots(state.rotation)
  if (!roots.some(root => signedByRoot(certificate.value, root))) {
    throw new Fault('conflict', 'the intermediate is not signed by any root of the primary that we know')
  }
  const signer = new BuiltInSigner({ state: { ...state.signer, links: activeLinks(roots) }, now: () => 0 })
  await signer.setIntermediate(certPem)
  return { ...state, signer: signer.state() }
}

/**
 * The roots to show and to give to proxies: in a secondary datacenter with its own intermediate as the one that signs.
 */
export function servedRoots(state: CaState): readonly CaRoot[] {
  const roots = trustedRoots(state.rotation)
  const intermediate = intermediateOf(state)
  return intermediate === undefined ? roots : secondaryRoots(roots, intermediate)
}

/** The intermediate a secondary datacenter signs with; undefined when it has none, and in the primary. */
export function intermediateOf(state: CaState): Certificate | undefined {
  if (state.signer.kind !== 'intermediate') return undefined
  const certificate = readCertificate(state.signer.certPem)
  return certificate.ok ? certificate.value : undefined
}

async function makeRoot(empty: SignerState, root: NewRoot): Promise<{ root: CaRoot; signer: SignerState }> {
  const signer = new BuiltInSigner({ state: empty, now: () => root.now })
  const { keyType, keyBits, rootTtlMs, rootCertPem } = root.settings
  const request = { keyType, keyBits, ttlMs: rootTtlMs, keyPem: root.privateKeyPem, certPem: rootCertPem }
  return { root: await signer.generateRoot(request), signer: signer.state() }
}

async function crossSigning(old: SignerState, next: CaRoot, { settings, force, now }: NewRoot): Promise<RotationEvent> {
  if (settings.disableCrossSigning) {
    return { type: 'cross-signing-refused', reason: 'Config.DisableCrossSigning is true', force }
  }
  try {
    const certPem = await new BuiltInSigner({ state: old, now: () => now }).crossSign(next.RootCert)
    return { type: 'cross-signed', certPem, now }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { type: 'cross-signing-refused', reason: error.message, force }
  }
}

function withoutCandidate(rotation: Rotation): Rotation {
  return rotation.phase === 'steady' || rotation.phase === 'empty' ? rotation : step(rotation, { type: 'abandoned' })
}

function step(rotation: Rotation, event: RotationEvent): Rotation {
  const { state, issues } = rotate(rotation, event)
  if (issues.length > 0) throw invalid('CA configuration', issues)
  return state
}

function activeLinks(roots: readonly CaRoot[]): readonly string[] {
  return roots.find(root => root.Active)?.IntermediateCerts ?? []
}

function signedByRoot(certificate: Certificate, root: CaRoot): boolean {
  const issuer = readCertificate(root.RootCert)
  return issuer.ok && isSignedBy(certificate, issuer.value)
}
