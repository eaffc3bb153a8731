// Certificate signing requests (PKCS #10), written and read. A request that was read has a signature that verifies.

import {
  Asn1Error,
  contextTag,
  type DerNode,
  element,
  expectTag,
  octetBits,
  oid,
  readDer,
  readOctetBits,
  readOid,
  readSmallInteger,
  sequence,
  setOfOne,
  smallInteger,
  TAG,
} from '../asn1.ts'
import { decodeOnePem, encodePem } from '../pem.ts'
import type { Decoded } from '../schema.ts'
import { type Extensions, noExtensions, readExtensions, writeExtensions } from './extensions.ts'
import { EMPTY_NAME, readCommonName } from './name.ts'
import { OID } from './oids.ts'
import { type PublicKey, publicKeyFrom } from './public-key.ts'
import { readSignatureAlgorithm, type Signed, type SigningKey, signDer, verifySigned } from './signature.ts'

export interface Csr {
  /** DER name. */
  readonly subject: Uint8Array
  readonly subjectCommonName: string
  readonly publicKey: PublicKey
  readonly extensions: Extensions
}

const MAX_BYTES = 16 * 1024
const ATTRIBUTES = contextTag(0)

/** PEM of a request for these extensions, signed with the key it is for. */
export function writeCsr(subject: Uint8Array, extensions: Extensions, key: SigningKey): string {
  const requested = writeExtensions(extensions, subject.length === EMPTY_NAME.length)
  const body = sequence(
    smallInteger(0),
    subject,
    key.publicKey.spki,
    element(ATTRIBUTES, sequence(oid(OID.extensionRequest), setOfOne(requested))),
  )
  return encodePem('CERTIFICATE REQUEST', sequence(body, key.algorithm, octetBits(signDer(body, key))))
}

/** Reads a PEM request and verifies its signature. Never throws. */
export function readCsr(pem: string): Decoded<Csr> {
  if (pem.length > 2 * MAX_BYTES) return refuse(`it has ${pem.length} characters; allowed are ${2 * MAX_BYTES}`)
  const der = decodeOnePem(pem, ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'])
  return der.ok ? readCsrDer(der.value) : refuse(der.issues.map(issue => issue.message).join('; '))
}

/** Reads a DER request and verifies its signature. Never throws. */
export function readCsrDer(der: Uint8Array): Decoded<Csr> {
  try {
    if (der.length > MAX_BYTES) throw new Asn1Error(`it has ${der.length} bytes; allowed are ${MAX_BYTES}`)
    const { csr, signed } = parse(der)
    if (!verifySigned(signed, csr.publicKey)) throw new Asn1Error('the signature does not verify under its public key')
    return { ok: true, value: csr }
  } catch (error) {
    if (!(error instanceof Asn1Error)) throw error
    return refuse(error.message)
  }
}

function parse(der: Uint8Array): { csr: Csr; signed: Signed } {
  const [bodyNode, algorithm, signature, extra] = expectTag(readDer(der), TAG.sequence, 'request').children
  const body = expectTag(bodyNode, TAG.sequence, 'request body')
  const [version, subject, spki, attributes, more] = body.children
  if (extra !== undefined || more !== undefined) throw new Asn1Error('request has too many parts')
  if (readSmallInteger(version, 'version') !== 0) throw new Asn1Error('only version 1 requests exist')
  return {
    csr: {
      subject: expectTag(subject, TAG.sequence, 'subject').encoded,
      subjectCommonName: readCommonName(subject, 'subject'),
      publicKey: publicKeyFrom(expectTag(spki, TAG.sequence, 'public key')),
      extensions: requestedExtensions(attributes),
    },
    signed: {
      body: body.encoded,
      algorithm: readSignatureAlgorithm(algorithm),
      signature: readOctetBits(signature, 'signature'),
    },
  }
}

function requestedExtensions(attributes: DerNode | undefined): Extensions {
  if (attributes === undefined) return noExtensions()
  const requests = expectTag(attributes, ATTRIBUTES, 'attributes').children.filter(attribute => {
    const [id] = expectTag(attribute, TAG.sequence, 'attribute').children
    return readOid(id, 'attribute') === OID.extensionRequest
  })
  if (requests.length > 1) throw new Asn1Error('extensions are requested twice')
  const values = requests[0]?.children[1]
  if (values === undefined) return noExtensions()
  const [list, extra] = expectTag(values, TAG.set, 'extension request').children
  if (extra !== undefined) throw new Asn1Error('extensions are requested twice')
  return readExtensions(expectTag(list, TAG.sequence, 'extension request'))
}

function refuse(message: string): {
  readonly ok: false
  readonly issues: readonly { path: string; message: string }[]
} {
  return { ok: false, issues: [{ path: '', message: `malformed certificate signing request: ${message}` }] }
}
