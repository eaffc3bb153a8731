import { describe, expect, it } from 'vitest'
import { socketAddress } from './address.ts'
import { makeAggregateCluster, makeCluster } from './cluster.ts'
import { makeResource, messageOf } from './make-resource.ts'
import type { Resource } from './resource.ts'
import { CertificateFill, type OwnCertificate, ResourceTemplate, type SocketPlace } from './resource-template.ts'
import { upstreamTls } from './tls.ts'
import { tlsParams } from './tls-params.ts'

type ClusterValues = { readonly name: string; readonly sni: string }

function cluster({ name, sni }: ClusterValues, own: OwnCertificate) {
  const identity = { ...own, roots: ['root'] }
  return makeCluster({
    name,
    altStatName: true,
    endpoints: { by: 'eds', fetchTimeoutMs: undefined },
    connectTimeoutMs: 5000,
    tls: upstreamTls({ identity, params: tlsParams(undefined), sni, serverIds: [`spiffe://a`] }),
  })
}

function certificate(length: number) {
  return new CertificateFill({ certPem: 'c'.repeat(length), privateKeyPem: 'k'.repeat(length + 1) })
}

function clusterOf(resource: Resource) {
  return messageOf<'cluster'>({ ...resource, type: 'cluster', chunk: resource.chunk })
}

describe('a resource made from a template', () => {
  const template = new ResourceTemplate<ClusterValues>('cluster', 'key', { name: 'a', sni: 'b' }, cluster)

  it.each([1, 100, 127, 128, 1_000, 16_384, 70_000])('has the bytes of one made for it (%i characters)', length => {
    const values = { name: `api${'x'.repeat(length % 200)}`, sni: 's'.repeat(length) }
    const filled = template.fill(values, certificate(length))
    const made = makeResource('cluster', cluster(values, certificate(length)))
    expect(clusterOf(filled)).toEqual(clusterOf(made))
    expect(filled.chunk.length).toBe(made.chunk.length)
    const { name } = values
    expect([filled.type, filled.name, filled.children, filled.issues]).toEqual(['cluster', name, [name], []])
  })

  it('has the same version for the same contents and another for others', () => {
    const version = (sni: string, length: number) => template.fill({ name: 'a', sni }, certificate(length)).version
    expect(version('a', 10)).toMatch(/^[0-9a-f]{32}$/)
    expect(version('a', 10)).toBe(version('a', 10))
    expect(new Set([version('a', 10), version('b', 10), version('a', 11)]).size).toBe(3)
  })
})

it('a resource without a certificate inside keeps its version when the certificate changes', () => {
  const options = { name: 'f', connectTimeoutMs: 1, members: ['a', 'b'] }
  const template = new ResourceTemplate('cluster', '', {}, () => makeAggregateCluster(options))
  const [one, other] = [1, 2].map(length => template.fill({}, certificate(length)))
  expect(one?.version).toBe(other?.version)
  expect(one?.version).toBe(makeResource('cluster', makeAggregateCluster(options)).version)
})

it('an address may be filled in', () => {
  const make = ({ place: { address, port } }: { readonly place: SocketPlace }) => {
    const endpoints = { by: 'static', address: socketAddress(address, port) } as const
    return makeCluster({ name: 'app', endpoints, connectTimeoutMs: 1 })
  }
  const template = new ResourceTemplate('cluster', '', { place: { address: 'x', port: 1 } }, make)
  for (const place of [
    { address: '::1', port: 0 },
    { address: '10.100.200.30', port: 65_535 },
  ]) {
    const made = makeResource('cluster', make({ place }))
    expect(clusterOf(template.fill({ place }, certificate(1)))).toEqual(clusterOf(made))
  }
})

it('a text that a user wrote is never taken for a stand-in', () => {
  const own = { certPem: 'cert', privateKeyPem: 'secret' }
  const seen: OwnCertificate[] = []
  const spy = (_: object, standIns: OwnCertificate) => {
    seen.push(standIns)
    return makeAggregateCluster({ name: 'f', connectTimeoutMs: 1, members: ['a'] })
  }
  new ResourceTemplate('cluster', 'known', {}, spy)
  const guess = `${seen[0]?.privateKeyPem}\n`
  const make = () => makeAggregateCluster({ name: 'f', connectTimeoutMs: 1, members: [guess] })
  const template = new ResourceTemplate('cluster', JSON.stringify([guess]), {}, make)
  const { chunk } = template.fill({}, new CertificateFill(own))
  expect(Buffer.from(chunk).includes('secret')).toBe(false)
  expect(Buffer.from(chunk).includes(guess)).toBe(true)
})

it('a value that is only part of a field is a mistake of its maker', () => {
  const make = ({ name }: { readonly name: string }) =>
    makeAggregateCluster({ name: `x${name}`, connectTimeoutMs: 1, members: [] })
  expect(() => new ResourceTemplate('cluster', '', { name: 'a' }, make)).toThrow()
})
