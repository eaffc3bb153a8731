// What a provider of certificates can do, whichever it is. One signer is one signing key: after a rotation of roots
// another signer takes over. Asynchronous, because a provider may be another machine.

import type { CaRoot } from '../../core/model/ca.ts'
import type { Leaf } from '../../core/model/fact.ts'
import type { GrantedLeaf, LeafRules } from '../../core/pki/csr-rules.ts'

export interface RootRequest {
  readonly keyType: 'ec' | 'rsa'
  readonly keyBits: number
  readonly ttlMs: number
  /** The user's own key, and certificate if there is one ('' has it made); '' for a key of our own making. */
  readonly keyPem: string
  readonly certPem: string
}

export interface LeafRequest {
  readonly spiffeUri: string
  readonly dnsSans: readonly string[]
  readonly ipSans: readonly string[]
  readonly ttlMs: number
}

/** A certificate for a key that stays with the requester. `certPem` is the leaf and the intermediates it needs. */
export interface SignedLeaf extends Omit<Leaf, 'privateKeyPem'> {
  /** Id of the key that signed it, as CaRoot.SigningKeyID names it. */
  readonly signingKeyId: string
}

/** A certificate with its key. */
export interface IssuedLeaf extends SignedLeaf, Leaf {}

/** Faults: `unavailable` while there is no valid signing certificate, `invalid` for requests that break the rules. */
export interface Signer {
  readonly provider: string
  /** Makes (or takes) key and root certificate and signs with them from now on. */
  generateRoot(request: RootRequest): Promise<CaRoot>
  /** PEM of a request for an intermediate of a secondary datacenter, for a new key that waits for `setIntermediate`. */
  generateIntermediateCsr(key: Pick<RootRequest, 'keyType' | 'keyBits'>): Promise<string>
  /** PEM of the intermediate for a secondary datacenter's request. */
  signIntermediate(csrPem: string, ttlMs: number): Promise<string>
  /** Signs with this intermediate from now on; it must be the answer to the newest request. */
  setIntermediate(certPem: string): Promise<void>
  /** PEM of `rootPem`'s name and key as certified by this signer's root; valid for seven days. */
  crossSign(rootPem: string): Promise<string>
  /** Cross-signed roots that follow every leaf, so that those who only trust an older root can verify it. */
  setLinks(pems: readonly string[]): Promise<void>
  /** Signs a leaf request that passes the rules and `terms.allow`. */
  signLeaf(csrPem: string, terms: LeafTerms): Promise<SignedLeaf & Pick<GrantedLeaf, 'identity'>>
  /** Makes a key and a leaf for it. The identity is the caller's responsibility. */
  issueLeaf(request: LeafRequest): Promise<IssuedLeaf>
}

export interface LeafTerms extends LeafRules {
  readonly ttlMs: number
  /** Throws a Fault when the requester may not have this identity. */
  readonly allow: (leaf: GrantedLeaf) => void
}
