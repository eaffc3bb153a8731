// Colon-separated lower-case hex, the form in which Consul shows serial numbers, key ids and fingerprints.

import { createHash } from 'node:crypto'

/** `de:ad:be:ef` */
export function colonHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex').match(/../g)?.join(':') ?? ''
}

/** The id of a certificate: SHA-1 of its DER. */
export function fingerprint(der: Uint8Array): string {
  return colonHex(createHash('sha1').update(der).digest())
}
