import { describe, expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { decodeEntry, ENTRY_KINDS, entryJson, entryKind } from './index.ts'

function stored(input: unknown) {
  const decoded = decodeEntry(input)
  if (!decoded.ok) throw new Error(describeIssues(decoded.issues))
  return decoded.value
}

const INDEXES = { CreateIndex: 3, ModifyIndex: 9 }

function json(entry: ReturnType<typeof stored>) {
  return entryJson({ ...entry, ...INDEXES }, false)
}

function problem(input: unknown): string {
  const decoded = decodeEntry(input)
  return decoded.ok ? 'accepted' : describeIssues(decoded.issues)
}

describe('decoding an entry of any kind', () => {
  it('takes the kind in either spelling', () => {
    expect(stored({ kind: 'service-defaults', name: 'web', protocol: 'http' })).toMatchObject({ Protocol: 'http' })
  })

  it('refuses a document without a kind in the words of Consul', () => {
    expect(problem({ Name: 'web' })).toContain('Payload does not contain a kind/Kind key at the top level')
    expect(problem('text')).toContain('Payload does not contain a kind/Kind key at the top level')
  })

  it('refuses an unknown kind in the words of Consul', () => {
    expect(problem({ Kind: 'service-magic', Name: 'x' })).toContain('invalid config entry kind: service-magic')
  })

  it('refuses an unknown field with its path and the nearest known name', () => {
    const entry = { Kind: 'service-resolver', Name: 'web', Redirect: { Datacentre: 'dc2' } }
    expect(problem(entry)).toBe('Redirect.Datacentre: unknown field "Datacentre"; did you mean "Datacenter"?')
  })

  it('refuses an unknown mesh gateway mode wherever one may stand', () => {
    expect(problem({ Kind: 'proxy-defaults', MeshGateway: { Mode: 'both' } })).toContain(
      'MeshGateway.Mode: invalid value "both"; allowed are "", "none", "local", "remote"',
    )
    const overrides = { Overrides: [{ Name: 'db', MeshGateway: { Mode: 'lokal' } }] }
    expect(problem({ Kind: 'service-defaults', Name: 'web', UpstreamConfig: overrides })).toContain(
      'UpstreamConfig.Overrides[0].MeshGateway.Mode: invalid value "lokal"',
    )
  })

  it('requires a name where the kind has no fixed one, and only takes the fixed one otherwise', () => {
    expect(problem({ Kind: 'service-defaults' })).toContain('Name: is required')
    expect(stored({ Kind: 'proxy-defaults' })).toMatchObject({ Name: 'global' })
    expect(problem({ Kind: 'proxy-defaults', Name: 'globl' })).toContain('only "global" is supported')
  })

  it('drops what only the server writes, so that an entry read can be written back', () => {
    const entry = stored({ Kind: 'service-defaults', Name: 'web', Protocol: 'http' })
    const shown = json(entry)
    expect(stored(shown)).toEqual(entry)
  })

  it('limits metadata to 64 pairs, keys to 128 and values to 512 characters', () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, 'v']))
    expect(problem({ Kind: 'mesh', Meta: many })).toContain('at most 64 pairs')
    expect(problem({ Kind: 'mesh', Meta: { ['k'.repeat(129)]: 'v' } })).toContain('key is longer than 128')
    expect(problem({ Kind: 'mesh', Meta: { k: 'v'.repeat(513) } })).toContain('value is longer than 512')
  })

  it('takes names that mean something to JavaScript as ordinary names', () => {
    const input = JSON.parse(
      '{"Kind":"service-resolver","Name":"__proto__","Meta":{"__proto__":"x"},"Subsets":{"constructor":{"Filter":"a == b"}},' +
        '"DefaultSubset":"constructor"}',
    )
    const entry = stored(input)
    expect(entry.Name).toBe('__proto__')
    expect(JSON.stringify(entry)).toContain('"constructor":{"Filter":"a == b"}')
    expect(problem({ Kind: 'service-resolver', Name: 'web', DefaultSubset: 'constructor' })).toContain(
      'DefaultSubset "constructor" is not a valid subset',
    )
  })
})

