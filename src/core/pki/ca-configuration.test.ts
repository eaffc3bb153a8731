import { describe, expect, it } from 'vitest'
import { caSettings, defaultCaConfiguration, readCaConfiguration } from './ca-configuration.ts'

const read = (Config: unknown, rest: object = {}) => readCaConfiguration({ Provider: 'consul', Config, ...rest })
const refusal = (input: unknown) => {
  const result = readCaConfiguration(input)
  return result.ok ? 'accepted' : result.issues.map(issue => `${issue.path}: ${issue.message}`).join('; ')
}
const HOUR_MS = 3_600_000

describe('a configuration', () => {
  it('is read in both spellings and shown in one, durations as written', () => {
    const camel = read({ LeafCertTTL: '24h', PrivateKeyType: 'ec', PrivateKeyBits: 384, CSRMaxPerSecond: 100 })
    const snake = read({
      leaf_cert_ttl: '24h',
      private_key_type: 'ec',
      private_key_bits: '384',
      csr_max_per_second: '100',
    })
    expect(snake).toEqual(camel)
    expect(camel.ok && camel.value.configuration.Config).toEqual({
      LeafCertTTL: '24h',
      PrivateKeyType: 'ec',
      PrivateKeyBits: 384,
      CSRMaxPerSecond: 100,
    })
  })

  it('is read from an HCL block', () => {
    const result = readCaConfiguration({ provider: 'consul', config: [{ leaf_cert_ttl: '48h' }] })
    expect(result.ok && caSettings(result.value.configuration).leafTtlMs).toBe(48 * HOUR_MS)
  })

  it('has defaults', () => {
    const settings = caSettings({ Config: {} })
    expect(settings).toMatchObject({ keyType: 'ec', keyBits: 256, csrMaxPerSecond: 50, csrMaxConcurrent: 0 })
    expect(settings.leafTtlMs).toBe(72 * HOUR_MS)
    expect(settings.intermediateTtlMs).toBe(8760 * HOUR_MS)
    expect(settings.rootTtlMs).toBe(87_600 * HOUR_MS)
    expect(caSettings({ Config: { PrivateKeyType: 'rsa' } }).keyBits).toBe(2048)
    expect(caSettings(defaultCaConfiguration())).toEqual(settings)
  })

  it('accepts the forms of ForceWithoutCrossSigning and indexes that clients send back', () => {
    const result = readCaConfiguration({
      Provider: 'consul',
      force_without_cross_signing: true,
      CreateIndex: 5,
      ModifyIndex: 7,
    })
    expect(result).toMatchObject({
      ok: true,
      value: { configuration: { ForceWithoutCrossSigning: true, State: null } },
    })
  })

  it('never keeps a private key', () => {
    const result = read({ private_key: 'secret', RootCert: 'pem' })
    expect(result.ok && result.value.privateKeyPem).toBe('secret')
    expect(JSON.stringify(result.ok && result.value.configuration)).not.toContain('secret')
  })

  it('takes integers of nanoseconds for durations', () => {
    const result = read({ LeafCertTTL: 7_200_000_000_000 })
    expect(result.ok && caSettings(result.value.configuration).leafTtlMs).toBe(2 * HOUR_MS)
  })
})

describe('bad configurations name field, value and what is allowed', () => {
  it.each([
    [{ LeafCertTTL: '30m' }, 'Config.LeafCertTTL: invalid value "30m0s"; allowed is 1h to 8760h'],
    [{ LeafCertTTL: '8761h', IntermediateCertTTL: '30000h' }, 'allowed is 1h to 8760h'],
    [{ LeafCertTTL: 'soon' }, 'Config.LeafCertTTL: expected a duration'],
    [
      { LeafCertTTL: '1h', IntermediateCertTTL: '2h' },
      'Config.IntermediateCertTTL: invalid value "2h0m0s"; allowed is 3h0m0s',
    ],
    [{ LeafCertTTL: '72h', IntermediateCertTTL: '200h' }, 'allowed is 216h0m0s (three times LeafCertTTL'],
    [
      { RootCertTTL: '8760h' },
      'Config.RootCertTTL: invalid value "8760h0m0s"; allowed is more than IntermediateCertTTL',
    ],
    [{ PrivateKeyBits: 300 }, 'Config.PrivateKeyBits: invalid value 300; allowed for "ec" are 224, 256, 384, 521'],
    [{ PrivateKeyType: 'rsa', PrivateKeyBits: 1024 }, 'allowed for "rsa" are 2048, 4096'],
    [{ PrivateKeyType: 'dsa' }, 'Config.PrivateKeyType: invalid value "dsa"; allowed are "ec", "rsa"'],
    [{ CSRMaxPerSecond: -1 }, 'Config.CSRMaxPerSecond: invalid value -1; allowed is 0 or more'],
    [{ LeafCertTTl: '72h', LeafTTL: '1h' }, 'unknown field "LeafTTL"'],
  ])('%j', (config, message) => {
    expect(refusal({ Provider: 'consul', Config: config })).toContain(message)
  })

  it('and unknown providers', () => {
    expect(refusal({ Provider: 'paper' })).toBe('Provider: invalid value "paper"; allowed are "consul"')
    expect(refusal({})).toBe('Provider: is required')
  })

  it('unless validation is switched off', () => {
    expect(read({ LeafCertTTL: '1m', SkipValidate: true }).ok).toBe(true)
    expect(read({ PrivateKeyBits: 1, SkipValidate: true }).ok).toBe(false)
  })
})
