// The generated Envoy API as the project uses it: what is encoded comes back, and validation rules survive.
import { create, createRegistry, fromBinary, getOption, toBinary, toJson } from '@bufbuild/protobuf'
import { anyPack, anyUnpack } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { ClusterSchema } from '../src/gen/envoy/config/cluster/v3/cluster_pb.ts'
import { ClusterConfigSchema } from '../src/gen/envoy/extensions/clusters/aggregate/v3/cluster_pb.ts'
import { rules } from '../src/gen/validate/validate_pb.ts'

const aggregate = create(ClusterConfigSchema, { clusters: ['primary', 'backup'] })
const cluster = create(ClusterSchema, {
  name: 'api',
  connectTimeout: { seconds: 5n, nanos: 0 },
  clusterDiscoveryType: {
    case: 'clusterType',
    value: { name: 'envoy.clusters.aggregate', typedConfig: anyPack(ClusterConfigSchema, aggregate) },
  },
})

test('a cluster and the typed config inside it survive the wire', () => {
  const decoded = fromBinary(ClusterSchema, toBinary(ClusterSchema, cluster))

  expect(decoded).toEqual(cluster)
  const kind = decoded.clusterDiscoveryType
  const typedConfig = kind.case === 'clusterType' ? kind.value.typedConfig : undefined
  expect(typedConfig && anyUnpack(typedConfig, ClusterConfigSchema)).toEqual(aggregate)
})

test('JSON is the canonical form, with typed configs expanded', () => {
  const json = toJson(ClusterSchema, cluster, { registry: createRegistry(ClusterConfigSchema) })

  expect(json).toEqual({
    name: 'api',
    connectTimeout: '5s',
    clusterType: {
      name: 'envoy.clusters.aggregate',
      typedConfig: {
        '@type': 'type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig',
        clusters: ['primary', 'backup'],
      },
    },
  })
})

test("descriptors keep Envoy's validation rules", () => {
  const rule = getOption(ClusterSchema.field.name, rules).type

  expect(rule.case === 'string' && rule.value.minLen).toBe(1n)
})
