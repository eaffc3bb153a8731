// The connect API: intentions, discovery chains, the certificate authority, authorization.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { compareSteps, describeOracle, type Step } from '../support/oracle.ts'

function write(entry: object): Step {
  return { method: 'PUT', path: '/v1/config', body: entry }
}

const EXACT = '/v1/connect/intentions/exact'

describeOracle('the intentions API', oracle => {
  const put = (names: string, body?: string | object, more: Partial<Step> = {}): Step => ({
    method: 'PUT',
    path: `${EXACT}?${names}`,
    ...(body === undefined ? {} : { body }),
    ...more,
  })
  const read = (names: string, more: Partial<Step> = {}): Step => ({ path: `${EXACT}?${names}`, ...more })
  const check = (names: string): Step => ({ path: `/v1/connect/intentions/check?${names}` })
  const match = (names: string): Step => ({ path: `/v1/connect/intentions/match?${names}` })
  compareSteps(oracle, [
    { path: '/v1/connect/intentions' },
    match('by=destination&name=api'),
    check('source=web&destination=api'),
    put('source=web&destination=api', { Action: 'deny' }),
    read('source=web&destination=api'),
    put('source=web&destination=api', { SourceType: 'consul', Action: 'allow', Description: 'why' }),
    read('source=web&destination=api'),
    put('source=default/web&destination=default/api', { Action: 'deny' }),
    read('source=web&destination=api'),
    put('source=*&destination=api', { Action: 'deny' }),
    put('source=*&destination=*', { Action: 'allow' }),
    put('source=shop&destination=*', { Action: 'deny' }),
    put('source=other&destination=api', {
      Permissions: [{ Action: 'allow', HTTP: { PathPrefix: '/', Methods: ['get'] } }],
    }),
    write({ Kind: 'service-defaults', Name: 'api', Protocol: 'http' }),
    put('source=other&destination=api', {
      Permissions: [{ Action: 'allow', HTTP: { PathPrefix: '/', Methods: ['get'] } }],
    }),
    read('source=other&destination=api'),
    { path: '/v1/connect/intentions' },
    { path: '/v1/connect/intentions?filter=SourceName==web' },
    { path: '/v1/connect/intentions?filter=Nope==web' },
    { path: '/v1/config/service-intentions/api' },
    match('by=destination&name=api'),
    match('by=destination&name=api&name=nope'),
    match('by=source&name=web'),
    match('by=source&name=shop'),
    check('source=web&destination=api'),
    check('source=other&destination=api'),
    check('source=shop&destination=db'),
    check('source=anyone&destination=db'),
    check('source=web&destination=api&source-type=consul'),
    { method: 'DELETE', path: `${EXACT}?source=web&destination=api` },
    { method: 'DELETE', path: `${EXACT}?source=web&destination=api` },
    read('source=web&destination=api'),
    check('source=web&destination=api'),
    read('source=web'),
    read('destination=web'),
    read(''),
    match('name=x'),
    match('by=x&name=y'),
    match('by=source'),
    check('source=x'),
    check('destination=x'),
    { path: '/v1/connect/intentions/nope', known: 'refusal-status' },
    { path: '/v1/connect/intentions/40e4a748-2192-161a-0510-9bf59fe950b5' },
    { method: 'DELETE', path: '/v1/connect/intentions/match' },
    { method: 'POST', path: EXACT },
    put('source=a&destination=b'),
    put('source=a&destination=b', {}),
    put('source=a&destination=b', { Action: 'nope' }, { known: 'refusal-status' }),
    put('source=a*&destination=b', { Action: 'allow' }),
    put('source=a&destination=b', { Action: 'allow', Foo: 1 }),
    put('source=a&destination=b', { Action: 'allow', Meta: { a: 'b' } }),
    put('source=a/b/c/d&destination=b', { Action: 'allow' }),
    put('source=peer:p/a&destination=b', { Action: 'allow' }, { known: 'wording' }),
    {
      method: 'POST',
      path: '/v1/connect/intentions',
      body: { SourceName: 'old', DestinationName: 'style', Action: 'allow', Meta: { a: 'b' } },
    },
    read('source=old&destination=style'),
    { path: '/v1/config/service-intentions/style' },
    {
      method: 'POST',
      path: '/v1/connect/intentions',
      body: { SourceName: 'old', DestinationName: 'style', Action: 'allow' },
      known: 'wording',
    },
    {
      method: 'POST',
      path: '/v1/connect/intentions',
      body: { SourceName: 'old', Action: 'allow' },
      known: 'refusal-status',
    },
    { path: '/v1/connect/intentions' },
  ])
})

