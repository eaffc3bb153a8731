// Certificates (X.509 v3): a template in, signed DER out. Policy (which template) is the caller's.

import { contextTag, element, octetBits, sequence, smallInteger, unsigned } from '../asn1.ts'
import { type Extensions, writeExtensions } from './extensions.ts'
import { EMPTY_NAME } from './name.ts'
import { type SigningKey, signDer } from './signature.ts'
import { writeTime } from './time.ts'

/** Everything in a certificate but the signature. Names and keys are DER; times are milliseconds since the epoch. */
export interface CertificateTemplate {
  /** Big-endian magnitude, at most 20 octets, not zero. */
  readonly serial: Uint8Array
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly notBefore: number
  readonly notAfter: number
  readonly spki: Uint8Array
  readonly extensions: Extensions
}

const VERSION_3 = element(contextTag(0), smallInteger(2))

/** The certificate in DER, signed with the issuer's key. */
export function signCertificate(template: CertificateTemplate, key: SigningKey): Uint8Array {
  const body = sequence(
    VERSION_3,
    unsigned(template.serial),
    key.algorithm,
    template.issuer,
    sequence(writeTime(template.notBefore), writeTime(template.notAfter)),
    template.subject,
    template.spki,
    element(contextTag(3), writeExtensions(template.extensions, template.subject.length === EMPTY_NAME.length)),
  )
  return sequence(body, key.algorithm, octetBits(signDer(body, key)))
}
