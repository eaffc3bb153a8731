import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { NodeSchema } from '../../gen/envoy/config/core/v3/base_pb.ts'
import { readProxyNode } from './proxy-node.ts'

const read = (init: MessageInitShape<typeof NodeSchema>) =>
  readProxyNode(toBinary(NodeSchema, create(NodeSchema, init)))

test('a node that says little lives in the default partition and namespace', () => {
  expect(read({ id: 'web-sidecar-proxy' })).toEqual({
    id: 'web-sidecar-proxy',
    partition: 'default',
    namespace: 'default',
  })
})

test('a node says in its metadata where it lives', () => {
  const metadata = { node_name: 'n1', partition: 'ap1', namespace: 'ns1', other: [1] }
  expect(read({ id: 'p', metadata })).toEqual({ id: 'p', nodeName: 'n1', partition: 'ap1', namespace: 'ns1' })
})

test('empty or odd metadata counts as none', () => {
  expect(read({ id: 'p', metadata: { node_name: '', partition: 5, namespace: null } })).toEqual({
    id: 'p',
    partition: 'default',
    namespace: 'default',
  })
})

test('an Envoy tells its version', () => {
  const version = { majorNumber: 1, minorNumber: 36, patch: 2 }
  const built = { case: 'userAgentBuildVersion', value: { version } } as const
  expect(read({ id: 'p', userAgentName: 'envoy', userAgentVersionType: built })).toMatchObject({
    envoyVersion: '1.36.2',
  })
  expect(read({ id: 'p', userAgentName: 'grpc', userAgentVersionType: built })).not.toHaveProperty('envoyVersion')
})

test('a node without an id, and bytes that are no node, are refused with a reason', () => {
  expect(read({})).toBe('node.id is empty; it must be the id of the proxy service')
  expect(readProxyNode(Uint8Array.from([10, 200]))).toBe('node is not a valid envoy.config.core.v3.Node')
})
