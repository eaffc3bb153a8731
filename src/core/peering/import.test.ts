import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TEST_CA } from '../../../test/fakes/ca-certificate.ts'
import { importResource } from './import.ts'
import { createBudget, MAX, MAX_BYTES, retain, spend } from './import-limits.ts'
import {
  ExportedServiceListMessage,
  ExportedServiceMessage,
  ServerAddressesMessage,
  TrustBundleMessage,
} from './wire/peerstream.ts'
import { WireCheck, type WireInstance, WireNode, WireService } from './wire/service.ts'

const OWN = 'own.consul'
const CONTEXT = { id: 'peering', ownTrustDomain: OWN }
const EMPTY = new Uint8Array()

function node(change: object = {}): WireNode {
  return { ...WireNode.decode(EMPTY), Node: 'n', Address: '10.0.0.1', Datacenter: 'east', ...change }
}

function service(change: object = {}): WireService {
  return { ...WireService.decode(EMPTY), ID: 'web-1', Service: 'web', Port: 80, ...change }
}

function proxy(change: object = {}, meta: object = {}): WireService {
  const PeerMeta = {
    ...{ SNI: ['web.default.default.us.external.theirs.consul'], Protocol: 'tcp' },
    ...{ SpiffeID: ['spiffe://theirs.consul/ns/default/dc/east/svc/web'], ...meta },
  }
  const destination = { DestinationServiceName: 'web', DestinationServiceID: 'web-1' }
  return service({ Kind: 'connect-proxy', Proxy: destination, Connect: { Native: false, PeerMeta }, ...change })
}

function check(change: object = {}): WireCheck {
  return {
    ...WireCheck.decode(EMPTY),
    CheckID: 'web-1:overall-check',
    Name: 'overall-check',
    Status: 'passing',
    ServiceID: 'web-1',
    ...change,
  }
}

function importing(...nodes: readonly Partial<WireInstance>[]) {
  const filled = nodes.map(each => ({ Node: node(), Service: service(), Checks: [], ...each }))
  return importResource(CONTEXT, 'service', 'web', ExportedServiceMessage.encode({ Nodes: filled }))
}

function refusal(imported: ReturnType<typeof importResource>): string {
  return imported.ok ? 'taken' : `${imported.code}: ${imported.message}`
}

