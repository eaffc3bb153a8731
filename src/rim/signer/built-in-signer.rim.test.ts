import { createPrivateKey, X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  CLUSTER_ID,
  DAY_MS,
  START,
  TRUST_DOMAIN,
  testCsrPem,
  testKey,
  testRoot,
} from '../../../test/support/authority.ts'
import { Fault } from '../../core/model/fault.ts'
import { BuiltInSigner } from './built-in-signer.ts'
import { csrLimiter } from './csr-limiter.ts'
import type { LeafTerms } from './signer.ts'
import { newSignerState } from './signer-state.ts'

const WEB = `spiffe://${TRUST_DOMAIN}/ns/default/dc/dc1/svc/web`
const ROOT = { keyType: 'ec' as const, keyBits: 256, ttlMs: 3650 * DAY_MS, keyPem: '', certPem: '' }
const LEAF = { spiffeUri: WEB, dnsSans: [], ipSans: [], ttlMs: 3 * DAY_MS }
const TERMS: LeafTerms = { trustDomain: TRUST_DOMAIN, datacenter: 'dc1', ttlMs: 3 * DAY_MS, allow: () => undefined }

const fresh = (now = () => START, state = newSignerState(CLUSTER_ID)) => new BuiltInSigner({ state, now })

let signer = fresh()
beforeAll(async () => {
  signer = fresh()
  await signer.generateRoot(ROOT)
})

describe('a leaf with its key', () => {
  it('belongs together, has an EC key and says how long it is valid', async () => {
    const leaf = await signer.issueLeaf({ ...LEAF, dnsSans: ['localhost'], ipSans: ['127.0.0.1', '::1'] })
    const certificate = new X509Certificate(leaf.certPem)
    expect(leaf.privateKeyPem).toMatch(/^-----BEGIN EC PRIVATE KEY-----\n[\s\S]*\n-----END EC PRIVATE KEY-----\n$/)
    expect(certificate.checkPrivateKey(createPrivateKey(leaf.privateKeyPem))).toBe(true)
    expect(certificate.subjectAltName).toContain(`URI:${WEB}`)
    expect(leaf.serialNumber.replaceAll(':', '').toUpperCase()).toBe(certificate.serialNumber)
    expect(Date.parse(certificate.validFrom)).toBe(leaf.validAfter)
    expect(Date.parse(certificate.validTo)).toBe(leaf.validBefore)
    expect(leaf).toMatchObject({ spiffeUri: WEB, validAfter: START - 60_000, validBefore: START + 3 * DAY_MS })
  })

  it('has a serial of its own', async () => {
    const leaves = await Promise.all(Array.from({ length: 50 }, () => signer.issueLeaf(LEAF)))
    expect(new Set(leaves.map(leaf => leaf.serialNumber)).size).toBe(50)
    expect(new Set(leaves.map(leaf => leaf.privateKeyPem)).size).toBe(50)
  })

  it.each([
    [{ spiffeUri: 'https://example.com' }, 'is not a SPIFFE URI'],
    [{ spiffeUri: `${WEB}\u00e9` }, 'is not a SPIFFE URI'],
    [{ dnsSans: ['a b'] }, '"a b" is not a DNS name'],
    [{ dnsSans: ['a\0.example.com'] }, 'is not a DNS name'],
    [{ ipSans: ['localhost'] }, '"localhost" is not an IP address'],
  ])('is refused for %j', async (wrong, message) => {
    await expect(signer.issueLeaf({ ...LEAF, ...wrong })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(message),
    })
  })
})

describe('a leaf request', () => {
  it('is signed for the key it came with', async () => {
    const { key } = testKey()
    const leaf = await signer.signLeaf(testCsrPem({ uris: [WEB] }, {}, key), TERMS)
    expect(leaf).toMatchObject({ spiffeUri: WEB, identity: { kind: 'service', service: 'web' } })
    expect(leaf).not.toHaveProperty('privateKeyPem')
    expect(new X509Certificate(leaf.certPem).checkPrivateKey(key.privateKey)).toBe(true)
  })

  it('is refused when it is malformed or breaks the rules', async () => {
    const code = 'invalid'
    await expect(signer.signLeaf('hello', TERMS)).rejects.toMatchObject({ code })
    await expect(signer.signLeaf(testCsrPem({ uris: [WEB, WEB] }), TERMS)).rejects.toMatchObject({ code })
    await expect(signer.signLeaf(testCsrPem({ uris: [WEB] }), { ...TERMS, datacenter: 'dc2' })).rejects.toThrow(
      /datacenter "dc1"/,
    )
  })

  it('is refused when the requester may not have the identity', async () => {
    const allow = () => {
      throw new Fault('denied', 'Permission denied')
    }
    await expect(signer.signLeaf(testCsrPem({ uris: [WEB] }), { ...TERMS, allow })).rejects.toMatchObject({
      code: 'denied',
    })
  })

  it('is refused over the limit', async () => {
    const limiter = csrLimiter({ perSecond: () => 1, now: () => START })
    const limited = new BuiltInSigner({ state: signer.state(), now: () => START, limiter })
    const pem = testCsrPem({ uris: [WEB] })
    await expect(limited.signLeaf(pem, TERMS)).resolves.toHaveProperty('certPem')
    await expect(limited.signLeaf(pem, TERMS)).rejects.toMatchObject({ code: 'exhausted' })
  })
})

