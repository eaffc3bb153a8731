import { describe, expect, it } from 'vitest'
import { makeAggregateCluster, makeCluster } from './cluster.ts'
import { IdentityFill, IdentityTemplate } from './identity-template.ts'
import { makeResource, messageOf } from './make-resource.ts'
import type { Resource } from './resource.ts'
import { type TlsIdentity, upstreamTls } from './tls.ts'
import { tlsParams } from './tls-params.ts'

const ROOTS = ['root']

function cluster(identity: TlsIdentity) {
  return makeCluster({
    name: 'api',
    endpoints: { by: 'eds', fetchTimeoutMs: undefined },
    connectTimeoutMs: 5000,
    tls: upstreamTls({ identity, params: tlsParams(undefined), sni: 'api.sni', serverIds: ['spiffe://a'] }),
  })
}

function identity(length: number): TlsIdentity {
  return { certPem: 'c'.repeat(length), privateKeyPem: 'k'.repeat(length + 1), roots: ROOTS }
}

function clusterOf(resource: Resource) {
  return messageOf<'cluster'>({ ...resource, type: 'cluster', chunk: resource.chunk })
}

describe('a resource filled with an identity', () => {
  const template = new IdentityTemplate('cluster', ROOTS, cluster)

  it.each([1, 100, 127, 128, 1_000, 16_384, 70_000])('has the bytes of one made for it (%i characters)', length => {
    const filled = template.fill(new IdentityFill(identity(length)))
    const made = makeResource('cluster', cluster(identity(length)))
    expect(clusterOf(filled)).toEqual(clusterOf(made))
    expect(filled.chunk.length).toBe(made.chunk.length)
    expect([filled.type, filled.name, filled.children, filled.issues]).toEqual(['cluster', 'api', ['api'], []])
  })

  it('has the same version for the same identity and another for another', () => {
    const version = (length: number) => template.fill(new IdentityFill(identity(length))).version
    expect(version(10)).toMatch(/^[0-9a-f]{32}$/)
    expect(version(10)).toBe(version(10))
    expect(version(10)).not.toBe(version(11))
  })
})

it('a resource without an identity inside keeps its version when the identity changes', () => {
  const options = { name: 'f', connectTimeoutMs: 1, members: ['a', 'b'] }
  const template = new IdentityTemplate('cluster', ROOTS, () => makeAggregateCluster(options))
  const [one, other] = [1, 2].map(length => template.fill(new IdentityFill(identity(length))))
  expect(one?.version).toBe(other?.version)
  expect(one?.version).toBe(makeResource('cluster', makeAggregateCluster(options)).version)
})
