import { describe, expect, it } from 'vitest'
import { serviceRow } from '../../../test/support/catalog-rows.ts'
import { describeIssues } from '../../lib/schema.ts'
import type { ServiceInstance } from './service.ts'
import { checkService } from './service-rules.ts'

const PROXY = { DestinationServiceName: 'web', MeshGateway: {}, Expose: {} }

function upstream(name: string, port: number, extra: object = {}) {
  return { DestinationType: 'service', DestinationName: name, LocalBindPort: port, MeshGateway: {}, ...extra } as const
}

function sidecar(extra: Partial<ServiceInstance>): Partial<ServiceInstance> {
  return { Kind: 'connect-proxy', Proxy: PROXY, ...extra }
}

function withUpstreams(...Upstreams: readonly ReturnType<typeof upstream>[]): Partial<ServiceInstance> {
  return sidecar({ Proxy: { ...PROXY, Upstreams } })
}

const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, '']))

const rules: readonly (readonly [string, Partial<ServiceInstance>, string])[] = [
  ['a plain service', {}, ''],
  [
    'a service without weight',
    { Weights: { Passing: 0, Warning: 0 } },
    'Weights.Passing: Invalid Weights: Passing must be greater than 0',
  ],
  [
    'a weight too large',
    { Weights: { Passing: 1, Warning: 65536 } },
    'Weights.Warning: Invalid Weights: DNS Weight must be between 0 and 65535',
  ],
  ['too many pairs of metadata', { Meta: many }, 'Meta: Invalid Service Meta: 65 pairs are too many; at most 64'],
  [
    'a metadata key with a space',
    { Meta: { 'a b': '' } },
    `Meta["a b"]: ${unloaded('a b', '')}: Key contains invalid characters; letters, digits, "-" and "_" are allowed`,
  ],
  [
    'a metadata value too long',
    { Meta: { a: 'x'.repeat(513) } },
    `Meta["a"]: ${unloaded('a', 'x'.repeat(64))}: Value is too long; at most 512 characters`,
  ],
  [
    'a reserved metadata key',
    { Meta: { 'consul-x': '' } },
    `Meta["consul-x"]: ${unloaded('consul-x', '')}: Key prefix 'consul-' is reserved for internal use`,
  ],
  ['a gateway for servers', { Kind: 'mesh-gateway', Meta: { 'consul-wan-federation': '1' } }, ''],
  [
    'a service for servers',
    { Meta: { 'consul-wan-federation': '1' } },
    `Meta["consul-wan-federation"]: ${unloaded('consul-wan-federation', '1')}: Key prefix 'consul-' is reserved for internal use`,
  ],
  ['a sidecar', sidecar({}), ''],
  [
    'a sidecar of nothing',
    sidecar({ Proxy: { MeshGateway: {}, Expose: {} } }),
    'Proxy.DestinationServiceName must be non-empty for Connect proxy services',
  ],
  [
    'a sidecar of everything',
    sidecar({ Proxy: { ...PROXY, DestinationServiceName: '*' } }),
    'Proxy.DestinationServiceName must not be a wildcard for Connect proxy services',
  ],
  ['a sidecar without a port', sidecar({ Port: 0 }), 'Port or SocketPath must be set for a connect-proxy'],
  ['a sidecar on a socket', sidecar({ Port: 0, SocketPath: '/run/s' }), ''],
  ['a native sidecar', sidecar({ Connect: { Native: true } }), 'Connect.Native: a proxy cannot also be Connect Native'],
  ['two upstreams', withUpstreams(upstream('api', 1), upstream('db', 2)), ''],
  ['one upstream in two datacenters', withUpstreams(upstream('api', 1), upstream('api', 2, { Datacenter: 'dc2' })), ''],
  [
    'one upstream twice',
    withUpstreams(upstream('api', 1), upstream('api', 2)),
    'Proxy.Upstreams[1]: destination "api" is already used by Proxy.Upstreams[0]',
  ],
  [
    'two upstreams on one port',
    withUpstreams(upstream('api', 1), upstream('db', 1)),
    'Proxy.Upstreams[1]: local address 127.0.0.1:1 is already used by Proxy.Upstreams[0]',
  ],
  [
    'an upstream without a name',
    withUpstreams(upstream('', 1)),
    'Proxy.Upstreams[0].DestinationName: upstream destination name cannot be empty',
  ],
  [
    'an upstream without a port',
    withUpstreams(upstream('api', 0)),
    'Proxy.Upstreams[0].LocalBindPort: upstream local bind port or local socket path must be defined and nonzero',
  ],
  [
    'an upstream at a peer in a datacenter',
    withUpstreams(upstream('api', 1, { DestinationPeer: 'p', Datacenter: 'dc2' })),
    'Proxy.Upstreams[0].Datacenter: cannot be set together with DestinationPeer',
  ],
  ['a gateway without a port', { Kind: 'mesh-gateway', Port: 0 }, 'Port must be non-zero for a mesh-gateway'],
  ['a gateway without a port that needs none', { Kind: 'api-gateway', Port: 0 }, ''],
  [
    'a gateway with a destination',
    { Kind: 'mesh-gateway', Proxy: PROXY },
    'Proxy.DestinationServiceName: The Proxy.DestinationServiceName configuration is invalid for a mesh-gateway',
  ],
]

function unloaded(key: string, value: string): string {
  return `Invalid Service Meta: Couldn't load metadata pair ('${key}', '${value}')`
}

describe('the rules of a service', () => {
  it.each(rules)('judge %s', (_what, extra, problems) => {
    expect(describeIssues(checkService(serviceRow('n', 'web', extra)))).toBe(problems)
  })
})
