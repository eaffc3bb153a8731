import {
  create as createSlowly,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { describe, expect, it } from 'vitest'
import { ClusterSchema } from '../../gen/envoy/config/cluster/v3/cluster_pb.ts'
import { MetadataSchema } from '../../gen/envoy/config/core/v3/base_pb.ts'
import { ListenerSchema } from '../../gen/envoy/config/listener/v3/listener_pb.ts'
import { RouteConfigurationSchema } from '../../gen/envoy/config/route/v3/route_pb.ts'
import { TcpProxySchema } from '../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts'
import { FieldRulesSchema } from '../../gen/validate/validate_pb.ts'
import { anyOf } from './any.ts'
import { create } from './create-message.ts'
import { encodeMessage } from './encode-message.ts'

/** Made and encoded here, and by the protobuf runtime. */
function bothWays<S extends DescMessage>(schema: S, init: MessageInitShape<S>) {
  return {
    ours: Buffer.from(encodeMessage(schema, create(schema, init))).toString('hex'),
    theirs: Buffer.from(toBinary(schema, createSlowly(schema, init))).toString('hex'),
  }
}

const CASES: Readonly<Record<string, ReturnType<typeof bothWays>>> = {
  'a message without fields': bothWays(ClusterSchema, {}),
  'enums, durations, wrappers and choices': bothWays(ClusterSchema, {
    name: 'c',
    connectTimeout: { seconds: 5n, nanos: 1_000_000 },
    perConnectionBufferLimitBytes: 0,
    clusterDiscoveryType: { case: 'type', value: 3 },
    lbPolicy: 2,
    commonLbConfig: { healthyPanicThreshold: { value: 0.5 } },
    outlierDetection: { consecutive5xx: 7, baseEjectionTime: { seconds: -3n } },
  }),
  'lists and maps of messages': bothWays(ListenerSchema, {
    name: 'l',
    filterChains: [
      { name: 'a'.repeat(200), filterChainMatch: { serverNames: ['x', 'ü'.repeat(100)], destinationPort: 80 } },
      {},
    ],
    metadata: { filterMetadata: { a: { list: [1, 'two', null, true, { three: 3 }] }, b: {} } },
  }),
  'texts of every length and alphabet': bothWays(RouteConfigurationSchema, {
    name: '',
    internalOnlyHeaders: [
      '',
      'ascii',
      'é',
      '日本語'.repeat(20),
      'a'.repeat(127),
      'a'.repeat(128),
      `${'a'.repeat(126)}é`,
      '\ud800',
    ],
  }),
  'a number in a choice that is zero': bothWays(ClusterSchema, {
    lbConfig: { case: 'ringHashLbConfig', value: { minimumRingSize: 0n, maximumRingSize: 8_388_608n } },
  }),
  'messages of proto2': bothWays(FieldRulesSchema, {
    type: { case: 'float', value: { const: -0, lt: 1.5, in: [1, 2] } },
    message: { required: false },
  }),
}

describe('a message is encoded as by the protobuf runtime', () => {
  it.each(Object.entries(CASES))('%s', (_, { ours, theirs }) => {
    expect(ours).toBe(theirs)
  })
})

it('maps are written in the order of their keys, at any depth', () => {
  const metadata = (keys: readonly string[]) =>
    create(ListenerSchema, {
      filterChains: [{ metadata: { filterMetadata: Object.fromEntries(keys.map(key => [key, { [key]: 1 }])) } }],
    })
  expect(encodeMessage(ListenerSchema, metadata(['b', 'a']))).toEqual(
    encodeMessage(ListenerSchema, metadata(['a', 'b'])),
  )
})

it('what was packed here is written as its bytes would be', () => {
  const any = anyOf(TcpProxySchema, { statPrefix: 'x'.repeat(300) })
  const plain = create(AnySchema, { typeUrl: any.typeUrl, value: any.value })
  expect(encodeMessage(AnySchema, any)).toEqual(encodeMessage(AnySchema, plain))
})

it('fields that were not known when decoding are kept', () => {
  const bytes = encodeMessage(TcpProxySchema, create(TcpProxySchema, { statPrefix: 'x', maxConnectAttempts: 3 }))
  expect(encodeMessage(MetadataSchema, fromBinary(MetadataSchema, Buffer.from([0xf8, 0x3f, 1])))).toEqual(
    Buffer.from([0xf8, 0x3f, 1]),
  )
  expect(encodeMessage(TcpProxySchema, fromBinary(TcpProxySchema, bytes))).toEqual(bytes)
})

it('a value its type cannot hold is refused, naming the field, and the next message is not touched by it', () => {
  const wrong = create(TcpProxySchema, { statPrefix: 'x', maxConnectAttempts: -1 })
  expect(() => encodeMessage(TcpProxySchema, wrong)).toThrow('google.protobuf.UInt32Value.value: -1')
  const good = create(TcpProxySchema, { statPrefix: 'x' })
  expect(fromBinary(TcpProxySchema, encodeMessage(TcpProxySchema, good)).statPrefix).toBe('x')
})