describe('the stored form', () => {
  it('leaves out empty fields, so that an explicit zero value is no difference', () => {
    const sparse = stored({ Kind: 'service-defaults', Name: 'web', Protocol: 'http' })
    const explicit = {
      Mode: '',
      ExternalSNI: '',
      MaxInboundConnections: 0,
      EnvoyExtensions: [],
      MeshGateway: { Mode: '' },
    }
    expect(stored({ Kind: 'service-defaults', Name: 'web', Protocol: 'http', ...explicit })).toEqual(sparse)
  })

  it('prints like Consul: header first, structures always there, the default tenancy unmentioned', () => {
    const entry = stored({ Protocol: 'http', Meta: { a: 'b' }, Name: 'web', Kind: 'service-defaults' })
    expect(JSON.stringify({ ...json(entry), Hash: 1 })).toBe(
      '{"Kind":"service-defaults","Name":"web","Protocol":"http","TransparentProxy":{},"MeshGateway":{},"Expose":{},' +
        '"Meta":{"a":"b"},"Hash":1,"CreateIndex":3,"ModifyIndex":9}',
    )
  })

  it('names partition and namespace to those who ask for them', () => {
    const entry = stored({ Kind: 'service-defaults', Name: 'web', Partition: 'east', Namespace: 'team' })
    expect(entryJson({ ...entry, ...INDEXES }, true)).toMatchObject({ Partition: 'east', Namespace: 'team' })
    expect(json(entry)).not.toHaveProperty('Partition')
  })

  it('carries a hash of what it says, and not of when it was written', () => {
    const entry = stored({ Kind: 'service-defaults', Name: 'web' })
    const other = stored({ Kind: 'service-defaults', Name: 'web', Protocol: 'http' })
    expect(entryJson({ ...entry, CreateIndex: 1, ModifyIndex: 2 }, false).Hash).toBe(json(entry).Hash)
    expect(json(other).Hash).not.toBe(json(entry).Hash)
  })

  it('gives the mesh entry no Name', () => {
    expect(json(stored({ Kind: 'mesh' }))).not.toHaveProperty('Name')
  })
})

describe('the registry', () => {
  it('finds every kind by its name and nothing else', () => {
    for (const kind of ENTRY_KINDS) expect(entryKind(kind.kind)?.kind).toBe(kind.kind)
    expect(entryKind('constructor')).toBeUndefined()
  })

  it('asks for the permission of each kind', () => {
    const needed = ENTRY_KINDS.map(kind => [kind.kind, kind.read('web'), kind.write('web')])
    expect(needed).toEqual([
      ['exported-services', need('mesh', 'read', ''), need('mesh', 'write', '')],
      ['mesh', { resource: 'open' }, need('mesh', 'write', '')],
      ['proxy-defaults', { resource: 'open' }, need('mesh', 'write', '')],
      ['sameness-group', need('mesh', 'read', ''), need('mesh', 'write', '')],
      ['service-defaults', need('service', 'read', 'web'), need('service', 'write', 'web')],
      ['service-intentions', need('intention', 'read', 'web'), need('intention', 'write', 'web')],
      ['service-resolver', need('service', 'read', 'web'), need('service', 'write', 'web')],
      ['service-router', need('service', 'read', 'web'), need('service', 'write', 'web')],
      ['service-splitter', need('service', 'read', 'web'), need('service', 'write', 'web')],
    ])
  })

  it('asks whoever sends traffic to other services for reading those too, but not for peers', () => {
    const kind = entryKind('service-resolver')
    const targets = [{ Service: 'b' }, { Service: 'c', Peer: 'east' }, { Datacenter: 'dc2' }]
    const decoded = kind?.decode({ Kind: 'service-resolver', Name: 'a', Failover: { '*': { Targets: targets } } })
    expect(decoded?.ok && kind?.writeAlso?.(decoded.value)).toEqual([need('service', 'read', 'b')])
  })
})

function need(resource: string, access: string, name: string) {
  return { resource, access, name }
}