describe('a signer', () => {
  it('is not available before it has a root, nor after its certificate has expired', async () => {
    await expect(fresh().issueLeaf(LEAF)).rejects.toMatchObject({ code: 'unavailable' })
    const late = fresh(() => START + 3650 * DAY_MS, signer.state())
    await expect(late.issueLeaf(LEAF)).rejects.toThrow(/its own certificate has expired/)
  })

  it('never lets a leaf outlive its issuer', async () => {
    const near = fresh(() => START + 3649 * DAY_MS, signer.state())
    expect((await near.issueLeaf(LEAF)).validBefore).toBe(START + 3650 * DAY_MS)
  })

  it('goes on from its stored state with the same root', async () => {
    const again = fresh(() => START, JSON.parse(JSON.stringify(signer.state())))
    const root = new X509Certificate(signer.state().certPem)
    expect(new X509Certificate((await again.issueLeaf(LEAF)).certPem).verify(root.publicKey)).toBe(true)
  })

  it.each<['ec' | 'rsa', number]>([
    ['ec', 224],
    ['ec', 384],
    ['ec', 521],
    ['rsa', 2048],
  ])('makes roots of %s %i', async (keyType, keyBits) => {
    const each = fresh()
    const root = await each.generateRoot({ ...ROOT, keyType, keyBits })
    expect(root).toMatchObject({ PrivateKeyType: keyType, PrivateKeyBits: keyBits, Active: false })
    expect(Number.isSafeInteger(root.SerialNumber)).toBe(true)
    const certificate = new X509Certificate(root.RootCert)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
  })

  it('takes a root made elsewhere, or only its key', async () => {
    const given = testRoot()
    const whole = await fresh().generateRoot({ ...ROOT, keyPem: given.keyPem, certPem: given.row.RootCert })
    expect(whole.ID).toBe(given.row.ID)
    const made = await fresh().generateRoot({ ...ROOT, keyPem: given.keyPem })
    expect(made.ID).not.toBe(given.row.ID)
    expect(made.SigningKeyID).toBe(given.row.SigningKeyID)
  })

  it('refuses a root whose key is another, without showing the key', async () => {
    const wrong = { ...ROOT, keyPem: testKey().keyPem, certPem: testRoot().row.RootCert }
    await expect(fresh().generateRoot(wrong)).rejects.toThrow(
      /^CA root: Config.PrivateKey: is not the key of RootCert$/,
    )
  })

  it('takes only the intermediate it asked for', async () => {
    const secondary = fresh()
    await expect(secondary.setIntermediate(signer.state().certPem)).rejects.toMatchObject({ code: 'conflict' })
    const first = await secondary.generateIntermediateCsr({ keyType: 'ec', keyBits: 256 })
    await secondary.generateIntermediateCsr({ keyType: 'ec', keyBits: 256 })
    await expect(secondary.setIntermediate(await signer.signIntermediate(first, DAY_MS))).rejects.toThrow(
      /newest request/,
    )
  })

  it('signs intermediates for its own trust domain only', async () => {
    const foreign = fresh(() => START, newSignerState('99999999-2222-3333-4444-555555555555'))
    const csr = await foreign.generateIntermediateCsr({ keyType: 'ec', keyBits: 256 })
    await expect(signer.signIntermediate(csr, DAY_MS)).rejects.toThrow(/trust domain "99999999/)
    await expect(signer.signIntermediate(testCsrPem({ uris: [WEB] }), DAY_MS)).rejects.toMatchObject({
      code: 'invalid',
    })
  })
})