describe('an instance of a peer', () => {
  it('becomes rows with what the catalog shows and proxies need', () => {
    const Weights = { Passing: 5, Warning: -1 }
    const extra = {
      Tags: ['v1'],
      Meta: new Map([['k', 'v']]),
      Weights,
      TaggedAddresses: new Map([['wan', { Address: 'w', Port: 9 }]]),
    }
    const imported = importing({
      Service: service(extra),
      Checks: [check({ Status: 'warning', Output: 'x'.repeat(5000) })],
    })
    expect(imported).toMatchObject({
      ok: true,
      command: {
        ...{ type: 'import-service', id: 'peering', service: { Name: 'web', Namespace: 'default' } },
        instances: [
          {
            node: { Node: 'n', Address: '10.0.0.1', Datacenter: 'east' },
            service: {
              Node: 'n',
              Kind: '',
              ID: 'web-1',
              Tags: ['v1'],
              Meta: { k: 'v' },
              Weights: { Passing: 5, Warning: 0 },
            },
            checks: [{ CheckID: 'web-1:overall-check', Status: 'warning', Output: 'x'.repeat(MAX.output) }],
          },
        ],
      },
    })
  })

  it('that is a proxy knows how it is reached, and one that speaks mTLS itself is not dialled', () => {
    const imported = importing(
      { Service: proxy() },
      { Service: service({ Connect: { Native: true, PeerMeta: undefined } }) },
    )
    const rows = imported.ok && imported.command.type === 'import-service' ? imported.command.instances : []
    expect(rows[0]?.service).toMatchObject({ Kind: 'connect-proxy', Proxy: { DestinationServiceName: 'web' } })
    expect(rows[0]?.service.Connect.PeerMeta?.Protocol).toBe('tcp')
    expect(rows[1]?.service.Connect).toEqual({ Native: false })
  })

  it.each(['maintenance', 'critical', 'nonsense', ''])('with a check that is %j takes no traffic', Status => {
    const imported = importing({ Checks: [check({ Status })] })
    expect(imported).toMatchObject({ command: { instances: [{ checks: [{ Status: 'critical' }] }] } })
  })

  it('keeps checks of its node apart from those of other instances', () => {
    const imported = importing({ Checks: [check({ CheckID: 'serfHealth', ServiceID: '' })] })
    expect(imported).toMatchObject({ command: { instances: [{ checks: [{ CheckID: 'web-1:serfHealth' }] }] } })
  })

  it.each([
    ['no node', { Node: undefined }, 'Node or Service is missing'],
    ['no service', { Service: undefined }, 'Node or Service is missing'],
    ['a node without a name', { Node: node({ Node: '' }) }, 'Node.Node'],
    ['a name that would break keys', { Node: node({ Node: 'a\u001fb' }) }, 'Node.Node'],
    ['a node without an address', { Node: node({ Address: '' }) }, 'Node.Address'],
    ['another name', { Service: service({ Service: 'db' }) }, 'Service.Service'],
    ['no id', { Service: service({ ID: '' }) }, 'Service.ID'],
    ['an endless id', { Service: service({ ID: 'x'.repeat(300) }) }, 'Service.ID'],
    ['the kind of a gateway', { Service: service({ Kind: 'mesh-gateway' }) }, 'Service.Kind'],
    ['an impossible port', { Service: service({ Port: 65536 }) }, 'Service.Port'],
    ['a negative port', { Service: service({ Port: -1 }) }, 'Service.Port'],
    ['an endless tag', { Service: service({ Tags: ['x'.repeat(300)] }) }, 'Service.Tags'],
    ['a proxy for nothing', { Service: service({ Kind: 'connect-proxy' }) }, 'DestinationServiceName'],
    ['our own SNI', { Service: proxy({}, { SNI: [`db.default.dc1.internal.${OWN}`] }) }, 'PeerMeta.SNI'],
    [
      'our own name as a peer',
      { Service: proxy({}, { SNI: [`db.default.default.x.external.${OWN}`] }) },
      'PeerMeta.SNI',
    ],
    [
      'an SNI inside a mesh',
      { Service: proxy({}, { SNI: ['db.default.dc1.internal.theirs.consul'] }) },
      'PeerMeta.SNI',
    ],
    [
      'our identity',
      { Service: proxy({}, { SpiffeID: [`spiffe://${OWN}/ns/default/dc/dc1/svc/db`] }) },
      'PeerMeta.SpiffeID',
    ],
    ['no identity', { Service: proxy({}, { SpiffeID: ['https://x'] }) }, 'PeerMeta.SpiffeID'],
    ['too many checks', { Checks: Array.from({ length: 65 }, () => check()) }, 'more than 64 checks'],
    ['a check without an id', { Checks: [check({ CheckID: '' })] }, 'Checks'],
  ])('with %s is refused', (_, change, message) => {
    expect(refusal(importing(change as Partial<WireInstance>))).toContain(message)
  })

  it('is refused when its service is no name, or its bytes are none', () => {
    expect(refusal(importResource(CONTEXT, 'service', '', EMPTY))).toContain('ResourceID')
    expect(refusal(importResource(CONTEXT, 'service', 'a\u0000', EMPTY))).toContain('ResourceID')
    expect(refusal(importResource(CONTEXT, 'service', 'web', Buffer.from('0a05', 'hex')))).toContain(
      'cannot be decoded',
    )
  })
})

