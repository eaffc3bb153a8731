// What a built-in signer must remember, as plain data with private keys in it: only ever stored sealed. And the same,
// ready to sign.

import { joinPem } from '../../lib/pem.ts'
import { colonHex } from '../../lib/x509/hex.ts'
import { type Certificate, certificatePem, readCertificate, subjectKeyIdOf } from '../../lib/x509/read-certificate.ts'
import { readSigningKey, type SigningKey } from '../../lib/x509/signature.ts'

export interface SignerState {
  readonly clusterId: string
  /** Key and certificate that sign; '' before there are any. */
  readonly keyPem: string
  readonly certPem: string
  /** Whether `certPem` is a root, or an intermediate, which then follows every leaf. */
  readonly kind: 'root' | 'intermediate'
  /** Cross-signed roots that follow every leaf, newest first. */
  readonly links: readonly string[]
  /** Key of an intermediate that was asked for; '' when none is. */
  readonly pendingKeyPem: string
}

/** The state of a signer that has nothing yet. */
export function newSignerState(clusterId: string): SignerState {
  return { clusterId, keyPem: '', certPem: '', kind: 'root', links: [], pendingKeyPem: '' }
}

/** A key and certificate that can sign, with what depends only on them. */
export interface Authority {
  readonly key: SigningKey
  readonly certificate: Certificate
  /** PEM that follows every leaf: the intermediate, then cross-signed roots; '' under a plain root. */
  readonly chainPem: string
  /** Id of the key, as CaRoot.SigningKeyID names it. */
  readonly keyId: string
}

/**
 * Reads key and certificate of a state; undefined while there are none. Throws for a state that cannot have been ours.
 */
export function loadAuthority(state: SignerState): Authority | undefined {
  if (state.keyPem === '' || state.certPem === '') return undefined
  const key = readSigningKey(state.keyPem)
  const certificate = readCertificate(state.certPem)
  if (!key.ok || !certificate.ok) throw new Error('the stored signing key or certificate cannot be read')
  const own = state.kind === 'intermediate' ? [certificatePem(certificate.value.der)] : []
  return {
    key: key.value,
    certificate: certificate.value,
    chainPem: joinPem([...own, ...state.links]),
    keyId: colonHex(subjectKeyIdOf(certificate.value)),
  }
}
