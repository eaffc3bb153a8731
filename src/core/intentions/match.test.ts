import { describe, expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { type ServiceIntentions, serviceIntentions } from '../entries/service-intentions.ts'
import { serviceName } from '../model/tenancy.ts'
import { type Intention, toIntention } from './intention.ts'
import { decide, matchDestination, matchSource } from './match.ts'

function stored(name: string, sources: readonly object[], fields: object = {}): ServiceIntentions {
  const decoded = serviceIntentions.decode({ Kind: 'service-intentions', Name: name, Sources: sources, ...fields })
  if (!decoded.ok) throw new Error(describeIssues(decoded.issues))
  return { ...decoded.value, CreateIndex: 7, ModifyIndex: 9 }
}

const entries = [
  stored('api', [
    { Name: 'web', Action: 'allow' },
    { Name: 'web', Peer: 'east', Action: 'allow' },
    { Name: 'shop', Permissions: [{ Action: 'allow', HTTP: { PathPrefix: '/' } }] },
    { Name: '*', Action: 'deny' },
  ]),
  stored('*', [
    { Name: 'web', Action: 'deny' },
    { Name: '*', Action: 'allow' },
  ]),
  stored('constructor', [{ Name: '__proto__', Action: 'allow' }]),
]

const API = { Name: 'api', Namespace: 'default', Partition: 'default' }
const lookup = (id: { readonly Name: string; readonly Namespace: string }) => {
  return entries.find(entry => entry.Name === id.Name && entry.Namespace === id.Namespace)
}
const names = (list: readonly Intention[]) =>
  list.map(each => `${each.SourcePeer ?? ''}/${each.SourceName} > ${each.DestinationName} ${each.Precedence}`)

describe('intentions of a destination', () => {
  it('are its own and those for all, in the order in which they win', () => {
    expect(names(matchDestination(lookup, API))).toEqual([
      '/shop > api 9',
      '/web > api 9',
      'east/web > api 9',
      '/* > api 8',
      '/web > * 6',
      '/* > * 5',
    ])
  })

  it('of the wildcard itself are listed once', () => {
    expect(names(matchDestination(lookup, { ...API, Name: '*' }))).toEqual(['/web > * 6', '/* > * 5'])
  })
})

describe('intentions of a source', () => {
  it('are those that name it and those for all, never those of a peer', () => {
    expect(names(matchSource(entries, serviceName('web'), () => undefined))).toEqual([
      '/web > api 9',
      '/* > api 8',
      '/web > * 6',
      '/* > * 5',
    ])
  })
})

describe('deciding about a connection', () => {
  const byAcl = { allow: true, from: 'acl' } as const
  const check = (
    source: ReturnType<typeof serviceName>,
    name = 'api',
    otherwise: Parameters<typeof decide>[2] = byAcl,
  ) => decide(matchDestination(lookup, { ...API, Name: name }), source, otherwise)

  it('takes the strongest intention that covers the source', () => {
    expect(check(serviceName('web'))).toEqual({
      allowed: true,
      reason: 'Matched L4 intention: default/web => default/api (Precedence: 9, Action: ALLOW)',
    })
    expect(check(serviceName('other')).allowed).toBe(false)
    expect(check(serviceName('web'), 'db').allowed).toBe(false)
    expect(check(serviceName('other'), 'db').allowed).toBe(true)
  })

  it('counts an intention about requests as a refusal', () => {
    expect(check(serviceName('shop'))).toEqual({
      allowed: false,
      reason: 'Matched L7 intention: default/shop => default/api (Precedence: 9, Permissions: 1)',
    })
  })

  it('never lets a wildcard speak for a peer’s services', () => {
    const east = (name: string) => serviceName(name, undefined, 'east')
    expect(check(east('web')).reason).toContain('peer:east/default/web')
    expect(check(east('other'))).toEqual({ allowed: true, reason: 'Default behavior configured by ACLs' })
  })

  it('takes what names a peer before what names all of them, and never means our own services by that', () => {
    const everyPeer = [
      { Name: '*', Peer: '*', Action: 'deny' },
      { Name: '*', Peer: 'east', Action: 'allow' },
    ]
    const ofPeers = stored('api', everyPeer)
    const from = (peer: string) =>
      decide(
        matchDestination(() => ofPeers, API),
        serviceName('web', undefined, peer),
        byAcl,
      )
    expect(from('east').allowed).toBe(true)
    expect(from('west').reason).toContain('peer:*/default/*')
    expect(from('').reason).toBe('Default behavior configured by ACLs')
  })

  it('falls back to the default intention policy, or to what ACLs say', () => {
    const policy = { allow: false, from: 'intention policy' } as const
    expect(decide([], serviceName('web'), policy)).toEqual({ allowed: false, reason: 'Default intention policy' })
    expect(decide([], serviceName('web'), byAcl)).toEqual({
      allowed: true,
      reason: 'Default behavior configured by ACLs',
    })
  })

  it('treats names that mean something to JavaScript as names', () => {
    expect(check(serviceName('__proto__'), 'constructor').allowed).toBe(true)
  })
})

describe('the JSON of an intention', () => {
  it('has the namespaces, the precedence and the indexes of its entry, and no partitions by default', () => {
    const [source] = entries[0]?.Sources ?? []
    const entry = stored('api', [{ Name: 'web', Action: 'allow', Description: 'shop' }], { Meta: { team: 'a' } })
    expect(source && toIntention(entry, entry.Sources[0] ?? source)).toEqual({
      Description: 'shop',
      SourceNS: 'default',
      SourceName: 'web',
      DestinationNS: 'default',
      DestinationName: 'api',
      SourceType: 'consul',
      Action: 'allow',
      Meta: { team: 'a' },
      Precedence: 9,
      CreateIndex: 7,
      ModifyIndex: 9,
    })
  })

  it('names partitions other than the default one, and the ID and metadata of the deprecated API', () => {
    const entry = stored('api', [{ Name: 'web', Action: 'allow' }], { Partition: 'east', Meta: { of: 'entry' } })
    const source = { Name: 'web', Action: 'allow', Precedence: 9, Type: 'consul' } as const
    const legacy = { LegacyID: 'id-1', LegacyMeta: { of: 'source' }, LegacyCreateTime: '2024-01-01T00:00:00Z' }
    expect(toIntention(entry, { ...source, ...legacy })).toMatchObject({
      ID: 'id-1',
      Meta: { of: 'source' },
      SourcePartition: 'east',
      DestinationPartition: 'east',
      CreatedAt: '2024-01-01T00:00:00Z',
    })
  })
})
