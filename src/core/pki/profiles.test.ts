import { describe, expect, it } from 'vitest'
import {
  CLUSTER_ID,
  DAY_MS,
  START,
  sign,
  TRUST_DOMAIN,
  testIntermediate,
  testKey,
  testRoot,
} from '../../../test/support/authority.ts'
import { colonHex } from '../../lib/x509/hex.ts'
import { keyId } from '../../lib/x509/public-key.ts'
import { crossSignedProfile, leafProfile } from './profiles.ts'

const URI = `spiffe://${TRUST_DOMAIN}/ns/default/dc/dc1/svc/web`

describe('a root', () => {
  const { certificate } = testRoot()

  it('is named after provider and cluster, and carries the trust domain as its identity', () => {
    expect(certificate.subjectCommonName).toMatch(/^pri-\w+\.consul\.ca\.11111111\.consul$/)
    expect(certificate.extensions.subjectAltNames.uris).toEqual([`spiffe://${TRUST_DOMAIN}`])
  })

  it('may sign any number of intermediates', () => {
    expect(certificate.extensions).toMatchObject({
      isCa: true,
      keyUsage: ['digitalSignature', 'keyCertSign', 'cRLSign'],
    })
    expect(certificate.extensions.pathLength).toBeUndefined()
  })

  it('has the SHA-256 of its public key as key id', () => {
    const id = colonHex(keyId(certificate.publicKey.spki))
    expect(colonHex(certificate.extensions.subjectKeyId!)).toBe(id)
    expect(id).toHaveLength(32 * 3 - 1)
  })
})

describe('an intermediate', () => {
  const root = testRoot(START, 30 * DAY_MS)
  const certificate = testIntermediate(root)

  it('may sign leaves only', () => {
    expect(certificate.extensions).toMatchObject({ isCa: true, pathLength: 0 })
    expect(certificate.subjectCommonName).toBe('sec-test.consul.ca.11111111.consul')
  })

  it('does not outlive its issuer', () => {
    expect(certificate.notAfter).toBe(root.certificate.notAfter)
  })
})

describe('a cross-signed root', () => {
  const old = testRoot()
  const next = testRoot()
  const cross = sign(
    crossSignedProfile(next.certificate, old.certificate, { serial: Uint8Array.of(3), now: START }),
    old.key,
  )

  it('has name, key and key id of the new root, and the issuer of the old', () => {
    expect(Buffer.from(cross.subject)).toEqual(Buffer.from(next.certificate.subject))
    expect(Buffer.from(cross.issuer)).toEqual(Buffer.from(old.certificate.subject))
    expect(Buffer.from(cross.publicKey.spki)).toEqual(Buffer.from(next.certificate.publicKey.spki))
    expect(colonHex(cross.extensions.subjectKeyId!)).toBe(next.row.SigningKeyID)
    expect(colonHex(cross.extensions.authorityKeyId!)).toBe(old.row.SigningKeyID)
  })

  it('lives seven days', () => {
    expect(cross.notAfter).toBe(START + 7 * DAY_MS)
  })
})

describe('a leaf', () => {
  const root = testRoot()
  const { key } = testKey()
  const subject = { spiffeUri: URI, dnsSans: ['localhost'], ipSans: ['127.0.0.1'], spki: key.publicKey.spki }
  const leaf = sign(
    leafProfile(subject, root.certificate, { serial: Uint8Array.of(1), now: START, ttlMs: 3 * DAY_MS }),
    root.key,
  )

  it('has an empty subject, its identity as the only URI, and the given names', () => {
    expect(leaf.subject).toHaveLength(2)
    expect(leaf.extensions.subjectAltNames).toMatchObject({ uris: [URI], dns: ['localhost'], ips: ['127.0.0.1'] })
  })

  it('is for clients and servers and is no authority', () => {
    expect(leaf.extensions).toMatchObject({
      isCa: false,
      keyUsage: ['digitalSignature', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'],
      extKeyUsage: ['serverAuth', 'clientAuth'].reverse(),
    })
  })

  it('began a minute ago and ends after its lifetime', () => {
    expect(leaf.notBefore).toBe(START - 60_000)
    expect(leaf.notAfter).toBe(START + 3 * DAY_MS)
  })

  it('names the key that signed it', () => {
    expect(colonHex(leaf.extensions.authorityKeyId!)).toBe(root.row.SigningKeyID)
    expect(root.row.ExternalTrustDomain).toBe(CLUSTER_ID)
  })
})
