import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { resourceSet } from '../../../test/support/xds-resources.ts'
import { Cluster_DiscoveryType, ClusterSchema } from '../../gen/envoy/config/cluster/v3/cluster_pb.ts'
import { ClusterLoadAssignmentSchema } from '../../gen/envoy/config/endpoint/v3/endpoint_pb.ts'
import { ListenerSchema } from '../../gen/envoy/config/listener/v3/listener_pb.ts'
import { RouteSchema, WeightedClusterSchema } from '../../gen/envoy/config/route/v3/route_components_pb.ts'
import { RouteConfigurationSchema } from '../../gen/envoy/config/route/v3/route_pb.ts'
import { ClusterConfigSchema } from '../../gen/envoy/extensions/clusters/aggregate/v3/cluster_pb.ts'
import { HttpConnectionManagerSchema } from '../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import { type TcpProxy, TcpProxySchema } from '../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts'
import { anyOf } from '../envoy/any.ts'
import { makeResource } from '../envoy/make-resource.ts'
import { consistent, type Exceptions } from './consistent.ts'

const eds = { clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS } } as const
const cluster = (name: string) => makeResource('cluster', create(ClusterSchema, { name }))
const edsCluster = (name: string) => makeResource('cluster', create(ClusterSchema, { name, ...eds }))
const endpoints = (name: string) =>
  makeResource('endpoints', create(ClusterLoadAssignmentSchema, { clusterName: name }))

function listener(typedConfig: ReturnType<typeof anyOf>) {
  const portSpecifier = { case: 'portValue', value: 80 } as const
  const address = { case: 'socketAddress', value: { address: '10.0.0.1', portSpecifier } } as const
  const filter = { name: 'f', configType: { case: 'typedConfig', value: typedConfig } } as const
  return makeResource(
    'listener',
    create(ListenerSchema, { name: 'l', address: { address }, filterChains: [{ filters: [filter] }] }),
  )
}

function tcpListener(clusterSpecifier: TcpProxy['clusterSpecifier']) {
  return listener(anyOf(TcpProxySchema, create(TcpProxySchema, { statPrefix: 'x', clusterSpecifier })))
}

function httpListener(routeConfigName: string) {
  const ads = { configSourceSpecifier: { case: 'ads', value: {} } } as const
  const rds = { case: 'rds', value: { routeConfigName, configSource: ads } } as const
  return listener(anyOf(HttpConnectionManagerSchema, { statPrefix: 'x', routeSpecifier: rds }))
}

const match = { pathSpecifier: { case: 'prefix', value: '/' } } as const

/** A route to each cluster, and one split to `half`. */
function route(...names: string[]) {
  const single = (name: string) =>
    create(RouteSchema, {
      match,
      action: { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: name } } },
    })
  const clusters = [{ name: 'half', weight: 1 }]
  const weighted = { case: 'weightedClusters', value: create(WeightedClusterSchema, { clusters }) } as const
  const split = create(RouteSchema, { match, action: { case: 'route', value: { clusterSpecifier: weighted } } })
  const virtualHosts = [{ name: 'web', domains: ['*'], routes: [...names.map(single), split] }]
  return makeResource('route', create(RouteConfigurationSchema, { name: 'web', virtualHosts }))
}

function complaints(lists: Parameters<typeof resourceSet>[0], exceptions?: Exceptions): string[] {
  return consistent(resourceSet(lists), exceptions).map(({ path, message }) => `${path}: ${message}`)
}

test('a set that belongs together has no issues', () => {
  const clusters = [cluster('local'), edsCluster('api'), cluster('half')]
  const lists = {
    cluster: clusters,
    endpoints: [endpoints('api')],
    listener: [httpListener('web')],
    route: [route('api')],
  }
  expect(complaints(lists)).toEqual([])
})

test('an EDS cluster needs endpoints, unless they are not known yet', () => {
  expect(complaints({ cluster: [edsCluster('api')] })).toEqual(['cluster api: no endpoints api'])
  expect(complaints({ cluster: [edsCluster('api')] }, { unknownEndpoints: new Set(['api']) })).toEqual([])
})

test('a listener needs the routes it asks for', () => {
  expect(complaints({ listener: [httpListener('web')] })).toEqual([
    'listener l filterChains[0].filters[0].typedConfig.rds: no route web',
  ])
})

test('a TCP proxy needs its clusters, unless a filter before it chooses', () => {
  expect(complaints({ listener: [tcpListener({ case: 'cluster', value: 'gone' })] })).toEqual([
    'listener l filterChains[0].filters[0].typedConfig: no cluster gone',
  ])
  expect(complaints({ listener: [tcpListener({ case: 'cluster', value: '' })] })).toEqual([])
})

test('routes and their weights need clusters, of the set or of the bootstrap configuration', () => {
  const path = 'route web virtualHosts[0]'
  expect(complaints({ route: [route('api', 'local_agent')] }, { bootstrapClusters: new Set(['local_agent']) })).toEqual(
    [`${path}.routes[0].route: no cluster api`, `${path}.routes[2].route.weightedClusters: no cluster half`],
  )
})

test('an aggregate cluster needs its members', () => {
  const typedConfig = anyOf(ClusterConfigSchema, { clusters: ['one', 'two'] })
  const clusterDiscoveryType = { case: 'clusterType', value: { name: 'aggregate', typedConfig } } as const
  const aggregate = makeResource('cluster', create(ClusterSchema, { name: 'a', clusterDiscoveryType }))
  expect(complaints({ cluster: [aggregate, cluster('one')] })).toEqual([
    'cluster a clusterType.typedConfig: no cluster two',
  ])
})

test('a name is used once per type', () => {
  expect(complaints({ cluster: [cluster('a'), cluster('a')], endpoints: [endpoints('a')] })).toEqual([
    'cluster a: name is used twice',
  ])
})

test('what Envoy would refuse is an issue', () => {
  expect(complaints({ cluster: [cluster('')] })).toEqual(['cluster  name: must have at least 1 characters'])
})
