import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fakeResource } from '../../../test/support/xds-resources.ts'
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from '../../gen/envoy/service/discovery/v3/discovery_pb.ts'
import { typeUrls } from '../envoy/resource.ts'
import { decodeDeltaRequest } from './delta-request.ts'
import { encodeDeltaResponse } from './delta-response.ts'

test('a response assembled from chunks decodes as the message it is', () => {
  const upserts = [fakeResource('cluster', 'a', { size: 300 }), fakeResource('cluster', 'ünï', { version: 'v9' })]
  const bytes = encodeDeltaResponse({ type: 'cluster', nonce: '0000002a', upserts, removals: ['x', 'y'] })

  const response = fromBinary(DeltaDiscoveryResponseSchema, bytes)
  expect([response.typeUrl, response.nonce, response.removedResources]).toEqual([
    typeUrls.cluster,
    '0000002a',
    ['x', 'y'],
  ])
  expect(response.resources.map(({ name, version }) => `${name} ${version}`)).toEqual(['a v1', 'ünï v9'])
  expect(response.resources.map(({ resource }) => resource!.typeUrl)).toEqual([typeUrls.cluster, typeUrls.cluster])
  expect(response.resources[0]!.resource!.value).toHaveLength(300)
})

test('a request decodes to what was encoded', () => {
  const words = fc.array(fc.string(), { maxLength: 4 })
  const input = fc.record({
    typeUrl: fc.string(),
    resourceNamesSubscribe: words,
    resourceNamesUnsubscribe: words,
    responseNonce: fc.string(),
    initialResourceVersions: fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 }),
  })
  fc.assert(
    fc.property(input, fields => {
      const node = { id: 'web-1', cluster: 'web' }
      const error = { code: 13, message: 'no' }
      const message = create(DeltaDiscoveryRequestSchema, { ...fields, node, errorDetail: error })
      const request = decodeDeltaRequest(toBinary(DeltaDiscoveryRequestSchema, message))!
      expect([request.typeUrl, request.nonce, request.error]).toEqual([fields.typeUrl, fields.responseNonce, error])
      expect([request.subscribe, request.unsubscribe]).toEqual([
        fields.resourceNamesSubscribe,
        fields.resourceNamesUnsubscribe,
      ])
      expect(Object.fromEntries(request.initialVersions)).toEqual({ ...fields.initialResourceVersions })
      expect(request.node).toBeDefined()
    }),
  )
})

test('a request that says little decodes to little', () => {
  const request = decodeDeltaRequest(new Uint8Array())!
  expect(request).toEqual({ typeUrl: '', nonce: '', subscribe: [], unsubscribe: [], initialVersions: new Map() })
})

test('bytes that are no request are refused, never worse', () => {
  expect(decodeDeltaRequest(Uint8Array.from([18, 200, 1]))).toBeUndefined()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
      const request = decodeDeltaRequest(bytes)
      expect(request === undefined || typeof request.typeUrl === 'string').toBe(true)
    }),
  )
})
