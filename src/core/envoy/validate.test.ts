import { readdirSync } from 'node:fs'
import { create, type DescMessage, getOption, hasOption, type MessageInitShape } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { describe, expect, test } from 'vitest'
import { Cluster_DiscoveryType, ClusterSchema } from '../../gen/envoy/config/cluster/v3/cluster_pb.ts'
import { HeaderValueOptionSchema, NodeSchema } from '../../gen/envoy/config/core/v3/base_pb.ts'
import { HealthCheckSchema } from '../../gen/envoy/config/core/v3/health_check_pb.ts'
import { ClusterLoadAssignmentSchema } from '../../gen/envoy/config/endpoint/v3/endpoint_pb.ts'
import { ListenerSchema } from '../../gen/envoy/config/listener/v3/listener_pb.ts'
import { RBACSchema } from '../../gen/envoy/config/rbac/v3/rbac_pb.ts'
import { RouteConfigurationSchema } from '../../gen/envoy/config/route/v3/route_pb.ts'
import { TcpProxySchema } from '../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts'
import { StringMatcherSchema } from '../../gen/envoy/type/matcher/v3/string_pb.ts'
import { rules } from '../../gen/validate/validate_pb.ts'
import { anyOf } from './any.ts'
import { validateMessage } from './validate.ts'

function complaints<S extends DescMessage>(schema: S, init: MessageInitShape<S>): string[] {
  return validateMessage(schema, create(schema, init)).map(({ path, message }) => `${path}: ${message}`)
}

const port = { case: 'portValue', value: 80 } as const
const socket = { address: { case: 'socketAddress', value: { address: '10.0.0.1', portSpecifier: port } } } as const

describe('rules on values', () => {
  test('text has a least length', () => {
    expect(complaints(ClusterSchema, { name: 'a' })).toEqual([])
    expect(complaints(ClusterSchema, {})).toEqual(['name: must have at least 1 characters'])
  })

  test('numbers in wrappers are checked when they are set', () => {
    const limit = (value: number) => complaints(ClusterSchema, { name: 'a', perConnectionBufferLimitBytes: value })
    expect(limit(5)).toEqual([])
    const priority = (value: number) =>
      complaints(ClusterLoadAssignmentSchema, { clusterName: 'a', endpoints: [{ priority: value }] })
    expect(priority(128)).toEqual([])
    expect(priority(129)).toEqual(['endpoints[0].priority: must be at most 128'])
    const weight = (value: number) =>
      complaints(ClusterLoadAssignmentSchema, { clusterName: 'a', endpoints: [{ loadBalancingWeight: value }] })
    expect(weight(0)).toEqual(['endpoints[0].loadBalancingWeight: must be at least 1'])
  })

  test('durations are compared to the nanosecond', () => {
    const timeout = (seconds: bigint, nanos = 0) =>
      complaints(ClusterSchema, { name: 'a', connectTimeout: { seconds, nanos } })
    expect(timeout(0n, 1)).toEqual([])
    expect(timeout(0n)).toEqual(['connectTimeout: must be more than 0s'])
    expect(timeout(-1n)).toEqual(['connectTimeout: must be more than 0s'])
  })

  test('enumerations hold defined values only', () => {
    const type = (value: Cluster_DiscoveryType) =>
      complaints(ClusterSchema, { name: 'a', clusterDiscoveryType: { case: 'type', value } })
    expect(type(Cluster_DiscoveryType.EDS)).toEqual([])
    expect(type(77 as Cluster_DiscoveryType)).toEqual([
      'type: must be a value of envoy.config.cluster.v3.Cluster.DiscoveryType',
    ])
    expect(complaints(ClusterSchema, { name: 'a', lbPolicy: 7 })).toEqual([])
  })

  test('header names and values hold what headers may', () => {
    const header = (key: string, value: string) => complaints(HeaderValueOptionSchema, { header: { key, value } })
    expect(header('x-a', 'b c')).toEqual([])
    expect(header('x a\n', 'b')).toEqual(['header.key: must hold only characters allowed in an HTTP header'])
    expect(header('x', 'a\u0000')).toEqual(['header.value: must hold only characters allowed in an HTTP header'])
  })
})

