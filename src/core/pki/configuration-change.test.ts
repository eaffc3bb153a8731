import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  CLUSTER_ID,
  DAY_MS,
  START,
  sign,
  testIntermediate,
  testKey,
  testRoot,
} from '../../../test/support/authority.ts'
import { certificatePem } from '../../lib/x509/read-certificate.ts'
import { type ReadConfiguration, readCaConfiguration } from './ca-configuration.ts'
import { configurationChange, customRootIssues } from './configuration-change.ts'
import { rootProfile } from './profiles.ts'

const root = testRoot()
const NOW = START + DAY_MS
const read = (Config: object, rest: object = {}): ReadConfiguration => {
  const result = readCaConfiguration({ Provider: 'consul', Config, ...rest })
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result.value
}
const change = (next: ReadConfiguration, before: object = { LeafCertTTL: '72h' }) =>
  configurationChange({ configuration: read(before).configuration, activeRoot: root.row }, next, NOW)

describe('a new configuration', () => {
  it('that is the same changes nothing', () => {
    expect(change(read({ leaf_cert_ttl: '72h' }))).toEqual({ kind: 'none' })
  })

  it('with other lifetimes keeps the root', () => {
    expect(change(read({ LeafCertTTL: '24h' }))).toEqual({ kind: 'settings' })
  })

  it('with another kind of key rotates', () => {
    expect(change(read({ PrivateKeyBits: 384 }))).toEqual({ kind: 'rotate' })
    expect(change(read({ PrivateKeyType: 'rsa' }))).toEqual({ kind: 'rotate' })
  })

  it('with a root made elsewhere rotates to it', () => {
    const other = testRoot()
    expect(change(read({ PrivateKey: other.keyPem, RootCert: other.row.RootCert }))).toEqual({ kind: 'rotate' })
    expect(change(read({ PrivateKey: other.keyPem }))).toEqual({ kind: 'rotate' })
  })

  it('with the root and key that are in use keeps them, also when the key is left out', () => {
    expect(change(read({ PrivateKey: root.keyPem, RootCert: root.row.RootCert }))).toEqual({ kind: 'settings' })
    expect(change(read({ RootCert: root.row.RootCert }))).toEqual({ kind: 'settings' })
    expect(change(read({ PrivateKey: root.keyPem }))).toEqual({ kind: 'settings' })
  })

  it('that drops a root made elsewhere rotates to one of our own', () => {
    expect(change(read({ LeafCertTTL: '72h' }), { RootCert: root.row.RootCert })).toEqual({ kind: 'rotate' })
  })

  it('with another State is refused', () => {
    const result = change(read({}, { State: { a: 'b' } }))
    expect(result).toMatchObject({ kind: 'refused', issues: [{ path: 'State' }] })
  })

  it('with a new root and no key is refused', () => {
    const result = change(read({ RootCert: testRoot().row.RootCert }))
    expect(result).toMatchObject({
      kind: 'refused',
      issues: [{ path: 'Config.PrivateKey', message: 'is required with a new RootCert' }],
    })
  })
})

describe('a root made elsewhere is refused', () => {
  const issues = (certPem: string, keyPem: string, now = NOW) =>
    customRootIssues(certPem, keyPem, now).map(issue => issue.message)

  it('when it and the key do not belong together', () => {
    expect(issues(root.row.RootCert, testKey().keyPem)).toContain('is not the key of RootCert')
  })

  it('when it is not a self-signed authority that allows intermediates', () => {
    const { key, keyPem } = testKey()
    const subject = { clusterId: CLUSTER_ID, label: 'x', spki: key.publicKey.spki }
    const template = rootProfile(subject, { serial: Uint8Array.of(1), now: START, ttlMs: DAY_MS * 30 })
    const leaf = sign(
      { ...template, extensions: { ...template.extensions, isCa: false, keyUsage: ['digitalSignature'] } },
      key,
    )
    expect(issues(certificatePem(leaf.der), keyPem)).toEqual([
      expect.stringContaining('is not a certificate authority'),
      expect.stringContaining('may not sign certificates'),
    ])
    const narrow = sign({ ...template, extensions: { ...template.extensions, pathLength: 0 } }, key)
    expect(issues(certificatePem(narrow.der), keyPem)).toEqual([expect.stringContaining('allows no intermediate')])
    const intermediate = testIntermediate(root)
    expect(issues(certificatePem(intermediate.der), keyPem)).toContain('is not self-signed')
  })

  it('when it has expired or has not begun', () => {
    expect(issues(root.row.RootCert, root.keyPem, START + 4000 * DAY_MS)).toEqual(['has expired'])
    expect(issues(root.row.RootCert, root.keyPem, START - DAY_MS)).toEqual(['is not valid yet'])
  })

  it('when its key is weak or of a kind we do not use', () => {
    const pem = (key: { export(options: { type: 'pkcs8'; format: 'pem' }): string | Buffer }) =>
      key.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(issues('', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey))[0]).toContain(
      '1024 bits is too weak',
    )
    expect(issues('', pem(generateKeyPairSync('ed25519').privateKey))[0]).toContain('Ed25519 keys are not supported')
    expect(issues('', 'nonsense')[0]).toContain('private key cannot be used')
  })

  it('and is taken when all is well', () => {
    expect(issues(root.row.RootCert, root.keyPem)).toEqual([])
  })
})
