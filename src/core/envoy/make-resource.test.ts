import { create, fromBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { Cluster_DiscoveryType, ClusterSchema } from '../../gen/envoy/config/cluster/v3/cluster_pb.ts'
import { ClusterLoadAssignmentSchema } from '../../gen/envoy/config/endpoint/v3/endpoint_pb.ts'
import { type Listener, ListenerSchema } from '../../gen/envoy/config/listener/v3/listener_pb.ts'
import { RouteConfigurationSchema } from '../../gen/envoy/config/route/v3/route_pb.ts'
import {
  type HttpConnectionManager,
  HttpConnectionManagerSchema,
} from '../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import { SecretSchema } from '../../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts'
import { DeltaDiscoveryResponseSchema } from '../../gen/envoy/service/discovery/v3/discovery_pb.ts'
import { anyOf } from './any.ts'
import { makeOwnResource, makeResource, messageOf } from './make-resource.ts'

const eds = { case: 'type', value: Cluster_DiscoveryType.EDS } as const

function httpListener(routeSpecifier: HttpConnectionManager['routeSpecifier'], outside = false): Listener {
  const manager = create(HttpConnectionManagerSchema, { statPrefix: 'web', routeSpecifier })
  const packed = anyOf(HttpConnectionManagerSchema, manager)
  const { $typeName, typeUrl } = packed
  const value = outside ? { $typeName, typeUrl, value: packed.value } : packed
  const address = { case: 'socketAddress', value: { address: '127.0.0.1' } } as const
  return create(ListenerSchema, {
    name: 'web:127.0.0.1:80',
    address: { address },
    filterChains: [{ filters: [{ name: 'http', configType: { case: 'typedConfig', value } }] }],
  })
}

test('a resource carries name, version and one resources field of a response', () => {
  const cluster = create(ClusterSchema, { name: 'api', altStatName: 'stat' })
  const resource = makeResource('cluster', cluster)
  const [entry] = fromBinary(DeltaDiscoveryResponseSchema, resource.chunk).resources
  expect([entry!.name, entry!.version]).toEqual(['api', resource.version])
  expect(entry!.resource!.typeUrl).toBe('type.googleapis.com/envoy.config.cluster.v3.Cluster')
  expect(fromBinary(ClusterSchema, entry!.resource!.value)).toEqual(cluster)
  expect(resource.version).toMatch(/^[0-9a-f]{32}$/)
  expect(resource.issues).toEqual([])
})

test('the message of a resource can be read back', () => {
  const cluster = create(ClusterSchema, { name: 'api', altStatName: 'stat' })
  const resource = makeResource('cluster', cluster)
  expect(messageOf<'cluster'>({ ...resource, type: 'cluster', chunk: resource.chunk })).toEqual(cluster)
})

test('equal messages have equal versions, others have not', () => {
  const version = (altStatName: string) =>
    makeResource('cluster', create(ClusterSchema, { name: 'a', altStatName })).version
  expect(version('x')).toBe(version('x'))
  expect(version('x')).not.toBe(version('y'))
})

test('every type knows where its name is', () => {
  expect(makeResource('endpoints', create(ClusterLoadAssignmentSchema, { clusterName: 'e' })).name).toBe('e')
  expect(makeResource('listener', create(ListenerSchema, { name: 'l' })).name).toBe('l')
  expect(makeResource('route', create(RouteConfigurationSchema, { name: 'r' })).name).toBe('r')
  expect(makeResource('secret', create(SecretSchema, { name: 's' })).name).toBe('s')
})

test('the child of a cluster is what it asks for by EDS', () => {
  const children = (init: Parameters<typeof create<typeof ClusterSchema>>[1]) =>
    makeResource('cluster', create(ClusterSchema, init)).children
  expect(children({ name: 'a', clusterDiscoveryType: eds })).toEqual(['a'])
  expect(children({ name: 'a', clusterDiscoveryType: eds, edsClusterConfig: { serviceName: 'b' } })).toEqual(['b'])
  expect(children({ name: 'a' })).toEqual([])
})

test('the children of a listener are the routes it asks for by RDS', () => {
  const byName = { case: 'rds', value: { routeConfigName: 'web' } } as HttpConnectionManager['routeSpecifier']
  expect(makeResource('listener', httpListener(byName)).children).toEqual(['web'])
  expect(makeResource('listener', httpListener(byName, true)).children).toEqual(['web'])
  expect(makeResource('listener', httpListener({ case: undefined })).children).toEqual([])
})

test('a message that breaks the rules of its API has issues, and is encoded all the same', () => {
  const resource = makeResource('cluster', create(ClusterSchema, { name: '' }))
  expect(resource.issues).toEqual([{ path: 'name', message: 'must have at least 1 characters' }])
  expect(resource.version).toHaveLength(32)
})

test('a message that cannot be encoded has an issue that says so', () => {
  const cluster = create(ClusterSchema, { name: 'a', maxRequestsPerConnection: 1.5 })
  expect(makeResource('cluster', cluster).issues.map(issue => issue.message)).toEqual([
    expect.stringContaining('cannot be encoded'),
  ])
})

test('a resource of one proxy gives its bytes as often as asked, and its version without making it again', () => {
  let made = 0
  const own = makeOwnResource('cluster', () => {
    made++
    return create(ClusterSchema, { name: 'own', clusterDiscoveryType: eds })
  })
  const shared = makeResource('cluster', create(ClusterSchema, { name: 'own', clusterDiscoveryType: eds }))
  expect([own.name, own.version, own.children, own.issues]).toEqual(['own', shared.version, ['own'], []])
  expect([own.chunk, own.version, made]).toEqual([shared.chunk, shared.version, 1])
  expect([own.chunk, own.chunk, made]).toEqual([shared.chunk, shared.chunk, 3])
})