describe('rules on presence and number', () => {
  test('a required message must be there', () => {
    expect(complaints(HealthCheckSchema, { healthChecker: { case: 'tcpHealthCheck', value: {} } })).toEqual([
      'timeout: is required',
      'interval: is required',
      'unhealthyThreshold: is required',
      'healthyThreshold: is required',
    ])
  })

  test('a required choice must be made', () => {
    expect(complaints(StringMatcherSchema, {})).toEqual([
      'matchPattern: needs one of exact, prefix, suffix, safeRegex, contains, custom',
    ])
  })

  test('rules on one choice apply only when it is the one made', () => {
    expect(complaints(StringMatcherSchema, { matchPattern: { case: 'exact', value: '' } })).toEqual([])
    expect(complaints(StringMatcherSchema, { matchPattern: { case: 'prefix', value: '' } })).toEqual([
      'prefix: must have at least 1 characters',
    ])
  })

  test('lists have a least length, and each item is looked into', () => {
    const host = (init: MessageInitShape<typeof RouteConfigurationSchema>) => complaints(RouteConfigurationSchema, init)
    expect(host({ virtualHosts: [{ name: 'a', domains: ['*'] }, { name: 'b' }] })).toEqual([
      'virtualHosts[1].domains: must have at least 1 items',
    ])
  })

  test('values of maps are looked into', () => {
    expect(complaints(RBACSchema, { policies: { web: { permissions: [], principals: [] } } })).toEqual([
      'policies[web].permissions: must have at least 1 items',
      'policies[web].principals: must have at least 1 items',
    ])
  })
})

describe('nesting', () => {
  const listener = (statPrefix: string) => {
    const typedConfig = anyOf(TcpProxySchema, { statPrefix, clusterSpecifier: { case: 'cluster', value: 'a' } })
    const filter = { name: 'tcp', configType: { case: 'typedConfig', value: typedConfig } } as const
    return { name: 'l', address: socket, filterChains: [{ filters: [filter] }] }
  }

  test('packed messages are looked into', () => {
    expect(complaints(ListenerSchema, listener('x'))).toEqual([])
    expect(complaints(ListenerSchema, listener(''))).toEqual([
      'filterChains[0].filters[0].typedConfig.statPrefix: must have at least 1 characters',
    ])
  })

  const holding = (typeUrl: string, value: Uint8Array) => {
    const any = create(AnySchema, { typeUrl: `type.googleapis.com/${typeUrl}`, value })
    const filter = { name: 'f', configType: { case: 'typedConfig', value: any } } as const
    return complaints(ListenerSchema, { name: 'l', address: socket, filterChains: [{ filters: [filter] }] })
  }

  test('messages packed elsewhere are looked into too', () => {
    expect(holding(TcpProxySchema.typeName, new Uint8Array())).toContain(
      'filterChains[0].filters[0].typedConfig.statPrefix: must have at least 1 characters',
    )
  })

  test('types we do not know are left to Envoy', () => {
    expect(holding('x.Y', new Uint8Array([1]))).toEqual([])
  })

  test('bytes that are not of the type they claim are an issue', () => {
    expect(holding(TcpProxySchema.typeName, new Uint8Array([10, 200]))).toEqual([
      expect.stringContaining(
        'typedConfig: does not hold a type.googleapis.com/envoy.extensions.filters.network.tcp_proxy',
      ),
    ])
  })

  test('free-form data has no rules', () => {
    expect(complaints(NodeSchema, { id: 'x', metadata: { name: '', constructor: [{ a: null }] } })).toEqual([])
  })
})

test('every rule Envoy’s API uses is one we check', async () => {
  const folder = new URL('../../gen/envoy/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('_pb.ts'))
  expect(files.length).toBeGreaterThan(50)
  const known = new Set(
    ['string', 'bytes', 'enum', 'bool', 'duration', 'repeated', 'map', 'any', 'float', 'double'].concat([
      'int32',
      'int64',
      'uint32',
      'uint64',
    ]),
  )
  const unknown: string[] = []
  for (const file of files) {
    const module: Record<string, unknown> = await import(new URL(file, folder).href)
    for (const exported of Object.values(module)) {
      if (!isMessage(exported)) continue
      for (const field of exported.fields.filter(candidate => hasOption(candidate, rules))) {
        const { type } = getOption(field, rules)
        const unusual =
          type.case === 'string' &&
          type.value.wellKnown.case !== undefined &&
          type.value.wellKnown.case !== 'wellKnownRegex'
        if (unusual || (type.case !== undefined && !known.has(type.case))) unknown.push(field.toString())
      }
    }
  }
  expect(unknown).toEqual([])
})

function isMessage(exported: unknown): exported is DescMessage {
  return typeof exported === 'object' && exported !== null && 'kind' in exported && exported.kind === 'message'
}
