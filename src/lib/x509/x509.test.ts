// Our writer and readers against node:crypto and @peculiar/x509.
import 'reflect-metadata'
import { generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto'
import * as peculiar from '@peculiar/x509'
import { describe, expect, it } from 'vitest'
import { readCsr, writeCsr } from './csr.ts'
import { type Extensions, noExtensions } from './extensions.ts'
import { colonHex, fingerprint } from './hex.ts'
import { commonName, EMPTY_NAME } from './name.ts'
import { keyId } from './public-key.ts'
import { certificatePem, isSignedBy, readCertificate } from './read-certificate.ts'
import { readSigningKey, type SigningKey, signingKey } from './signature.ts'
import { NO_NAMES } from './subject-alt-names.ts'
import { signCertificate } from './write-certificate.ts'

peculiar.cryptoProvider.set(webcrypto)

const URI = 'spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/web'
const START = Date.parse('2026-01-01T00:00:00Z')
const END = Date.parse('2126-01-01T00:00:00Z')
const ISSUER = commonName('pri-1a2b3c4d.consul.ca.11111111.consul')

const ec = (bits: 224 | 256 | 384 | 521) =>
  signingKey(generateKeyPairSync('ec', { namedCurve: `P-${bits}` }).privateKey)
const rsa = () => signingKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
const KINDS: readonly (readonly [string, () => SigningKey])[] = [
  ['EC 224', () => ec(224)],
  ['EC 256', () => ec(256)],
  ['EC 384', () => ec(384)],
  ['EC 521', () => ec(521)],
  ['RSA 2048', rsa],
  ['Ed25519', () => signingKey(generateKeyPairSync('ed25519').privateKey)],
]

const leafExtensions = (subject: SigningKey, issuer: SigningKey): Extensions => ({
  ...noExtensions(),
  keyUsage: ['digitalSignature', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'],
  extKeyUsage: ['clientAuth', 'serverAuth'],
  subjectKeyId: keyId(subject.publicKey.spki),
  authorityKeyId: keyId(issuer.publicKey.spki),
  subjectAltNames: { ...NO_NAMES, uris: [URI], dns: ['localhost'], ips: ['127.0.0.1', '::1'] },
})

function root(key: SigningKey): string {
  const id = keyId(key.publicKey.spki)
  const extensions: Extensions = {
    ...noExtensions(),
    isCa: true,
    keyUsage: ['digitalSignature', 'keyCertSign', 'cRLSign'],
    subjectKeyId: id,
    authorityKeyId: id,
    subjectAltNames: { ...NO_NAMES, uris: ['spiffe://11111111-2222-3333-4444-555555555555.consul'] },
  }
  const template = { issuer: ISSUER, subject: ISSUER, notBefore: START, notAfter: END, extensions }
  return certificatePem(signCertificate({ ...template, serial: Uint8Array.of(7), spki: key.publicKey.spki }, key))
}

function leaf(subject: SigningKey, issuer: SigningKey): string {
  const template = {
    serial: Uint8Array.of(0xfe, 0xdc, 0xba),
    issuer: ISSUER,
    subject: EMPTY_NAME,
    notBefore: START,
    notAfter: END,
    spki: subject.publicKey.spki,
    extensions: leafExtensions(subject, issuer),
  }
  return certificatePem(signCertificate(template, issuer))
}

const read = (pem: string) => {
  const result = readCertificate(pem)
  if (!result.ok) throw new Error(result.issues[0]?.message)
  return result.value
}

describe.each(KINDS)('certificates signed with %s', (_, make) => {
  const key = make()
  const subject = ec(256)
  const rootPem = root(key)
  const leafPem = leaf(subject, key)

  it('verify in node:crypto', () => {
    const ca = new X509Certificate(rootPem)
    const cert = new X509Certificate(leafPem)
    expect(cert.verify(ca.publicKey)).toBe(true)
    expect(cert.checkIssued(ca)).toBe(true)
    expect(ca.verify(ca.publicKey)).toBe(true)
    expect(ca.ca).toBe(true)
    expect(cert.ca).toBe(false)
    expect(cert.subjectAltName).toBe(`URI:${URI}, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1`)
    expect(cert.serialNumber).toBe('FEDCBA')
    expect(cert.fingerprint.toLowerCase()).toBe(fingerprint(cert.raw))
  })

  it('are read back as they were written', () => {
    const cert = read(leafPem)
    expect(colonHex(cert.serial)).toBe('fe:dc:ba')
    expect(cert).toMatchObject({ notBefore: START, notAfter: END, subjectCommonName: '' })
    expect(Buffer.from(cert.publicKey.spki)).toEqual(Buffer.from(subject.publicKey.spki))
    const { subjectKeyId, authorityKeyId, ...plain } = cert.extensions
    const { subjectKeyId: wantedId, authorityKeyId: wantedIssuer, ...wanted } = leafExtensions(subject, key)
    expect(plain).toEqual(wanted)
    expect([colonHex(subjectKeyId!), colonHex(authorityKeyId!)]).toEqual([colonHex(wantedId!), colonHex(wantedIssuer!)])
    expect(isSignedBy(cert, read(rootPem))).toBe(true)
    expect(isSignedBy(cert, read(root(make())))).toBe(false)
  })
})

describe('certificates seen by @peculiar/x509', () => {
  const key = ec(256)
  const subject = ec(256)

  it('have the fields and the valid signature we meant', async () => {
    const cert = new peculiar.X509Certificate(leaf(subject, key))
    expect(cert.subject).toBe('')
    expect(cert.issuer).toBe('CN=pri-1a2b3c4d.consul.ca.11111111.consul')
    expect(cert.notBefore.getTime()).toBe(START)
    expect(cert.notAfter.getTime()).toBe(END)
    const san = cert.getExtension(peculiar.SubjectAlternativeNameExtension)
    expect(san?.critical).toBe(true)
    expect(san?.names.items.map(name => `${name.type}:${name.value}`)).toEqual([
      `url:${URI}`,
      'dns:localhost',
      'ip:127.0.0.1',
      'ip:::1',
    ])
    expect(cert.getExtension(peculiar.KeyUsagesExtension)?.usages).toBe(
      peculiar.KeyUsageFlags.digitalSignature |
        peculiar.KeyUsageFlags.keyEncipherment |
        peculiar.KeyUsageFlags.dataEncipherment |
        peculiar.KeyUsageFlags.keyAgreement,
    )
    const publicKey = await new peculiar.X509Certificate(root(key)).publicKey.export()
    expect(await cert.verify({ publicKey, signatureOnly: true })).toBe(true)
  })
})

describe('certificate signing requests', () => {
  it.each(KINDS)('written with %s are read back and verified', (_, make) => {
    const key = make()
    const csr = readCsr(writeCsr(EMPTY_NAME, leafExtensions(key, key), key))
    expect(csr.ok && csr.value.extensions.subjectAltNames).toEqual(leafExtensions(key, key).subjectAltNames)
    expect(csr.ok && csr.value.publicKey.kind).toEqual(key.publicKey.kind)
  })

  it('are verified by @peculiar/x509', async () => {
    const key = ec(256)
    const csr = new peculiar.Pkcs10CertificateRequest(writeCsr(commonName('web'), leafExtensions(key, key), key))
    expect(csr.subject).toBe('CN=web')
    expect(await csr.verify()).toBe(true)
  })

  it.each(['P-256', 'P-384', 'P-521'] as const)('of @peculiar/x509 on %s are read', async namedCurve => {
    const hash = { 'P-256': 'SHA-256', 'P-384': 'SHA-384', 'P-521': 'SHA-512' }[namedCurve]
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign', 'verify'])
    const request = await peculiar.Pkcs10CertificateRequestGenerator.create({
      name: 'CN=web, O=Example',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash },
      extensions: [new peculiar.SubjectAlternativeNameExtension([{ type: 'url', value: URI }])],
    })
    const csr = readCsr(request.toString('pem'))
    expect(csr.ok && csr.value.extensions.subjectAltNames.uris).toEqual([URI])
    expect(csr.ok && csr.value.subjectCommonName).toBe('web')
  })

  it('count names of kinds we do not issue', async () => {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const names: peculiar.JsonGeneralNames = [
      { type: 'url', value: URI },
      { type: 'email', value: 'root@example.com' },
      { type: 'dn', value: 'CN=web' },
      { type: 'id', value: '1.2.3' },
    ]
    const extensions = [new peculiar.SubjectAlternativeNameExtension(names)]
    const request = await peculiar.Pkcs10CertificateRequestGenerator.create({
      keys,
      signingAlgorithm: algorithm,
      extensions,
    })
    const csr = readCsr(request.toString('pem'))
    expect(csr.ok && csr.value.extensions.subjectAltNames).toMatchObject({ emails: ['root@example.com'], others: 2 })
  })
})

describe('readSigningKey', () => {
  it('reads SEC 1, PKCS #1 and PKCS #8 keys', () => {
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    expect(readSigningKey(keys.export({ type: 'sec1', format: 'pem' }) as string).ok).toBe(true)
    expect(readSigningKey(keys.export({ type: 'pkcs8', format: 'pem' }) as string).ok).toBe(true)
    expect(readSigningKey(rsaKey.export({ type: 'pkcs1', format: 'pem' }) as string).ok).toBe(true)
  })

  it('refuses anything else without quoting it', () => {
    const result = readSigningKey('-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n')
    expect(result).toMatchObject({ ok: false, issues: [{ message: expect.not.stringContaining('c2VjcmV0') }] })
  })
})
