import { describe, expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { entry, entryGraph } from './entries.fake.ts'
import { checkEntryWrite } from './graph-check.ts'

type Entry = ReturnType<typeof entry>

/** What writing `changed` into `others` would break. */
function writing(changed: Entry, others: readonly Entry[] = []): string {
  return describeIssues(checkEntryWrite(entryGraph([...others, changed]), changed, 'dc1')) || 'fine'
}

/** What deleting `changed` and leaving `others` would break. */
function deleting(changed: Entry, others: readonly Entry[]): string {
  return describeIssues(checkEntryWrite(entryGraph(others), changed, 'dc1')) || 'fine'
}

const protocol = (name: string, value: string) => entry('service-defaults', name, { Protocol: value })
const http = (name: string) => protocol(name, 'http')
const redirect = (name: string, to: string) => entry('service-resolver', name, { Redirect: { Service: to } })

describe('writing a config entry', () => {
  it('is fine when every chain still compiles', () => {
    expect(writing(entry('service-splitter', 'web', { Splits: [{ Weight: 100 }] }), [http('web')])).toBe('fine')
    expect(writing(redirect('web', 'api'))).toBe('fine')
  })

  it('is refused when it closes a circle of redirects', () => {
    expect(writing(redirect('b', 'a'), [redirect('a', 'b')])).toContain('detected circular resolver redirect')
  })

  it('is refused when routing is asked of a service that speaks tcp', () => {
    expect(writing(entry('service-router', 'web'))).toContain('does not permit advanced routing')
  })

  it('is refused when it breaks the chain of a service that refers to the changed one from afar', () => {
    const others = [
      http('web'),
      http('b'),
      entry('service-router', 'web', { Routes: [{ Destination: { Service: 'b' } }] }),
      redirect('b', 'c'),
    ]
    expect(writing(protocol('c', 'grpc'), others)).toContain(
      'discovery chain "web" uses inconsistent protocols; service "c" has "grpc" which is not "http"',
    )
  })

  it('is refused when a subset goes that another service splits to', () => {
    const others = [http('web'), http('b'), entry('service-splitter', 'web', { Splits: [splitTo('b', 'v1')] })]
    expect(writing(entry('service-resolver', 'b', { Subsets: { v2: {} } }), others)).toBe(
      'service "b" does not have a subset named "v1"',
    )
    expect(writing(entry('service-resolver', 'b', { Subsets: { v1: {} } }), others)).toBe('fine')
  })

  it('is refused when an external SNI meets a redirect', () => {
    const external = entry('service-defaults', 'web', { ExternalSNI: 'x.example' })
    expect(writing(external, [redirect('web', 'b')])).toContain('cannot define redirects for external services')
    expect(writing(redirect('web', 'b'), [external])).toContain('cannot define redirects for external services')
  })

  it('of proxy-defaults is judged by every chain', () => {
    const others = [entry('service-router', 'web')]
    const defaults = (value: string) => entry('proxy-defaults', 'global', { Config: { protocol: value } })
    expect(writing(defaults('tcp'), others)).toContain('does not permit advanced routing')
    expect(writing(defaults('http'), others)).toBe('fine')
  })

  it('tells each problem once', () => {
    const others = [redirect('a', 'x'), redirect('b', 'x'), redirect('x', 'y')]
    const message = writing(redirect('y', 'x'), others)
    expect(message.match(/\[y\.default\.default\.dc1 -> x\.default\.default\.dc1 -> y/g)).toHaveLength(1)
  })

  it('does not look at services it does not concern', () => {
    const broken = [redirect('a', 'b'), redirect('b', 'a')]
    expect(writing(http('web'), broken)).toBe('fine')
  })
})

describe('deleting a config entry', () => {
  it('is refused when a router depends on the protocol it gave', () => {
    expect(deleting(http('web'), [entry('service-router', 'web')])).toContain('does not permit advanced routing')
  })

  it('is refused when a redirect leads to a subset it defined', () => {
    const gone = entry('service-resolver', 'b', { Subsets: { v1: {} } })
    const others = [entry('service-resolver', 'a', { Redirect: { Service: 'b', ServiceSubset: 'v1' } })]
    expect(deleting(gone, others)).toBe('service "b" does not have a subset named "v1"')
  })
})

describe('intentions about requests', () => {
  const permissions = [{ Action: 'allow', HTTP: { PathPrefix: '/' } }]
  const l7 = entry('service-intentions', 'api', { Sources: [{ Name: 'web', Permissions: permissions }] })

  it('need a destination that speaks an HTTP-like protocol', () => {
    expect(writing(l7)).toBe('service "api" has protocol "tcp", which is incompatible with L7 intentions permissions')
    expect(writing(l7, [protocol('api', 'grpc')])).toBe('fine')
  })

  it('keep that protocol from being taken away', () => {
    expect(writing(protocol('api', 'tcp'), [l7])).toContain('incompatible with L7 intentions permissions')
    expect(deleting(http('api'), [l7])).toContain('incompatible with L7 intentions permissions')
  })

  it('cannot refer to a JWT provider that does not exist', () => {
    const sources = [{ Name: 'web', Action: 'allow' }]
    const jwt = { Providers: [{ Name: 'okta' }] }
    const entryWithJwt = entry('service-intentions', 'api', { Sources: sources, JWT: jwt })
    expect(writing(entryWithJwt, [http('api')])).toContain('JWT provider "okta", which does not exist')
  })

  it('about connections are fine with any protocol', () => {
    expect(writing(entry('service-intentions', '*', { Sources: [{ Name: '*', Action: 'deny' }] }))).toBe('fine')
  })
})

describe('permissive mutual TLS', () => {
  const allowing = entry('mesh', 'mesh', { AllowEnablingPermissiveMutualTLS: true })

  it('needs the consent of the mesh entry', () => {
    const permissive = entry('service-defaults', 'web', { MutualTLSMode: 'permissive' })
    expect(writing(permissive)).toContain('AllowEnablingPermissiveMutualTLS=false in the mesh config entry')
    expect(writing(permissive, [allowing])).toBe('fine')
    expect(writing(entry('proxy-defaults', 'global', { MutualTLSMode: 'permissive' }))).toContain('cannot set')
  })

  it('can always be turned off', () => {
    expect(writing(entry('service-defaults', 'web', { MutualTLSMode: 'strict' }))).toBe('fine')
  })
})

function splitTo(service: string, subset: string) {
  return { Weight: 100, Service: service, ServiceSubset: subset }
}

describe('a sameness group', () => {
  const group = (name: string, more: object = {}) =>
    entry('sameness-group', name, { Members: [{ Peer: 'p' }], ...more })
  const gone = (what: string) => `${what} the sameness group "same", which does not exist`
  const exported = entry('exported-services', 'default', {
    Services: [{ Name: 'web', Consumers: [{ Peer: 'x' }, { SamenessGroup: 'same' }] }],
  })
  const source = { Name: 'a', SamenessGroup: 'same', Action: 'allow' }

  it.each([
    [
      'failover',
      entry('service-resolver', 'web', { Failover: { '*': { SamenessGroup: 'same' } } }),
      'service "web" refers to',
    ],
    [
      'intention',
      entry('service-intentions', 'web', { Sources: [source] }),
      'service "web" has intentions that refer to',
    ],
    ['export', exported, 'exported-services refers to'],
  ])('must be there before a %s names it, and stays while one does', (_, referrer, what) => {
    expect(writing(referrer)).toContain(gone(what))
    expect(writing(referrer, [group('same')])).toBe('fine')
    expect(deleting(group('same'), [referrer])).toContain(gone(what))
    expect(deleting(group('other'), [referrer, group('same')])).toBe('fine')
  })

  it('is of one partition', () => {
    expect(writing(exported, [group('same', { Partition: 'finance' })])).toContain(gone('exported-services refers to'))
  })

  it('can be the default of its partition if no other one is', () => {
    const other = group('other', { DefaultForFailover: true })
    expect(writing(group('same', { DefaultForFailover: true }), [other])).toBe(
      'DefaultForFailover: sameness group "other" is the default for failover of partition "default" already; there can be one',
    )
    expect(writing(group('same'), [other])).toBe('fine')
    expect(writing(group('same', { DefaultForFailover: true, Partition: 'finance' }), [other])).toBe('fine')
  })
})
