// The built-in provider: keys made here, kept in memory, signed with on this thread. It stores nothing: whoever owns it
// saves `state()`, sealed, after each call that changes it (generateRoot, generateIntermediateCsr, setIntermediate,
// setLinks).

import { type CaRoot, trustDomainOf } from '../../core/model/ca.ts'
import { Fault, invalid } from '../../core/model/fault.ts'
import { customRootIssues } from '../../core/pki/configuration-change.ts'
import { checkIntermediateCsr, checkLeafCsr, type GrantedLeaf } from '../../core/pki/csr-rules.ts'
import { crossSignedProfile, intermediateProfile, intermediateRequest, rootProfile } from '../../core/pki/profiles.ts'
import { caRoot } from '../../core/pki/roots.ts'
import type { Decoded } from '../../lib/schema.ts'
import { readCsr, writeCsr } from '../../lib/x509/csr.ts'
import { sameKey } from '../../lib/x509/public-key.ts'
import { type Certificate, certificatePem, readCertificate } from '../../lib/x509/read-certificate.ts'
import { readSigningKey, type SigningKey } from '../../lib/x509/signature.ts'
import { type CertificateTemplate, signCertificate } from '../../lib/x509/write-certificate.ts'
import type { CsrLimiter } from './csr-limiter.ts'
import { newCaKey, newCaSerial, newLabel } from './keys.ts'
import { issueLeaf, signLeaf } from './leaf.ts'
import type { IssuedLeaf, LeafRequest, LeafTerms, RootRequest, SignedLeaf, Signer } from './signer.ts'
import { type Authority, loadAuthority, type SignerState } from './signer-state.ts'

export interface BuiltInSignerOptions {
  readonly state: SignerState
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /**
   * Paces `signLeaf`; `issueLeaf` is not limited, because our own data planes' leaves are paced by whoever asks for
   * them.
   */
  readonly limiter?: CsrLimiter
}

/** A signer that goes on from `options.state`. */
export class BuiltInSigner implements Signer {
  readonly provider = 'consul'
  readonly #now: () => number
  readonly #limiter: CsrLimiter | undefined
  #state: SignerState
  #authority: Authority | undefined

  constructor(options: BuiltInSignerOptions) {
    this.#state = options.state
    this.#now = options.now
    this.#limiter = options.limiter
    this.#authority = loadAuthority(options.state)
  }

  /** Everything to remember, private keys included. */
  state(): SignerState {
    return this.#state
  }

  async issueLeaf(request: LeafRequest): Promise<IssuedLeaf> {
    return issueLeaf(this.#ready(), request, this.#now())
  }

  async signLeaf(csrPem: string, terms: LeafTerms): Promise<SignedLeaf & Pick<GrantedLeaf, 'identity'>> {
    await this.#limiter?.take()
    const csr = required('certificate signing request', readCsr(csrPem))
    const leaf = required('certificate signing request', checkLeafCsr(csr, terms))
    terms.allow(leaf)
    const { identity, uri, dnsSans, ipSans, spki } = leaf
    const subject = { spiffeUri: uri, dnsSans, ipSans, spki, ttlMs: terms.ttlMs }
    return { ...signLeaf(this.#ready(), subject, this.#now()), identity }
  }

  async generateRoot(request: RootRequest): Promise<CaRoot> {
    const { clusterId } = this.#state
    const now = this.#now()
    const given = request.keyPem !== ''
    if (given || request.certPem !== '') refuseIssues('CA root', customRootIssues(request.certPem, request.keyPem, now))
    const { key, pem } = given ? givenKey(request.keyPem) : await newCaKey(request.keyType, request.keyBits)
    const subject = { clusterId, label: newLabel(), spki: key.publicKey.spki }
    const certificate =
      request.certPem === ''
        ? signed(rootProfile(subject, { serial: newCaSerial(), now, ttlMs: request.ttlMs }), key)
        : required('CA root', readCertificate(request.certPem))

    this.#set({ ...this.#state, kind: 'root', keyPem: pem, certPem: certificatePem(certificate.der), links: [] })
    return caRoot(certificate, clusterId)
  }

  async crossSign(rootPem: string): Promise<string> {
    const { certificate, key } = this.#ready()
    const next = required('CA root', readCertificate(rootPem))
    if (!next.extensions.isCa) throw new Fault('invalid', 'CA root: is not a certificate authority')
    const profile = crossSignedProfile(next, certificate, { serial: newCaSerial(), now: this.#now() })
    return certificatePem(signCertificate(profile, key))
  }

  async setLinks(pems: readonly string[]): Promise<void> {
    const links = pems.map(pem => certificatePem(required('cross-signed root', readCertificate(pem)).der))
    this.#set({ ...this.#state, links })
  }

  async generateIntermediateCsr({ keyType, keyBits }: Pick<RootRequest, 'keyType' | 'keyBits'>): Promise<string> {
    const { key, pem } = await newCaKey(keyType, keyBits)
    const { clusterId } = this.#state
    const { name, extensions } = intermediateRequest({ clusterId, label: newLabel(), spki: key.publicKey.spki })
    this.#set({ ...this.#state, pendingKeyPem: pem })
    return writeCsr(name, extensions, key)
  }

  async signIntermediate(csrPem: string, ttlMs: number): Promise<string> {
    const { certificate, key } = this.#ready()
    const { clusterId } = this.#state
    const csr = required('certificate signing request', readCsr(csrPem))
    refuseIssues('certificate signing request', checkIntermediateCsr(csr, trustDomainOf(clusterId)))
    const issuing = { serial: newCaSerial(), now: this.#now(), ttlMs }
    return certificatePem(signCertificate(intermediateProfile(csr, clusterId, certificate, issuing), key))
  }

  async setIntermediate(certPem: string): Promise<void> {
    const { pendingKeyPem } = this.#state
    if (pendingKeyPem === '') throw new Fault('conflict', 'no intermediate was asked for')
    const certificate = required('intermediate', readCertificate(certPem))
    if (!certificate.extensions.isCa) throw new Fault('invalid', 'intermediate: is not a certificate authority')
    if (!sameKey(certificate.publicKey, givenKey(pendingKeyPem).key.publicKey)) {
      throw new Fault('conflict', 'intermediate: is not for the key of the newest request')
    }
    const pem = certificatePem(certificate.der)
    this.#set({ ...this.#state, kind: 'intermediate', keyPem: pendingKeyPem, certPem: pem, pendingKeyPem: '' })
  }

  #set(state: SignerState): void {
    this.#authority = loadAuthority(state)
    this.#state = state
  }

  #ready(): Authority {
    const authority = this.#authority
    if (authority === undefined) throw new Fault('unavailable', 'the certificate authority is not initialised yet')
    if (authority.certificate.notAfter <= this.#now()) {
      throw new Fault('unavailable', 'the certificate authority cannot sign: its own certificate has expired')
    }
    return authority
  }
}

function signed(template: CertificateTemplate, key: SigningKey): Certificate {
  return required('CA root', readCertificate(certificatePem(signCertificate(template, key))))
}

function givenKey(pem: string): { readonly key: SigningKey; readonly pem: string } {
  return { key: required('private key', readSigningKey(pem)), pem }
}

function required<T>(what: string, result: Decoded<T>): T {
  if (!result.ok) throw invalid(what, result.issues)
  return result.value
}

function refuseIssues(what: string, issues: Parameters<typeof invalid>[1]): void {
  if (issues.length > 0) throw invalid(what, issues)
}
