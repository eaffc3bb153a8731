import { create, fromBinary } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { MetadataSchema } from '../../gen/envoy/config/core/v3/base_pb.ts'
import { ListenerSchema } from '../../gen/envoy/config/listener/v3/listener_pb.ts'
import { TcpProxySchema } from '../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts'
import { anyOf, contentOf, unpackAs } from './any.ts'

test('what is packed is remembered', () => {
  const any = anyOf(TcpProxySchema, { statPrefix: 'x' })
  expect(any.typeUrl).toBe('type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy')
  expect(fromBinary(TcpProxySchema, any.value).statPrefix).toBe('x')
  expect(contentOf(any)).toMatchObject({ schema: TcpProxySchema, message: { statPrefix: 'x' } })
  expect(unpackAs(TcpProxySchema, any)?.statPrefix).toBe('x')
  expect(unpackAs(ListenerSchema, any)).toBeUndefined()
})

test('an Any from elsewhere is decoded when asked for', () => {
  const { typeUrl, value } = anyOf(TcpProxySchema, { statPrefix: 'x' })
  const any = create(AnySchema, { typeUrl, value })
  expect(contentOf(any)).toBeUndefined()
  expect(unpackAs(TcpProxySchema, any)?.statPrefix).toBe('x')
  expect(unpackAs(ListenerSchema, any)).toBeUndefined()
})

test('maps are packed in the order of their keys, at any depth', () => {
  const one = anyOf(MetadataSchema, { filterMetadata: { b: { y: 1, x: [{ d: 1, c: 2 }] }, a: {} } })
  const other = anyOf(MetadataSchema, { filterMetadata: { a: {}, b: { x: [{ c: 2, d: 1 }], y: 1 } } })
  expect(one.value).toEqual(other.value)
})
