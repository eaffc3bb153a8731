// Signatures over DER: which algorithm a key signs with, signing, and verification of the algorithms we accept (no
// SHA-1, no MD5).

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { Asn1Error, type DerNode, expectTag, nullValue, oid, readOid, sequence, TAG } from '../asn1.ts'
import type { Decoded } from '../schema.ts'
import { OID } from './oids.ts'
import { type KeyKind, type PublicKey, readPublicKey } from './public-key.ts'

/** A private key that is ready to sign. */
export interface SigningKey {
  readonly privateKey: KeyObject
  readonly publicKey: PublicKey
  /** DER AlgorithmIdentifier of the signatures it makes. */
  readonly algorithm: Uint8Array
  readonly hash: string | null
}

interface Algorithm {
  readonly type: KeyKind['type']
  /** null where the algorithm hashes by itself. */
  readonly hash: string | null
}

const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  [OID.ecdsaSha256, { type: 'ec', hash: 'sha256' }],
  [OID.ecdsaSha384, { type: 'ec', hash: 'sha384' }],
  [OID.ecdsaSha512, { type: 'ec', hash: 'sha512' }],
  [OID.rsaSha256, { type: 'rsa', hash: 'sha256' }],
  [OID.rsaSha384, { type: 'rsa', hash: 'sha384' }],
  [OID.rsaSha512, { type: 'rsa', hash: 'sha512' }],
  [OID.ed25519, { type: 'ed25519', hash: null }],
])

/** Reads a private key in PEM (SEC 1, PKCS #1 or PKCS #8, not encrypted). The issue never quotes the key. */
export function readSigningKey(pem: string): Decoded<SigningKey> {
  try {
    return { ok: true, value: signingKey(createPrivateKey(pem)) }
  } catch (error) {
    const why = error instanceof Asn1Error ? error.message : 'it is not an unencrypted PEM private key'
    return { ok: false, issues: [{ path: '', message: `private key cannot be used: ${why}` }] }
  }
}

/** A private key with its public half and algorithm. Throws Asn1Error for kinds we do not support. */
export function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = readPublicKey(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }))
  return { privateKey, publicKey, ...signatureOf(publicKey.kind) }
}

function signatureOf(kind: KeyKind): { algorithm: Uint8Array; hash: string | null } {
  if (kind.type === 'rsa') return { algorithm: sequence(oid(OID.rsaSha256), nullValue()), hash: 'sha256' }
  if (kind.type === 'ed25519') return { algorithm: sequence(oid(OID.ed25519)), hash: null }
  if (kind.bits === 384) return { algorithm: sequence(oid(OID.ecdsaSha384)), hash: 'sha384' }
  if (kind.bits === 521) return { algorithm: sequence(oid(OID.ecdsaSha512)), hash: 'sha512' }
  return { algorithm: sequence(oid(OID.ecdsaSha256)), hash: 'sha256' }
}

export function signDer(bytes: Uint8Array, key: SigningKey): Uint8Array {
  return sign(key.hash, bytes, key.privateKey)
}

/** Something signed: the bytes under the signature, the algorithm's dotted OID and the signature. */
export interface Signed {
  readonly body: Uint8Array
  readonly algorithm: string
  readonly signature: Uint8Array
}

/** The OID of an AlgorithmIdentifier of a signature we accept. Throws Asn1Error. */
export function readSignatureAlgorithm(node: DerNode | undefined): string {
  const [id, parameters, ...rest] = expectTag(node, TAG.sequence, 'signature algorithm').children
  const dotted = readOid(id, 'signature algorithm')
  const algorithm = ALGORITHMS.get(dotted)
  if (algorithm === undefined) throw new Asn1Error(`signature algorithm ${dotted} is not accepted`)
  const plain = parameters === undefined || (algorithm.type === 'rsa' && parameters.tag === TAG.null)
  if (!plain || rest.length > 0) throw new Asn1Error('signature algorithm has unexpected parameters')
  return dotted
}

/** Whether `signed` was made with the private half of `key`. Malformed keys and signatures answer false. */
export function verifySigned(signed: Signed, key: PublicKey): boolean {
  const algorithm = ALGORITHMS.get(signed.algorithm)
  if (algorithm === undefined || algorithm.type !== key.kind.type) return false
  try {
    return verify(algorithm.hash, signed.body, keyObject(key), signed.signature)
  } catch {
    return false
  }
}

// OpenSSL imports an EC point given as a JWK in two thirds of the time it needs for DER; both check that it is on the
// curve.
function keyObject({ spki, kind }: PublicKey): KeyObject {
  if (kind.type !== 'ec' || kind.bits === 224) {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  }
  const size = Math.ceil(kind.bits / 8)
  const point = Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength).subarray(-2 * size)
  const x = point.toString('base64url', 0, size)
  const y = point.toString('base64url', size)
  return createPublicKey({ key: { kty: 'EC', crv: `P-${kind.bits}`, x, y }, format: 'jwk' })
}
