// When certificates are replaced. Pure: the time and the random number (0 <= random < 1) come in. All times are
// milliseconds.

import { colonHex } from '../../lib/x509/hex.ts'
import { type Certificate, isSignedBy, readCertificate } from '../../lib/x509/read-certificate.ts'
import type { CaRoot } from '../model/ca.ts'

const EARLIEST = 0.6
const LATEST = 0.9

/**
 * From when on a leaf is renewed: a random point between 60 % and 90 % of its life, so that leaves issued together
 * part.
 */
export function leafRenewalAt(
  leaf: { readonly validAfter: number; readonly validBefore: number },
  random: number,
): number {
  const life = leaf.validBefore - leaf.validAfter
  return leaf.validAfter + life * (EARLIEST + (LATEST - EARLIEST) * random)
}

/** Whether a leaf was signed by a key that no longer signs; the id is that of the key which signed it, as colon hex. */
export function isFromOldSigner(
  leaf: { readonly signingKeyId: string },
  active: Pick<CaRoot, 'SigningKeyID'>,
): boolean {
  return leaf.signingKeyId !== active.SigningKeyID
}

const MAX_SPREAD_MS = 30_000
/** What leaves time for other work: a new leaf goes through all that its proxy is made of. */
const LEAVES_PER_SECOND = 250

/**
 * How long one of `leaves` leaves waits after a change of root before it is issued anew. Few leaves follow at once,
 * many are spread over at most 30 s, longer only where a limit of `perSecond` signatures (0: no limit) needs it.
 */
export function reissueDelay(leaves: number, random: number, perSecond = 0): number {
  const wanted = Math.min(MAX_SPREAD_MS, (leaves / LEAVES_PER_SECOND) * 1000)
  const needed = perSecond > 0 ? (leaves / perSecond) * 1000 : 0
  return random * Math.max(wanted, needed)
}

export type IntermediateNeed = 'missing' | 'root-changed' | 'half-life'

/**
 * Why a secondary datacenter must ask the primary for an intermediate now; undefined when the one it has will do. The
 * active root is the primary's.
 */
export function intermediateNeed(
  intermediate: Certificate | undefined,
  activeRoot: Pick<CaRoot, 'RootCert'>,
  now: number,
): IntermediateNeed | undefined {
  if (intermediate === undefined) return 'missing'
  const root = readCertificate(activeRoot.RootCert)
  if (!root.ok || !isSignedBy(intermediate, root.value)) return 'root-changed'
  return now >= halfLife(intermediate) ? 'half-life' : undefined
}

/** The middle of a certificate's life, when an intermediate is renewed. */
export function halfLife(certificate: Pick<Certificate, 'notBefore' | 'notAfter'>): number {
  return certificate.notBefore + (certificate.notAfter - certificate.notBefore) / 2
}

/** The id of the key that signed a certificate, as roots name it; '' when the certificate does not say. */
export function signingKeyIdOf(certificate: Certificate): string {
  const id = certificate.extensions.authorityKeyId
  return id === undefined ? '' : colonHex(id)
}
