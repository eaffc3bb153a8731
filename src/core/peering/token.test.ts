import { describe, expect, it } from 'vitest'
import { TEST_CA, TEST_CA_AFTER, TEST_CA_BEFORE } from '../../../test/fakes/ca-certificate.ts'
import { encodeBase64 } from '../../lib/base64.ts'
import { inspectToken } from './inspect-token.ts'
import { decodeToken, encodeToken, type PeeringToken, tokenAddresses } from './token.ts'

const TRUST_DOMAIN = '11111111-2222-3333-4444-555555555555.consul'
const TOKEN: PeeringToken = {
  CA: [TEST_CA],
  ManualServerAddresses: [],
  ServerAddresses: ['203.0.113.7:8503'],
  ServerName: `server.dc1.peering.${TRUST_DOMAIN}`,
  PeerID: '0c0e7a44-5c5f-4f0e-9d5b-0f1f5a6d7c8e',
  EstablishmentSecret: '3f0a0a44-5c5f-4f0e-9d5b-0f1f5a6d7c8e',
  Remote: { Partition: 'default', Datacenter: 'dc1' },
}
const DURING = { now: TEST_CA_BEFORE + 1000, ownTrustDomain: '' }

function issuesOf(change: object): readonly string[] {
  const decoded = decodeToken(encodeBase64(JSON.stringify({ ...TOKEN, ...change })))
  return decoded.ok ? [] : decoded.issues.map(issue => `${issue.path}: ${issue.message}`)
}

describe('a token', () => {
  it('is base64 of JSON with the fields in their order', () => {
    expect(Buffer.from(encodeToken(TOKEN), 'base64').toString()).toBe(
      JSON.stringify({
        CA: TOKEN.CA,
        ManualServerAddresses: [],
        ServerAddresses: TOKEN.ServerAddresses,
        ServerName: TOKEN.ServerName,
        PeerID: TOKEN.PeerID,
        EstablishmentSecret: TOKEN.EstablishmentSecret,
        Remote: { Partition: 'default', Datacenter: 'dc1' },
      }),
    )
  })

  it('is read back, folded by a mail program or not', () => {
    const text = encodeToken(TOKEN)
    expect(decodeToken(text)).toEqual({ ok: true, value: TOKEN })
    expect(decodeToken(`  ${text.replace(/.{64}/g, '$&\n')}\n`)).toEqual({ ok: true, value: TOKEN })
  })

  it('may have nulls for empty lists, a locality and fields of newer releases', () => {
    const change = { ManualServerAddresses: null, Remote: { ...TOKEN.Remote, Locality: { Region: 'r' } }, New: 1 }
    expect(issuesOf(change)).toEqual([])
  })

  it('is dialled at its manual addresses when it has any', () => {
    expect(tokenAddresses(TOKEN)).toEqual(['203.0.113.7:8503'])
    expect(tokenAddresses({ ...TOKEN, ManualServerAddresses: ['lb.example:443'] })).toEqual(['lb.example:443'])
  })

  it.each([
    ['no base64', '%%%', 'is not base64 text'],
    ['no JSON', encodeBase64('x'), 'does not hold a JSON object'],
    ['a list', encodeBase64('[]'), 'does not hold a JSON object'],
    ['a book', 'A'.repeat(300_000), 'is longer than'],
  ])('is not %s', (_, text, message) => {
    const decoded = decodeToken(text)
    expect(decoded.ok ? '' : decoded.issues[0]?.message).toContain(message)
  })

  it.each([
    [{ CA: [] }, 'CA: is empty'],
    [{ CA: ['x'] }, 'CA[0]: expected a PEM block'],
    [{ CA: [TEST_CA.replace(/[A-Z]{6}/, 'AAAAAA')] }, 'CA[0]: '],
    [{ ServerAddresses: null }, 'ServerAddresses: has no addresses'],
    [{ ServerAddresses: ['nowhere'] }, 'ServerAddresses[0]: "nowhere" is not host:port'],
    [{ ManualServerAddresses: [5] }, 'ManualServerAddresses[0]: "" is not host:port'],
    [{ ServerName: '' }, 'ServerName: is missing'],
    [{ ServerName: 'a b' }, 'ServerName: is not a host name'],
    [{ PeerID: undefined }, 'PeerID: is missing'],
    [{ PeerID: 'a\u0000b' }, 'PeerID: is not an id'],
    [{ EstablishmentSecret: '' }, 'EstablishmentSecret: is missing'],
  ])('with %j is refused by name of the field', (change, message) => {
    expect(issuesOf(change).join('\n')).toContain(message)
  })
})

describe('inspecting a token', () => {
  const inspect = (change: Partial<PeeringToken>, options = DURING) =>
    inspectToken({ ...TOKEN, ...change }, options).map(each => `${each.severity} ${each.field}: ${each.message}`)

  it('finds nothing wrong with a good one', () => {
    expect(inspect({})).toEqual([])
  })

  it('finds addresses that only its own network can dial', () => {
    const some = inspect({ ServerAddresses: ['10.0.0.1:8503', 'gateway.example:8503'] })
    expect(some).toEqual(['warning ServerAddresses[0]: 10.0.0.1:8503 can be reached only from its own network'])
    const all = inspect({ ManualServerAddresses: ['127.0.0.1:8503'] })
    expect(all[0]).toContain('ManualServerAddresses[0]: 127.0.0.1:8503 can be reached only from the machine itself')
    expect(all[1]).toContain('every address is private')
  })

  it('finds authorities whose time is over, has not come, or soon ends', () => {
    expect(inspect({}, { ...DURING, now: TEST_CA_AFTER })[0]).toContain('error CA[0]: expired at')
    expect(inspect({}, { ...DURING, now: TEST_CA_BEFORE - 1 })[0]).toContain('error CA[0]: is valid only from')
    expect(inspect({}, { ...DURING, now: TEST_CA_AFTER - 1000 })[0]).toContain('warning CA[0]: expires soon')
  })

  it('finds a token of our own cluster', () => {
    expect(inspect({}, { ...DURING, ownTrustDomain: TRUST_DOMAIN })[0]).toContain(
      'error ServerName: the token was made',
    )
    expect(inspect({}, { ...DURING, ownTrustDomain: 'other.consul' })).toEqual([])
  })

  it('finds a server name that is none of a cluster', () => {
    expect(inspect({ ServerName: 'lb.example' })[0]).toContain('warning ServerName: lb.example is not server.')
  })
})
