// What each kind of certificate contains, as templates to sign: root, intermediate of a secondary datacenter,
// cross-signed root, leaf. Lifetimes never exceed the issuer's. Every not-before is back-dated one minute for clocks
// that run behind.

import type { Csr } from '../../lib/x509/csr.ts'
import { type Extensions, noExtensions } from '../../lib/x509/extensions.ts'
import { commonName, EMPTY_NAME } from '../../lib/x509/name.ts'
import { keyId } from '../../lib/x509/public-key.ts'
import { type Certificate, subjectKeyIdOf } from '../../lib/x509/read-certificate.ts'
import { NO_NAMES } from '../../lib/x509/subject-alt-names.ts'
import type { CertificateTemplate } from '../../lib/x509/write-certificate.ts'
import { trustDomainOf } from '../model/ca.ts'
import { spiffeUri } from '../model/spiffe.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** How far not-before lies in the past. */
export const BACKDATE_MS = MINUTE_MS

/** How long a root that is cross-signed by its predecessor is valid. */
export const CROSS_SIGNED_TTL_MS = 7 * DAY_MS

/** Serial number, time and lifetime of a certificate to come. */
export interface Issuing {
  /** Big-endian magnitude, random, not zero. */
  readonly serial: Uint8Array
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly ttlMs: number
}

export interface RootSubject {
  readonly clusterId: string
  /** Seven or eight characters that tell this root's name from the next one's. */
  readonly label: string
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
}

/** A self-signed root named `pri-<label>.consul.ca.<first 8 of the cluster's uuid>.consul`, path length free. */
export function rootProfile(subject: RootSubject, issuing: Issuing): CertificateTemplate {
  const name = caName('pri', subject)
  const id = keyId(subject.spki)
  return {
    serial: issuing.serial,
    issuer: name,
    subject: name,
    notBefore: issuing.now - BACKDATE_MS,
    notAfter: issuing.now + issuing.ttlMs,
    spki: subject.spki,
    extensions: { ...caExtensions(subject.clusterId), subjectKeyId: id, authorityKeyId: id },
  }
}

/**
 * Name and extensions a secondary datacenter asks for its intermediate: `sec-<label>.consul.ca.<first 8 of
 * uuid>.consul`.
 */
export function intermediateRequest(subject: RootSubject): {
  readonly name: Uint8Array
  readonly extensions: Extensions
} {
  return { name: caName('sec', subject), extensions: { ...caExtensions(subject.clusterId), pathLength: 0 } }
}

/** The intermediate for a request that passed `checkIntermediateCsr`. It can sign leaves only. */
export function intermediateProfile(
  csr: Csr,
  clusterId: string,
  issuer: Certificate,
  issuing: Issuing,
): CertificateTemplate {
  return {
    ...issuedBy(issuer, issuing),
    subject: csr.subject,
    spki: csr.publicKey.spki,
    extensions: {
      ...caExtensions(clusterId),
      pathLength: 0,
      subjectKeyId: keyId(csr.publicKey.spki),
      authorityKeyId: subjectKeyIdOf(issuer),
    },
  }
}

/**
 * The root `next` as certified by its predecessor: same name and key, so that a leaf of the new root also chains to the
 * old one. Valid for seven days, whatever `issuing.ttlMs` would be.
 */
export function crossSignedProfile(
  next: Certificate,
  issuer: Certificate,
  issuing: Omit<Issuing, 'ttlMs'>,
): CertificateTemplate {
  return {
    ...issuedBy(issuer, { ...issuing, ttlMs: CROSS_SIGNED_TTL_MS }),
    subject: next.subject,
    spki: next.publicKey.spki,
    extensions: { ...next.extensions, subjectKeyId: subjectKeyIdOf(next), authorityKeyId: subjectKeyIdOf(issuer) },
  }
}

export interface LeafSubject {
  readonly spiffeUri: string
  readonly dnsSans: readonly string[]
  readonly ipSans: readonly string[]
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
}

const LEAF: Extensions = {
  ...noExtensions(),
  keyUsage: ['digitalSignature', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'],
  extKeyUsage: ['clientAuth', 'serverAuth'],
}

/** A workload's certificate: empty subject, one SPIFFE URI, client and server use. */
export function leafProfile(subject: LeafSubject, issuer: Certificate, issuing: Issuing): CertificateTemplate {
  return {
    ...issuedBy(issuer, issuing),
    subject: EMPTY_NAME,
    spki: subject.spki,
    extensions: {
      ...LEAF,
      subjectKeyId: keyId(subject.spki),
      authorityKeyId: subjectKeyIdOf(issuer),
      subjectAltNames: { ...NO_NAMES, uris: [subject.spiffeUri], dns: subject.dnsSans, ips: subject.ipSans },
    },
  }
}

function issuedBy(issuer: Certificate, { serial, now, ttlMs }: Issuing) {
  return {
    serial,
    issuer: issuer.subject,
    notBefore: now - BACKDATE_MS,
    notAfter: Math.min(now + ttlMs, issuer.notAfter),
  }
}

function caName(prefix: 'pri' | 'sec', { label, clusterId }: RootSubject): Uint8Array {
  return commonName(`${prefix}-${label}.consul.ca.${clusterId.slice(0, 8)}.consul`)
}

function caExtensions(clusterId: string): Extensions {
  const uri = spiffeUri({ kind: 'signing', trustDomain: trustDomainOf(clusterId) })
  return {
    ...noExtensions(),
    isCa: true,
    keyUsage: ['digitalSignature', 'keyCertSign', 'cRLSign'],
    subjectAltNames: { ...NO_NAMES, uris: [uri] },
  }
}
