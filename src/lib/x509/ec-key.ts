// EC key pairs as DER, from the bare numbers. Writing these two structures here is several times faster than exporting
// a key object, and leaves are issued by the thousand.

import { contextTag, element, octetBits, octetString, oid, sequence, smallInteger } from '../asn1.ts'
import { encodePem } from '../pem.ts'
import { OID } from './oids.ts'

/** A named curve: what node:crypto calls it and how many octets a coordinate has. */
export interface Curve {
  readonly name: string
  readonly octets: number
  readonly id: Uint8Array
}

export const P256: Curve = { name: 'prime256v1', octets: 32, id: oid(OID.p256) }

const EC_PUBLIC_KEY = oid(OID.ecPublicKey)

/** SubjectPublicKeyInfo of an uncompressed point. */
export function ecSpki(curve: Curve, point: Uint8Array): Uint8Array {
  return sequence(sequence(EC_PUBLIC_KEY, curve.id), octetBits(point))
}

/** `EC PRIVATE KEY` PEM (RFC 5915). A scalar with fewer octets than the curve is padded on the left. */
export function ecPrivateKeyPem(curve: Curve, scalar: Uint8Array, point: Uint8Array): string {
  const padded = new Uint8Array(curve.octets)
  padded.set(scalar, curve.octets - scalar.length)
  const der = sequence(
    smallInteger(1),
    octetString(padded),
    element(contextTag(0), curve.id),
    element(contextTag(1), octetBits(point)),
  )
  return encodePem('EC PRIVATE KEY', der)
}