describe('what is too much', () => {
  it('is refused before it is taken apart', () => {
    const many = Buffer.alloc(2 * (MAX.instances + 1))
    for (let i = 0; i < many.length; i += 2) many[i] = 0x0a
    expect(refusal(importResource(CONTEXT, 'service', 'web', many))).toContain('Node or Service is missing')
    const large = importing({ Node: node({ Address: 'x'.repeat(MAX_BYTES.instance) }) })
    expect(refusal(large)).toBe(`8: an instance of web is larger than ${MAX_BYTES.instance} bytes`)
    const list = ExportedServiceListMessage.encode({
      Services: Array.from({ length: MAX.services + 1 }, (_, i) => `s${i}`),
    })
    expect(refusal(importResource(CONTEXT, 'list', '', list))).toBe(`8: more than ${MAX.services} exported services`)
    const bundle = TrustBundleMessage.encode({ TrustDomain: 't', RootPEMs: ['x'.repeat(MAX_BYTES.bundle)] })
    expect(refusal(importResource(CONTEXT, 'bundle', '', bundle))).toContain('8: the trust bundle is larger')
    const addresses = ServerAddressesMessage.encode({ Addresses: Array.from({ length: 65 }, () => 'h:1') })
    expect(refusal(importResource(CONTEXT, 'addresses', '', addresses))).toContain('8: more than 64 addresses')
  })

  it('is more than the budget of a peer has left', () => {
    const budget = createBudget(100)
    expect([spend(budget, 'a', 60), spend(budget, 'b', 60), spend(budget, 'b', 40)]).toEqual([true, false, true])
    expect([spend(budget, 'a', 80), spend(budget, 'a', 50), budget.total]).toEqual([false, true, 90])
    retain(budget, id => id === 'b')
    expect([budget.total, spend(budget, 'c', 60)]).toEqual([40, true])
  })
})

describe('the list of exported services', () => {
  it('stands for each service and the proxies made up for it', () => {
    const bytes = ExportedServiceListMessage.encode({ Services: ['web', 'ap/team/api'] })
    expect(importResource(CONTEXT, 'list', 'exported-service-list', bytes)).toMatchObject({
      services: ['web', 'ap/team/api'],
      command: {
        services: [
          { Name: 'web', Namespace: 'default' },
          { Name: 'web-sidecar-proxy', Namespace: 'default' },
          { Name: 'api', Namespace: 'team' },
          { Name: 'api-sidecar-proxy', Namespace: 'team' },
        ],
      },
    })
  })

  it('is refused with a name that is none', () => {
    const bytes = ExportedServiceListMessage.encode({ Services: ['a/b/c/d'] })
    expect(refusal(importResource(CONTEXT, 'list', '', bytes))).toBe('3: "a/b/c/d" is not the name of a service')
  })
})

describe('the trust bundle and the addresses of a peer', () => {
  const bundle = (change: object) =>
    importResource(
      CONTEXT,
      'bundle',
      'roots',
      TrustBundleMessage.encode({ TrustDomain: 'theirs.consul', RootPEMs: [TEST_CA], ...change }),
    )

  it('are taken as they are', () => {
    expect(bundle({})).toMatchObject({
      ok: true,
      command: { bundle: { TrustDomain: 'theirs.consul', RootPEMs: [TEST_CA] } },
    })
    const addresses = ServerAddressesMessage.encode({ Addresses: ['10.0.0.1:8503', 'gateway.example:443'] })
    expect(importResource(CONTEXT, 'addresses', '', addresses)).toMatchObject({
      command: { addresses: ['10.0.0.1:8503', 'gateway.example:443'] },
    })
  })

  it.each([
    [{ TrustDomain: '' }, 'TrustDomain'],
    [{ TrustDomain: 'a b' }, 'TrustDomain'],
    [{ TrustDomain: 'a/svc/db' }, 'TrustDomain'],
    [{ RootPEMs: [] }, 'RootPEMs is empty'],
    [{ RootPEMs: ['nothing'] }, 'RootPEMs[0]'],
    [{ RootPEMs: Array.from({ length: 33 }, () => TEST_CA) }, 'more than 32 roots'],
    [{ ExportedPartition: 'x'.repeat(300) }, 'ExportedPartition'],
  ])('with %j is refused', (change, message) => {
    expect(refusal(bundle(change))).toContain(message)
  })

  it('need somewhere to dial', () => {
    const addresses = (Addresses: string[]) =>
      importResource(CONTEXT, 'addresses', '', ServerAddressesMessage.encode({ Addresses }))
    expect(refusal(addresses([]))).toContain('there are no addresses')
    expect(refusal(addresses(['nowhere']))).toContain('"nowhere" is not host:port')
  })
})

it('never throws, whatever the bytes are', () => {
  const kinds = fc.constantFrom('service', 'list', 'bundle', 'addresses')
  fc.assert(
    fc.property(kinds, fc.string(), fc.uint8Array({ maxLength: 200 }), (kind, id, bytes) => {
      expect(typeof importResource(CONTEXT, kind as 'service', id, bytes).ok).toBe('boolean')
    }),
    { numRuns: 2000 },
  )
})
