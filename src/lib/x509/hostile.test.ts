// Requests and certificates from people who mean harm: never a crash, always one clean issue, never accepted when
// altered.
import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  boolean,
  contextTag,
  element,
  nullValue,
  octetBits,
  octetString,
  oid,
  sequence,
  setOfOne,
  smallInteger,
} from '../asn1.ts'
import { decodeOnePem } from '../pem.ts'
import { readCsr, readCsrDer, writeCsr } from './csr.ts'
import { noExtensions } from './extensions.ts'
import { EMPTY_NAME } from './name.ts'
import { OID } from './oids.ts'
import { readPublicKey } from './public-key.ts'
import { readCertificateDer } from './read-certificate.ts'
import { signDer, signingKey } from './signature.ts'
import { NO_NAMES, writeSubjectAltNames } from './subject-alt-names.ts'
import { signCertificate } from './write-certificate.ts'

const key = signingKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
const extensions = {
  ...noExtensions(),
  subjectAltNames: { ...NO_NAMES, uris: ['spiffe://a.consul/ns/default/dc/dc1/svc/web'] },
}

function der(pem: string): Uint8Array {
  const block = decodeOnePem(pem, ['CERTIFICATE REQUEST'])
  if (!block.ok) throw new Error('not PEM')
  return block.value
}
const good = der(writeCsr(EMPTY_NAME, extensions, key))
const certificate = signCertificate(
  {
    serial: Uint8Array.of(1),
    issuer: EMPTY_NAME,
    subject: EMPTY_NAME,
    notBefore: 0,
    notAfter: 1e12,
    spki: key.publicKey.spki,
    extensions,
  },
  key,
)

const edit = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('flip', 'set', 'drop', 'insert', 'cut'),
  octet: fc.nat(255),
})

type Edit = { at: number; kind: string; octet: number }

function mutate(input: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const bytes = [...input]
  for (const { at, kind, octet } of edits) {
    const index = at % Math.max(1, bytes.length)
    if (kind === 'flip') bytes[index] = (bytes[index] ?? 0) ^ (1 << (octet & 7))
    if (kind === 'set') bytes[index] = octet
    if (kind === 'drop') bytes.splice(index, 1)
    if (kind === 'insert') bytes.splice(index, 0, octet)
    if (kind === 'cut') bytes.length = index
  }
  return Uint8Array.from(bytes)
}

describe('mutated input', () => {
  it('never crashes the request reader, and is refused with an issue', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), edits => {
        const input = mutate(good, edits)
        fc.pre(Buffer.compare(input, good) !== 0)
        const result = readCsrDer(input)
        expect(result.ok ? 'accepted' : result.issues[0]?.message).toMatch(/^malformed certificate signing request: /)
      }),
      { numRuns: 3000 },
    )
  })

  it('never crashes the certificate reader', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), edits => {
        const result = readCertificateDer(mutate(certificate, edits))
        if (!result.ok) expect(result.issues[0]?.message).toMatch(/^malformed certificate: /)
        expect(typeof result.ok).toBe('boolean')
      }),
      { numRuns: 3000 },
    )
  })

  it('of any text never crashes the PEM request reader', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${text}\n-----END CERTIFICATE REQUEST-----\n`
        expect(readCsr(pem).ok).toBe(false)
      }),
    )
  })
})

/** A request with these attributes, signed properly, so that only the attributes can be at fault. */
function request(...attributes: Uint8Array[]): Uint8Array {
  const body = sequence(smallInteger(0), EMPTY_NAME, key.publicKey.spki, element(contextTag(0), ...attributes))
  return sequence(body, key.algorithm, octetBits(signDer(body, key)))
}
const extensionRequest = (...list: Uint8Array[]) => sequence(oid(OID.extensionRequest), setOfOne(sequence(...list)))
const san = (...uris: string[]) =>
  sequence(oid(OID.subjectAltName), octetString(writeSubjectAltNames({ ...NO_NAMES, uris })))

describe('well-signed requests', () => {
  it('are read when they are fine', () => {
    expect(readCsrDer(request(extensionRequest(san('spiffe://a/b')))).ok).toBe(true)
    expect(readCsrDer(request()).ok).toBe(true)
  })

  it.each([
    ['two extension requests', request(extensionRequest(san('spiffe://a/b')), extensionRequest(san('spiffe://a/c')))],
    ['two alternative-name extensions', request(extensionRequest(san('spiffe://a/b'), san('spiffe://a/c')))],
    ['a NUL in a URI', request(extensionRequest(san('spiffe://a/b\0')))],
    ['a newline in a URI', request(extensionRequest(san('spiffe://a/b\nspiffe://a/c')))],
    [
      'an extension with too many parts',
      request(extensionRequest(sequence(oid('1.2.3'), boolean(true), octetString(good), nullValue()))),
    ],
    ['more than 16 KiB', request(extensionRequest(san(`spiffe://a/${'b'.repeat(17_000)}`)))],
  ])('are refused with %s', (_, input) => {
    expect(readCsrDer(input)).toMatchObject({ ok: false, issues: [{ path: '' }] })
  })

  it('are refused when signed by another key', () => {
    const other = signingKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    const stolen = writeCsr(EMPTY_NAME, extensions, { ...other, publicKey: key.publicKey })
    expect(readCsr(stolen)).toMatchObject({
      ok: false,
      issues: [{ message: expect.stringContaining('does not verify') }],
    })
  })

  it('are refused when the text is too long to look at', () => {
    expect(readCsr('A'.repeat(1_000_000))).toMatchObject({ ok: false })
  })
})

describe('readPublicKey', () => {
  const ecKey = (parameters: Uint8Array, point: Uint8Array) =>
    sequence(sequence(oid(OID.ecPublicKey), parameters), octetBits(point))
  const point = Uint8Array.of(4, ...new Array(64).fill(1))
  const rsaKey = (bits: number, exponent: number) => {
    const modulus = element(0x02, Uint8Array.of(0, 0xff, ...new Array(bits / 8 - 1).fill(1)))
    return sequence(sequence(oid(OID.rsaEncryption), nullValue()), octetBits(sequence(modulus, smallInteger(exponent))))
  }

  it.each([
    ['explicit curve parameters', ecKey(sequence(smallInteger(1)), point), /named curve/],
    ['an unknown curve', ecKey(oid('1.3.132.0.10'), point), /unsupported curve/],
    ['a compressed point', ecKey(oid(OID.p256), Uint8Array.of(2, ...new Array(32).fill(1))), /uncompressed/],
    ['a huge RSA modulus', rsaKey(16_384, 65_537), /16384 bits is out of range/],
    ['an even RSA exponent', rsaKey(2048, 4), /exponent/],
    ['DSA', sequence(sequence(oid('1.2.840.10040.4.1')), octetBits(point)), /not supported/],
  ])('refuses %s', (_, spki, message) => {
    expect(() => readPublicKey(spki)).toThrow(message)
  })

  it('knows how strong a key is', () => {
    expect(readPublicKey(rsaKey(2048, 65_537)).kind).toEqual({ type: 'rsa', bits: 2048 })
    expect(readPublicKey(rsaKey(1024, 65_537)).kind).toEqual({ type: 'rsa', bits: 1024 })
  })
})
