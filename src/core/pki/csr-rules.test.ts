import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLUSTER_ID, TRUST_DOMAIN, testCsr, testKey } from '../../../test/support/authority.ts'
import type { Csr } from '../../lib/x509/csr.ts'
import { commonName } from '../../lib/x509/name.ts'
import { signingKey } from '../../lib/x509/signature.ts'
import type { SubjectAltNames } from '../../lib/x509/subject-alt-names.ts'
import { checkIntermediateCsr, checkLeafCsr } from './csr-rules.ts'

const RULES = { trustDomain: TRUST_DOMAIN, datacenter: 'dc1' }
const td = `spiffe://${TRUST_DOMAIN}`
const web = `${td}/ns/default/dc/dc1/svc/web`
const refusal = (csr: Csr, rules: Parameters<typeof checkLeafCsr>[1] = RULES) => {
  const result = checkLeafCsr(csr, rules)
  return result.ok ? 'granted' : result.issues.map(issue => `${issue.path}: ${issue.message}`).join('; ')
}

describe('leaf requests', () => {
  it.each([
    ['a service', web, 'service'],
    ['a service of another partition', `${td}/ap/east/ns/default/dc/dc1/svc/web`, 'service'],
    ['a mesh gateway', `${td}/gateway/mesh/dc/dc1`, 'mesh-gateway'],
    ['an agent', `${td}/agent/client/dc/dc1/id/node-1`, 'agent'],
    ['a server', `${td}/agent/server/dc/dc1`, 'server'],
  ])('are granted to %s', (_, uri, kind) => {
    const result = checkLeafCsr(testCsr({ uris: [uri] }), RULES)
    expect(result).toMatchObject({ ok: true, value: { uri, identity: { kind } } })
  })

  it.each<[string, Partial<SubjectAltNames>, string]>([
    ['no URI', {}, 'exactly one URI, got 0'],
    ['two URIs', { uris: [web, `${td}/ns/default/dc/dc1/svc/api`] }, 'exactly one URI, got 2'],
    [
      'a foreign trust domain',
      { uris: ['spiffe://other.consul/ns/default/dc/dc1/svc/web'] },
      'trust domain "other.consul"; we are',
    ],
    ['another datacenter', { uris: [`${td}/ns/default/dc/dc2/svc/web`] }, 'datacenter "dc2"; we are "dc1"'],
    ['another datacenter for a gateway', { uris: [`${td}/gateway/mesh/dc/dc2`] }, 'datacenter "dc2"'],
    ['the signing identity', { uris: [td] }, 'not an identity that can be certified'],
    ['a web address', { uris: ['https://example.com/'] }, 'not an identity that can be certified'],
    ['a DNS name', { uris: [web], dns: [`server.dc1.peering.${TRUST_DOMAIN}`] }, 'DNS name "server.dc1.peering'],
    ['an address', { uris: [web], ips: ['10.0.0.1'] }, 'IP address "10.0.0.1" is not allowed'],
  ])('are refused with %s', (_, names, message) => {
    expect(refusal(testCsr(names))).toContain(message)
  })

  it('are refused with e-mail addresses and other names', () => {
    const csr = testCsr({ uris: [web] })
    const withNames = (names: Partial<SubjectAltNames>): Csr => ({
      ...csr,
      extensions: { ...csr.extensions, subjectAltNames: { ...csr.extensions.subjectAltNames, ...names } },
    })
    expect(refusal(withNames({ emails: ['root@example.com'] }))).toContain('e-mail addresses are not allowed')
    expect(refusal(withNames({ others: 1 }))).toContain('only URI, DNS and IP names are allowed')
  })

  it('are refused when they ask to be an authority', () => {
    expect(refusal(testCsr({ uris: [web] }, { isCa: true }))).toContain('may not be a certificate authority')
  })

  it('are refused with weak keys', () => {
    const rsa = signingKey(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey)
    expect(refusal(testCsr({ uris: [web] }, {}, rsa))).toContain('RSA key of 1024 bits is too weak')
    expect(refusal(testCsr({ uris: [web] }, {}, testKey('P-224').key))).toContain('EC key of 224 bits is too weak')
  })

  it('may ask for the names their requester was given, and no others', () => {
    const rules = { ...RULES, allowedDns: ['web.example.com'], allowedIps: ['0:0::1'] }
    const granted = checkLeafCsr(testCsr({ uris: [web], dns: ['web.example.com'], ips: ['::1'] }), rules)
    expect(granted).toMatchObject({ ok: true, value: { dnsSans: ['web.example.com'], ipSans: ['::1'] } })
    expect(refusal(testCsr({ uris: [web], dns: ['api.example.com'] }), rules)).toContain(
      '"api.example.com" is not allowed',
    )
  })

  it('get the canonical spelling of their identity', () => {
    const result = checkLeafCsr(
      testCsr({ uris: [`${td.toUpperCase().replace('SPIFFE', 'spiffe')}/ns/default/dc/dc1/svc/%77eb`] }),
      RULES,
    )
    expect(result).toMatchObject({ ok: true, value: { uri: web } })
  })

  it('never lead to a name outside the allowed set', () => {
    const csr = testCsr({ uris: [web] })
    const some = (...texts: string[]) => fc.array(fc.constantFrom(...texts), { maxLength: 2 })
    const rules = { ...RULES, allowedDns: ['a.example.com'], allowedIps: ['10.0.0.1'] }
    let granted = 0
    fc.assert(
      fc.property(
        some(web, `${web}x`, `${td}/ns/default/dc/dc2/svc/web`, 'https://example.com'),
        some('a.example.com', 'A.example.com', 'a.example.com.evil', '10.0.0.1'),
        some('10.0.0.1', '10.0.0.2', '::ffff:10.0.0.1'),
        (uris, dns, ips) => {
          const subjectAltNames = { uris, dns, ips, emails: [], others: 0 }
          const result = checkLeafCsr({ ...csr, extensions: { ...csr.extensions, subjectAltNames } }, rules)
          if (!result.ok) return
          granted++
          expect([web, `${web}x`]).toContain(result.value.uri)
          expect(result.value.dnsSans.every(name => name === 'a.example.com')).toBe(true)
          expect(result.value.ipSans.every(ip => ip === '10.0.0.1')).toBe(true)
        },
      ),
      { numRuns: 1000 },
    )
    expect(granted).toBeGreaterThan(0)
  })
})

describe('intermediate requests', () => {
  const messages = (csr: Csr) => checkIntermediateCsr(csr, TRUST_DOMAIN).map(issue => issue.message)
  const named = (csr: Csr): Csr => ({ ...csr, subject: commonName('sec'), subjectCommonName: 'sec' })

  it('are granted for the signing identity of our trust domain', () => {
    expect(messages(named(testCsr({ uris: [td] }, { isCa: true, pathLength: 0 })))).toEqual([])
    expect(CLUSTER_ID).toHaveLength(36)
  })

  it.each<[string, Partial<SubjectAltNames>, string]>([
    ['a service identity', { uris: [web] }, 'is not an identity that can be certified here'],
    ['a foreign trust domain', { uris: ['spiffe://other.consul'] }, 'trust domain "other.consul"'],
    ['DNS names', { uris: [td], dns: ['localhost'] }, 'no DNS names'],
    ['no identity', {}, 'exactly one URI'],
  ])('are refused with %s', (_, names, message) => {
    expect(messages(named(testCsr(names))).join()).toContain(message)
  })

  it('are refused without a name', () => {
    expect(messages(testCsr({ uris: [td] })).join()).toContain('needs a common name')
  })
})
