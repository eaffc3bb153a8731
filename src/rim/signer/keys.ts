// New keys and serial numbers: the signer's source of randomness.

import { createECDH, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { ecPrivateKeyPem, ecSpki, P256 } from '../../lib/x509/ec-key.ts'
import { type SigningKey, signingKey } from '../../lib/x509/signature.ts'

const generate = promisify(generateKeyPair)

/** A key for a CA, with its PEM: SEC 1 (`EC PRIVATE KEY`) or PKCS #1 (`RSA PRIVATE KEY`). */
export async function newCaKey(
  type: 'ec' | 'rsa',
  bits: number,
): Promise<{ readonly key: SigningKey; readonly pem: string }> {
  const { privateKey } =
    type === 'ec' ? await generate('ec', { namedCurve: `P-${bits}` }) : await generate('rsa', { modulusLength: bits })
  return { key: signingKey(privateKey), pem: keyPem(privateKey) }
}

/** The PEM of a private key in the older form of its kind, which is what Consul shows. */
function keyPem(key: KeyObject): string {
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1'
  return key.export({ type, format: 'pem' }).toString()
}

/** A P-256 key for a leaf. Synchronous: it takes some 30 microseconds. */
export function newLeafKey(): { readonly spki: Uint8Array; readonly privateKeyPem: string } {
  const pair = createECDH(P256.name)
  const point = pair.generateKeys()
  return { spki: ecSpki(P256, point), privateKeyPem: ecPrivateKeyPem(P256, pair.getPrivateKey(), point) }
}

/**
 * 158 random bits of a serial with 159: two signers never need a shared counter, and no serial starts with a zero
 * octet.
 */
export function newSerial(): Uint8Array {
  const serial = randomBytes(20)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return serial
}

/** 53 random bits, for certificates whose serial number the API shows as a JSON number. */
export function newCaSerial(): Uint8Array {
  const serial = randomBytes(7)
  serial[0] = (serial[0] ?? 0) & 0x1f
  serial[6] = (serial[6] ?? 0) | 1
  return serial
}

/** Eight characters that tell one CA's name from another's. */
export function newLabel(): string {
  return randomBytes(4).toString('hex')
}
