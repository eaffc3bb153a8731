// Certificate authorities for tests: real keys and certificates, at whatever time the test wants.
import { generateKeyPairSync } from 'node:crypto'
import type { CaRoot } from '../../src/core/model/ca.ts'
import {
  crossSignedProfile,
  intermediateProfile,
  intermediateRequest,
  rootProfile,
} from '../../src/core/pki/profiles.ts'
import { caRoot } from '../../src/core/pki/roots.ts'
import type { Decoded } from '../../src/lib/schema.ts'
import { type Csr, readCsr, writeCsr } from '../../src/lib/x509/csr.ts'
import { type Extensions, noExtensions } from '../../src/lib/x509/extensions.ts'
import { EMPTY_NAME } from '../../src/lib/x509/name.ts'
import { type Certificate, certificatePem, readCertificate } from '../../src/lib/x509/read-certificate.ts'
import { type SigningKey, signingKey } from '../../src/lib/x509/signature.ts'
import { NO_NAMES, type SubjectAltNames } from '../../src/lib/x509/subject-alt-names.ts'
import { type CertificateTemplate, signCertificate } from '../../src/lib/x509/write-certificate.ts'

export const CLUSTER_ID = '11111111-2222-3333-4444-555555555555'
export const TRUST_DOMAIN = `${CLUSTER_ID}.consul`
export const DAY_MS = 86_400_000
export const START = Date.parse('2026-01-01T00:00:00Z')

export interface TestAuthority {
  readonly key: SigningKey
  readonly keyPem: string
  readonly certificate: Certificate
  readonly row: CaRoot
}

let labels = 0

/** A root of its own key, valid for ten years from `now`. */
export function testRoot(now = START, ttlMs = 3650 * DAY_MS): TestAuthority {
  const { key, keyPem } = testKey()
  const subject = { clusterId: CLUSTER_ID, label: `test${labels++}`, spki: key.publicKey.spki }
  const certificate = sign(rootProfile(subject, { serial: Uint8Array.of(7), now, ttlMs }), key)
  return { key, keyPem, certificate, row: caRoot(certificate, CLUSTER_ID) }
}

/** `next` as certified by `old`: PEM. */
export function testCrossSigned(next: TestAuthority, old: TestAuthority, now = START): string {
  const template = crossSignedProfile(next.certificate, old.certificate, { serial: Uint8Array.of(8), now })
  return certificatePem(sign(template, old.key).der)
}

/** An intermediate under `root`, valid for a year. */
export function testIntermediate(root: TestAuthority, now = START): Certificate {
  const { key } = testKey()
  const { name, extensions } = intermediateRequest({ clusterId: CLUSTER_ID, label: 'test', spki: key.publicKey.spki })
  const csr = must(readCsr(writeCsr(name, extensions, key)))
  const issuing = { serial: Uint8Array.of(9), now, ttlMs: 365 * DAY_MS }
  return sign(intermediateProfile(csr, CLUSTER_ID, root.certificate, issuing), root.key)
}

export function sign(template: CertificateTemplate, key: SigningKey): Certificate {
  return must(readCertificate(certificatePem(signCertificate(template, key))))
}

/** A request for these names, with a key of its own unless one is given. */
export function testCsr(
  names: Partial<SubjectAltNames>,
  extensions: Partial<Extensions> = {},
  key = testKey().key,
): Csr {
  return must(readCsr(testCsrPem(names, extensions, key)))
}

export function testCsrPem(names: Partial<SubjectAltNames>, extensions: Partial<Extensions> = {}, key = testKey().key) {
  const subjectAltNames = { ...NO_NAMES, ...names }
  return writeCsr(EMPTY_NAME, { ...noExtensions(), ...extensions, subjectAltNames }, key)
}

export function testKey(curve = 'P-256'): { readonly key: SigningKey; readonly keyPem: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve })
  return { key: signingKey(privateKey), keyPem: privateKey.export({ type: 'sec1', format: 'pem' }).toString() }
}

/** The value of a decode that must succeed. */
export function must<T>(result: Decoded<T>): T {
  if (!result.ok) throw new Error(result.issues.map(issue => `${issue.path} ${issue.message}`).join('; '))
  return result.value
}
