// Certificates read into plain data: what chains, rotation and renewal need. Trust decisions are the caller's.

import {
  Asn1Error,
  contextTag,
  type DerNode,
  expectTag,
  readDer,
  readOctetBits,
  readSmallInteger,
  readUnsigned,
  TAG,
} from '../asn1.ts'
import { decodeOnePem, encodePem } from '../pem.ts'
import type { Decoded } from '../schema.ts'
import { type Extensions, noExtensions, readExtensions } from './extensions.ts'
import { readCommonName } from './name.ts'
import { keyId, type PublicKey, publicKeyFrom } from './public-key.ts'
import { readSignatureAlgorithm, type Signed, verifySigned } from './signature.ts'
import { readTime } from './time.ts'

export interface Certificate {
  readonly der: Uint8Array
  /** Big-endian magnitude. */
  readonly serial: Uint8Array
  /** DER names; chains match them byte for byte. */
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly subjectCommonName: string
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  readonly publicKey: PublicKey
  readonly extensions: Extensions
  readonly signed: Signed
}

const MAX_BYTES = 64 * 1024

/** Reads one PEM certificate. Never throws. */
export function readCertificate(pem: string): Decoded<Certificate> {
  const der = decodeOnePem(pem, ['CERTIFICATE'])
  return der.ok ? readCertificateDer(der.value) : der
}

/** Reads one DER certificate. Never throws. */
export function readCertificateDer(der: Uint8Array): Decoded<Certificate> {
  try {
    if (der.length > MAX_BYTES) throw new Asn1Error(`it has ${der.length} bytes; allowed are ${MAX_BYTES}`)
    return { ok: true, value: parse(der) }
  } catch (error) {
    if (!(error instanceof Asn1Error)) throw error
    return { ok: false, issues: [{ path: '', message: `malformed certificate: ${error.message}` }] }
  }
}

function parse(der: Uint8Array): Certificate {
  const [body, algorithm, signature, extra] = expectTag(readDer(der), TAG.sequence, 'certificate').children
  const [version, serial, innerAlgorithm, issuer, validity, subject, spki, ...rest] = expectTag(
    body,
    TAG.sequence,
    'certificate body',
  ).children
  const [v] = expectTag(version, contextTag(0), 'version').children
  if (readSmallInteger(v, 'version') !== 2) throw new Asn1Error('only version 3 is supported')
  const signatureAlgorithm = readSignatureAlgorithm(algorithm)
  if (readSignatureAlgorithm(innerAlgorithm) !== signatureAlgorithm)
    throw new Asn1Error('the two signature algorithms differ')
  if (extra !== undefined) throw new Asn1Error('certificate has too many parts')
  const [notBefore, notAfter] = expectTag(validity, TAG.sequence, 'validity').children
  readCommonName(issuer, 'issuer')

  return {
    der,
    serial: readUnsigned(serial, 'serial number'),
    issuer: expectTag(issuer, TAG.sequence, 'issuer').encoded,
    subject: expectTag(subject, TAG.sequence, 'subject').encoded,
    subjectCommonName: readCommonName(subject, 'subject'),
    notBefore: readTime(notBefore, 'not-before'),
    notAfter: readTime(notAfter, 'not-after'),
    publicKey: publicKeyFrom(expectTag(spki, TAG.sequence, 'public key')),
    extensions: trailingExtensions(rest),
    signed: {
      body: expectTag(body, TAG.sequence, 'certificate body').encoded,
      algorithm: signatureAlgorithm,
      signature: readOctetBits(signature, 'signature'),
    },
  }
}

function trailingExtensions(rest: readonly DerNode[]): Extensions {
  const explicit = rest.find(part => part.tag === contextTag(3))
  if (explicit === undefined) return noExtensions()
  const [list, extra] = explicit.children
  if (extra !== undefined) throw new Asn1Error('extensions have too many parts')
  return readExtensions(expectTag(list, TAG.sequence, 'extensions'))
}

/** The PEM text of a certificate, ending with one newline. */
export function certificatePem(der: Uint8Array): string {
  return encodePem('CERTIFICATE', der)
}

/** The subject key id, or what it would be by Consul's rule when the certificate has none. */
export function subjectKeyIdOf(certificate: Certificate): Uint8Array {
  return certificate.extensions.subjectKeyId ?? keyId(certificate.publicKey.spki)
}

/**
 * Whether `issuer` signed `certificate`: names match and the signature verifies. Times and constraints are not looked
 * at.
 */
export function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (Buffer.compare(certificate.issuer, issuer.subject) !== 0) return false
  return verifySigned(certificate.signed, issuer.publicKey)
}
