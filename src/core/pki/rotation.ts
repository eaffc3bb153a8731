// Root rotation as a state machine: rotate(state, event) -> state. The effects between the events (making keys,
// signing, committing) are the signer's and the engine's. A state is plain data, so it can be stored and taken up again
// after a crash.
//
//   empty ---------- generated ----------> ready ---- activated ----> steady
//   steady -- generated --> cross-signing -- cross-signed, or refused and forced --> ready -- activated --> steady
//   abandoned leads back to steady (or empty); swept prunes wherever there are roots.

import type { Issue } from '../../lib/schema.ts'
import { sameKey } from '../../lib/x509/public-key.ts'
import { type Certificate, certificatePem, isSignedBy, readCertificate } from '../../lib/x509/read-certificate.ts'
import { parseRfc3339 } from '../../lib/x509/time.ts'
import type { CaRoot } from '../model/ca.ts'

export type Rotation =
  /** No root yet. */
  | { readonly phase: 'empty' }
  /** One active root, and those rotated out that are not pruned yet. */
  | { readonly phase: 'steady'; readonly roots: readonly CaRoot[] }
  /** A new root exists; the key of the active root has to certify it. */
  | { readonly phase: 'cross-signing'; readonly roots: readonly CaRoot[]; readonly candidate: CaRoot }
  /** The new root can take over. */
  | { readonly phase: 'ready'; readonly roots: readonly CaRoot[]; readonly candidate: CaRoot }

export type RotationEvent =
  | { readonly type: 'generated'; readonly root: CaRoot }
  /** The active root's key has signed the candidate: PEM of that certificate. */
  | { readonly type: 'cross-signed'; readonly certPem: string; readonly now: number }
  /**
   * It could not; `force` goes on without, at the price of connections between those who know only one of the roots.
   */
  | { readonly type: 'cross-signing-refused'; readonly reason: string; readonly force: boolean }
  | { readonly type: 'activated'; readonly now: number }
  | { readonly type: 'abandoned' }
  | { readonly type: 'swept'; readonly now: number; readonly leafTtlMs: number }

/** The state after the event. With issues, the event did not fit and the state is as it was. */
export interface Rotated {
  readonly state: Rotation
  readonly issues: readonly Issue[]
}

/** Takes one step. Never throws; an event that does not fit the phase is an issue. */
export function rotate(state: Rotation, event: RotationEvent): Rotated {
  switch (event.type) {
    case 'generated':
      return generated(state, event.root)
    case 'cross-signed':
      return crossSigned(state, event)
    case 'cross-signing-refused':
      return refused(state, event)
    case 'activated':
      return activated(state, event.now)
    case 'abandoned':
      return abandoned(state)
    case 'swept':
      return swept(state, event)
  }
}

/** The roots to be trusted now, the active one first. */
export function trustedRoots(state: Rotation): readonly CaRoot[] {
  return state.phase === 'empty' ? [] : state.roots
}

function generated(state: Rotation, root: CaRoot): Rotated {
  if (state.phase === 'empty') return to({ phase: 'ready', roots: [], candidate: root })
  if (state.phase !== 'steady') return misfit(state, 'a rotation is already under way')
  if (state.roots.some(each => each.ID === root.ID)) return misfit(state, `root ${root.ID} is already trusted`)
  return to({ phase: 'cross-signing', roots: state.roots, candidate: root })
}

// Each further rotation within a week adds one certificate to every handshake; beyond this many, the oldest link goes.
const MAX_LINKS = 3

function crossSigned(state: Rotation, { certPem, now }: { certPem: string; now: number }): Rotated {
  if (state.phase !== 'cross-signing') return misfit(state, 'no root waits for a cross-signature')
  const active = state.roots.find(root => root.Active)
  const problem = crossSignatureProblem(certPem, state.candidate, active)
  if (problem !== undefined) return misfit(state, problem)
  const links = [certPem, ...unexpired(active?.IntermediateCerts ?? [], now)].slice(0, MAX_LINKS)
  return to({ phase: 'ready', roots: state.roots, candidate: { ...state.candidate, IntermediateCerts: links } })
}