describeOracle('discovery chains', oracle => {
  const chain = (service: string, query = '', more: Partial<Step> = {}): Step => ({
    path: `/v1/discovery-chain/${service}${query}`,
    ...more,
  })
  const custom = (service: string, body: string | object, more: Partial<Step> = {}): Step => ({
    method: 'POST',
    path: `/v1/discovery-chain/${service}`,
    body,
    ...more,
  })
  compareSteps(oracle, [
    chain('plain'),
    chain('plain', '?compile-dc=dc2'),
    chain(''),
    write({ Kind: 'service-resolver', Name: 'api', Redirect: { Service: 'api', Datacenter: 'dc2' } }),
    chain('api'),
    write({ Kind: 'proxy-defaults', Name: 'global', MeshGateway: { Mode: 'local' } }),
    chain('api'),
    chain('plain'),
    write({ Kind: 'service-defaults', Name: 'api', Protocol: 'http', MeshGateway: { Mode: 'remote' } }),
    chain('api'),
    write({
      Kind: 'service-resolver',
      Name: 'sub',
      DefaultSubset: 'v1',
      Subsets: { v1: { Filter: 'Service.Meta.version == v1' }, v2: { OnlyPassing: true } },
      ConnectTimeout: '3s',
      RequestTimeout: '10s',
    }),
    chain('sub'),
    write({
      Kind: 'service-resolver',
      Name: 'fail',
      Subsets: { v2: {} },
      Failover: { '*': { Datacenters: ['dc2', 'dc3'] }, v2: { Service: 'other', Datacenters: ['dc1', 'dc4'] } },
    }),
    chain('fail'),
    chain('fail', '?compile-dc=dc3'),
    write({
      Kind: 'service-resolver',
      Name: 'targets',
      Failover: {
        '*': { Targets: [{ Service: 'a' }, { Datacenter: 'dc2' }, { Peer: 'p' }, { Service: 'b', Peer: 'p' }] },
      },
    }),
    chain('targets'),
    write({ Kind: 'service-resolver', Name: 'peered', Redirect: { Service: 'there', Peer: 'p' } }),
    chain('peered'),
    write({ Kind: 'service-resolver', Name: 'hop', Redirect: { Service: 'sub', ServiceSubset: 'v2' } }),
    chain('hop'),
    write({ Kind: 'service-defaults', Name: 'ext', ExternalSNI: 'x.example', Protocol: 'http' }),
    chain('ext'),
    write({
      Kind: 'service-resolver',
      Name: 'lb',
      LoadBalancer: { Policy: 'maglev', HashPolicies: [{ SourceIP: true }] },
    }),
    chain('lb'),
    write({ Kind: 'service-defaults', Name: 'web', Protocol: 'http' }),
    write({ Kind: 'service-defaults', Name: 'sub', Protocol: 'http' }),
    write({
      Kind: 'service-splitter',
      Name: 'web',
      Splits: [{ Weight: 60 }, { Weight: 40, Service: 'sub', ServiceSubset: 'v2' }],
    }),
    chain('web'),
    write({
      Kind: 'service-router',
      Name: 'web',
      Routes: [
        {
          Match: { HTTP: { PathPrefix: '/api' } },
          Destination: { Service: 'api', PrefixRewrite: '/', NumRetries: 2, RequestTimeout: '7s' },
        },
        { Match: { HTTP: { Header: [{ Name: 'x', Exact: 'y' }] } }, Destination: { ServiceSubset: '' } },
      ],
    }),
    chain('web'),
    write({
      Kind: 'service-splitter',
      Name: 'sub',
      Splits: [
        { Weight: 50, ServiceSubset: 'v1' },
        { Weight: 50, ServiceSubset: 'v2' },
      ],
    }),
    chain('web', '', { what: 'a splitter under a splitter' }),
    write({ Kind: 'service-defaults', Name: 'meta', Protocol: 'grpc', Meta: { a: 'b' } }),
    chain('meta'),
    custom('plain', {}),
    custom('plain', { OverrideProtocol: 'http' }),
    custom('plain', { OverrideProtocol: 'tcp' }),
    custom('api', { OverrideMeshGateway: { Mode: 'none' } }),
    custom('api', { OverrideMeshGateway: { Mode: 'remote' } }),
    custom('plain', { OverrideConnectTimeout: '9s' }),
    custom('plain', { OverrideConnectTimeout: 9000000000 }),
    custom('sub', { OverrideProtocol: 'tcp', OverrideConnectTimeout: '1m', OverrideMeshGateway: { Mode: 'local' } }),
    custom('plain', { OverrideProtocol: 'nope' }),
    custom('plain', ''),
    custom('plain', '{', { known: 'wording' }),
    custom('plain', { Nope: 1 }, { known: 'stricter' }),
    custom('plain', { OverrideMeshGateway: { Mode: 'nope' } }, { known: 'stricter' }),
  ])

  it('have the same customization hash', async () => {
    for (const body of [
      { OverrideProtocol: 'http' },
      { OverrideMeshGateway: { Mode: 'remote' } },
      { OverrideConnectTimeout: '9s' },
      { OverrideProtocol: 'grpc', OverrideConnectTimeout: '1m', OverrideMeshGateway: { Mode: 'local' } },
    ]) {
      const hashes = [oracle.ours.url, `http://${oracle.address}:8500`].map(async url => {
        const answer = await fetch(`${url}/v1/discovery-chain/plain`, { method: 'POST', body: JSON.stringify(body) })
        return /"CustomizationHash": ?"(\w+)"/.exec(await answer.text())?.[1]
      })
      const [ours, theirs] = await Promise.all(hashes)
      expect([body, ours]).toEqual([body, theirs])
      expect(ours).toMatch(/^[0-9a-f]{8}$/)
    }
  })
})

