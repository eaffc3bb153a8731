// Public keys as SubjectPublicKeyInfo: what kind and how strong, read before any library touches them, so that explicit
// curve parameters, oversized moduli and other traps for a crypto library are refused here. Key ids too.

import { hash } from 'node:crypto'
import {
  Asn1Error,
  type DerNode,
  expectTag,
  readDer,
  readOctetBits,
  readOid,
  readSmallInteger,
  readUnsigned,
  TAG,
} from '../asn1.ts'
import { OID } from './oids.ts'

export type KeyKind =
  | { readonly type: 'ec'; readonly bits: 224 | 256 | 384 | 521 }
  | { readonly type: 'rsa'; readonly bits: number }
  | { readonly type: 'ed25519'; readonly bits: 256 }

/** A public key: its DER SubjectPublicKeyInfo and what it is. */
export interface PublicKey {
  readonly spki: Uint8Array
  readonly kind: KeyKind
}

const CURVES: ReadonlyMap<string, 224 | 256 | 384 | 521> = new Map([
  [OID.p224, 224],
  [OID.p256, 256],
  [OID.p384, 384],
  [OID.p521, 521],
])
const MAX_RSA_BITS = 8192
const MIN_RSA_BITS = 512

/**
 * Reads a SubjectPublicKeyInfo. Throws Asn1Error; whether the point lies on its curve shows only when the key is used.
 */
export function readPublicKey(spki: Uint8Array): PublicKey {
  return publicKeyFrom(readDer(spki))
}

/** The same, from an element already read. Throws Asn1Error. */
export function publicKeyFrom(node: DerNode): PublicKey {
  const [algorithm, bits] = expectTag(node, TAG.sequence, 'public key').children
  const [id, parameters] = expectTag(algorithm, TAG.sequence, 'public key algorithm').children
  const key = readOctetBits(bits, 'public key bits')
  return { spki: node.encoded, kind: keyKind(readOid(id, 'public key algorithm'), parameters, key) }
}

function keyKind(algorithm: string, parameters: DerNode | undefined, key: Uint8Array): KeyKind {
  switch (algorithm) {
    case OID.ecPublicKey:
      return { type: 'ec', bits: ecBits(parameters, key) }
    case OID.rsaEncryption:
      return { type: 'rsa', bits: rsaBits(parameters, key) }
    case OID.ed25519:
      if (parameters !== undefined || key.length !== 32) throw new Asn1Error('public key is a malformed Ed25519 key')
      return { type: 'ed25519', bits: 256 }
    default:
      throw new Asn1Error(`public key algorithm ${algorithm} is not supported; supported are EC, RSA and Ed25519`)
  }
}

function ecBits(parameters: DerNode | undefined, key: Uint8Array): 224 | 256 | 384 | 521 {
  if (parameters?.tag !== TAG.oid) throw new Asn1Error('public key does not use a named curve')
  const bits = CURVES.get(readOid(parameters, 'public key curve'))
  if (bits === undefined)
    throw new Asn1Error('public key uses an unsupported curve; supported are P-224, P-256, P-384, P-521')
  if (key.length !== 1 + 2 * Math.ceil(bits / 8) || key[0] !== 4)
    throw new Asn1Error('public key is not an uncompressed point')
  return bits
}

function rsaBits(parameters: DerNode | undefined, key: Uint8Array): number {
  if (parameters !== undefined && parameters.tag !== TAG.null) throw new Asn1Error('public key has RSA parameters')
  const [modulus, exponent] = expectTag(readDer(key), TAG.sequence, 'RSA key').children
  const magnitude = readUnsigned(modulus, 'RSA modulus')
  const bits = magnitude.length * 8 - Math.clz32(magnitude[0] ?? 0) + 24
  const e = readSmallInteger(exponent, 'RSA exponent')
  if (e < 3 || e % 2 === 0) throw new Asn1Error('RSA exponent is not usable')
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) throw new Asn1Error(`RSA key of ${bits} bits is out of range`)
  return bits
}

/**
 * Why this key may not be certified: below RSA 2048 or P-256 (P-224 is tolerated for CA keys only); undefined when it
 * may.
 */
export function keyWeakness(kind: KeyKind, options: { readonly ca?: boolean } = {}): string | undefined {
  if (kind.type === 'rsa' && kind.bits < 2048)
    return `RSA key of ${kind.bits} bits is too weak; allowed is 2048 or more`
  if (kind.type === 'ec' && kind.bits < 256 && !options.ca)
    return 'EC key of 224 bits is too weak; allowed is 256 or more'
  return undefined
}

/** The key id Consul uses for subject and authority key ids: SHA-256 over the whole SubjectPublicKeyInfo. */
export function keyId(spki: Uint8Array): Uint8Array {
  return hash('sha256', spki, 'buffer')
}

export function sameKey(a: PublicKey, b: PublicKey): boolean {
  return Buffer.compare(a.spki, b.spki) === 0
}