function crossSignatureProblem(certPem: string, candidate: CaRoot, active: CaRoot | undefined): string | undefined {
  const [cross, next, issuer] = [certPem, candidate.RootCert, active?.RootCert ?? ''].map(readCertificate)
  if (!cross?.ok || !next?.ok || !issuer?.ok) return 'the cross-signed certificate cannot be read'
  const same = sameKey(cross.value.publicKey, next.value.publicKey)
  if (!same || !sameName(cross.value, next.value)) return 'the cross-signed certificate is not of the new root'
  return isSignedBy(cross.value, issuer.value)
    ? undefined
    : 'the cross-signed certificate is not signed by the active root'
}

function sameName(a: Certificate, b: Certificate): boolean {
  return a.subject.length === b.subject.length && a.subject.every((octet, i) => octet === b.subject[i])
}

function refused(state: Rotation, { reason, force }: { reason: string; force: boolean }): Rotated {
  if (state.phase !== 'cross-signing') return misfit(state, 'no root waits for a cross-signature')
  if (force) return to({ phase: 'ready', roots: state.roots, candidate: state.candidate })
  const message =
    `the current root cannot certify the new one (${reason}); ` +
    'ForceWithoutCrossSigning rotates without, and breaks connections until every proxy has both roots'
  return { state: { phase: 'steady', roots: state.roots }, issues: [{ path: 'ForceWithoutCrossSigning', message }] }
}

function activated(state: Rotation, now: number): Rotated {
  if (state.phase !== 'ready') return misfit(state, 'no root is ready to take over')
  const old = state.roots.map(root => (root.Active ? { ...root, Active: false, RotatedOutAt: now } : root))
  return to({ phase: 'steady', roots: [{ ...state.candidate, Active: true }, ...old] })
}

function abandoned(state: Rotation): Rotated {
  if (state.phase !== 'cross-signing' && state.phase !== 'ready') return misfit(state, 'no rotation is under way')
  return to(state.roots.length === 0 ? { phase: 'empty' } : { phase: 'steady', roots: state.roots })
}

/**
 * Drops roots that were rotated out longer than two leaf lifetimes ago, roots and cross-signed certificates that have
 * expired. The active root stays whatever its age. The very same state comes back when there is nothing to drop.
 */
function swept(state: Rotation, { now, leafTtlMs }: { now: number; leafTtlMs: number }): Rotated {
  if (state.phase === 'empty') return to(state)
  const kept = state.roots.filter(root => root.Active || !isDone(root, now, leafTtlMs))
  const roots = kept.map(root => withoutExpired(root, now))
  const changed = roots.length !== state.roots.length || roots.some((root, i) => root !== state.roots[i])
  return to(changed ? { ...state, roots } : state)
}

function isDone(root: CaRoot, now: number, leafTtlMs: number): boolean {
  return now >= (root.RotatedOutAt ?? 0) + 2 * leafTtlMs || now >= parseRfc3339(root.NotAfter)
}

function withoutExpired(root: CaRoot, now: number): CaRoot {
  const certs = root.IntermediateCerts ?? []
  const kept = unexpired(certs, now)
  if (kept.length === certs.length) return root
  return { ...root, IntermediateCerts: kept.length === 0 ? null : kept }
}

function unexpired(pems: readonly string[], now: number): string[] {
  return pems.flatMap(pem => {
    const certificate = readCertificate(pem)
    return certificate.ok && certificate.value.notAfter > now ? [certificatePem(certificate.value.der)] : []
  })
}

function to(state: Rotation): Rotated {
  return { state, issues: [] }
}

function misfit(state: Rotation, message: string): Rotated {
  return { state, issues: [{ path: '', message }] }
}