describeOracle('the certificate authority', oracle => {
  const configure = (body: string | object, known: string): Step => {
    return { method: 'PUT', path: '/v1/connect/ca/configuration', body, known }
  }
  compareSteps(oracle, [
    { path: '/v1/connect/ca/roots' },
    { path: '/v1/agent/connect/ca/roots' },
    { path: '/v1/agent/connect/ca/leaf/web' },
    { path: '/v1/connect/ca/configuration' },
    { path: '/v1/connect/ca/roots?pem=x' },
    { path: '/v1/agent/connect/ca/leaf/', known: 'refusal-status' },
    {
      method: 'PUT',
      path: '/v1/connect/ca/configuration',
      body: { Provider: 'consul', Config: { LeafCertTTL: '24h' } },
    },
    { path: '/v1/connect/ca/configuration' },
    ...[{ Provider: 'consul', Config: { LeafCertTTL: '1s' } }, { Provider: 'nope' }, {}].map(body =>
      configure(body, 'refusal-status'),
    ),
    ...['{', { Provider: 'consul', Foo: 1 }].map(body => configure(body, 'wording')),
  ])

  it('gives leaves of the same shape', async () => {
    const [ours, theirs] = await Promise.all([oracle.ours.url, `http://${oracle.address}:8500`].map(shapeOfLeaf))
    expect(ours).toEqual(theirs)
  })

  it('gives roots of the same shape', async () => {
    const [ours, theirs] = await Promise.all([oracle.ours.url, `http://${oracle.address}:8500`].map(shapeOfRoot))
    expect(ours).toEqual(theirs)
  })
})

interface Roots {
  readonly TrustDomain: string
  readonly Roots: readonly [Readonly<Record<'RootCert' | 'ExternalTrustDomain' | 'PrivateKeyType', string>>]
}

async function rootsOf(url: string): Promise<Roots> {
  const roots: Roots = JSON.parse(await (await fetch(`${url}/v1/connect/ca/roots`)).text())
  return roots
}

async function shapeOfRoot(url: string): Promise<unknown> {
  const { TrustDomain, Roots } = await rootsOf(url)
  const { RootCert, ExternalTrustDomain, PrivateKeyType } = Roots[0]
  const certificate = new X509Certificate(RootCert)
  const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000
  return {
    PrivateKeyType,
    isTrustDomain: `${ExternalTrustDomain}.consul` === TrustDomain,
    subject: certificate.subject.replace(/pri-\w+/, 'pri-x').replace(/ca\.\w{8}/, 'ca.y'),
    names: certificate.subjectAltName?.replace(TrustDomain, 'trust.domain'),
    ca: certificate.ca,
    days: Math.round(days),
  }
}

async function shapeOfLeaf(url: string): Promise<unknown> {
  const { TrustDomain, Roots } = await rootsOf(url)
  const answer = await fetch(`${url}/v1/agent/connect/ca/leaf/web`)
  const leaf: Readonly<Record<'CertPEM' | 'PrivateKeyPEM' | 'SerialNumber', string>> = JSON.parse(await answer.text())
  const certificate = new X509Certificate(leaf.CertPEM)
  const hours = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 3_600_000
  return {
    fields: Object.keys(leaf).sort(),
    certificates: leaf.CertPEM.match(/BEGIN CERTIFICATE/g)?.length,
    key: leaf.PrivateKeyPEM.split('\n')[0],
    curve: createPrivateKey(leaf.PrivateKeyPEM).asymmetricKeyDetails,
    isKeyOf: certificate.checkPrivateKey(createPrivateKey(leaf.PrivateKeyPEM)),
    isIssuedByRoot: certificate.verify(new X509Certificate(Roots[0].RootCert).publicKey),
    subject: certificate.subject,
    names: certificate.subjectAltName?.replace(TrustDomain, 'trust.domain'),
    usage: certificate.keyUsage,
    ca: certificate.ca,
    hours: Math.round(hours * 10) / 10,
    serial: leaf.SerialNumber.replaceAll(':', '').toUpperCase() === certificate.serialNumber,
  }
}
