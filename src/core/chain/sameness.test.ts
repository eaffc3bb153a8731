// Chains that fail over by sameness groups.

import { describe, expect, it } from 'vitest'
import { compileChain } from './assemble.ts'
import type { CompiledChain } from './chain.ts'
import { entry, entryGraph } from './entries.fake.ts'

type Entry = ReturnType<typeof entry>

const REQUEST = { service: 'main', namespace: 'default', partition: 'default', datacenter: 'dc1', trustDomain: 'td' }

function result(entries: readonly Entry[]) {
  return compileChain(REQUEST, entryGraph(entries))
}

function compile(...entries: readonly Entry[]): CompiledChain {
  const compiled = result(entries)
  if (!compiled.ok) throw new Error(compiled.message)
  return compiled.chain
}

/** `primary | failover, failover` of the chain's start, without the service and what all targets share. */
function resolution(chain: CompiledChain): string {
  const node = chain.Nodes[chain.StartNode]
  if (node?.Type !== 'resolver') return `no resolver ${chain.StartNode}`
  const targets = [node.Resolver.Target, ...(node.Resolver.Failover?.Targets ?? [])]
  return targets.map(id => id.replace('main.default.', '').replace('.dc1', '')).join(' | ')
}

const group = (fields: object) => entry('sameness-group', 'same', fields)
const MEMBERS = { Members: [{ Partition: 'finance' }, { Peer: 'east' }, { Partition: 'sales' }] }
const resolver = (fields: object) => entry('service-resolver', 'main', fields)
const byGroup = (more: object = {}) => resolver({ Failover: { '*': { SamenessGroup: 'same', ...more } } })

describe('failover to a sameness group', () => {
  it('tries the members in their order', () => {
    expect(resolution(compile(group(MEMBERS), byGroup()))).toBe('default | finance | default.external.east | sales')
  })

  it('does not try the primary again, whether the group includes it or lists it', () => {
    expect(resolution(compile(group({ ...MEMBERS, IncludeLocal: true }), byGroup()))).toBe(
      'default | finance | default.external.east | sales',
    )
    expect(resolution(compile(group({ Members: [{ Partition: 'default' }, { Partition: 'sales' }] }), byGroup()))).toBe(
      'default | sales',
    )
  })

  it('may lead to another service there', () => {
    const chain = compile(group({ Members: [{ Partition: 'sales' }] }), byGroup({ Service: 'backup' }))
    expect(resolution(chain)).toBe('default | backup.default.sales')
  })

  it('passes over a partition where the service speaks another protocol or lacks the subset', () => {
    const other = (partition: string, protocol: string) =>
      entry('service-defaults', 'main', { Partition: partition, Protocol: protocol })
    const members = group({ Members: [{ Partition: 'finance' }, { Partition: 'sales' }] })
    expect(resolution(compile(members, byGroup(), other('finance', 'grpc')))).toBe('default | sales')

    const subsets = { Subsets: { v1: { Filter: 'Service.Meta.v == 1' } } }
    const here = resolver({ DefaultSubset: 'v1', ...subsets, Failover: { '*': { SamenessGroup: 'same' } } })
    const there = entry('service-resolver', 'main', { Partition: 'sales', ...subsets })
    expect(resolution(compile(members, here, there))).toBe('v1.default | v1.sales')
  })
})

describe('the default group of a partition', () => {
  const DEFAULT = group({ ...MEMBERS, DefaultForFailover: true })

  it('is where every service fails over to', () => {
    const chain = compile(DEFAULT)
    expect(resolution(chain)).toBe('default | finance | default.external.east | sales')
    expect(chain.Default).toBeUndefined()
  })

  it('gives way to what the resolver of a service says', () => {
    expect(resolution(compile(DEFAULT, resolver({ Failover: { '*': { Datacenters: ['dc2'] } } })))).toBe(
      'default | default.dc2',
    )
  })

  it('does not concern services of other partitions or datacenters, or outside the mesh', () => {
    expect(resolution(compile(DEFAULT, resolver({ Redirect: { Service: 'main', Partition: 'sales' } })))).toBe('sales')
    expect(resolution(compile(DEFAULT, resolver({ Redirect: { Datacenter: 'dc2' } })))).toBe('default.dc2')
    expect(resolution(compile(DEFAULT, entry('service-defaults', 'main', { ExternalSNI: 'x' })))).toBe('default')
  })
})

describe('a redirect to a sameness group', () => {
  const redirect = (more: object = {}) => resolver({ Redirect: { SamenessGroup: 'same', ...more } })

  it('leads to its first member, and fails over to the others', () => {
    expect(resolution(compile(group(MEMBERS), redirect()))).toBe('finance | default.external.east | sales')
    expect(resolution(compile(group({ ...MEMBERS, IncludeLocal: true }), redirect()))).toBe(
      'default | finance | default.external.east | sales',
    )
  })

  it('may be to another service', () => {
    const chain = compile(group({ Members: [{ Partition: 'sales' }] }), redirect({ Service: 'other' }))
    expect(resolution(chain)).toBe('other.default.sales')
  })

  it('cannot be in a circle', () => {
    const back = entry('sameness-group', 'same', { Partition: 'finance', Members: [{ Partition: 'default' }] })
    const there = entry('service-resolver', 'main', { Partition: 'finance', Redirect: { SamenessGroup: 'same' } })
    const here = group({ Members: [{ Partition: 'finance' }] })
    expect(result([here, redirect(), back, there])).toMatchObject({
      message: expect.stringContaining('detected circular resolver redirect'),
    })
  })

  it('needs a member where the service is the same', () => {
    const grpc = entry('service-defaults', 'main', { Partition: 'sales', Protocol: 'grpc' })
    expect(result([group({ Members: [{ Partition: 'sales' }] }), redirect(), grpc])).toMatchObject({
      message: 'service "main" is redirected to the sameness group "same", where it is the same nowhere',
    })
  })
})

it.each([
  ['failover', { Failover: { '*': { SamenessGroup: 'all' } } }],
  ['redirect', { Redirect: { SamenessGroup: 'all' } }],
])('a %s to a group that does not exist is refused', (_, fields) => {
  expect(result([group(MEMBERS), resolver(fields)])).toMatchObject({
    message: 'service "main" refers to the sameness group "all", which does not exist',
  })
})
