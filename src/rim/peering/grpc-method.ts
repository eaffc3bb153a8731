// The service through which peers reach servers, for both ends of it. Messages are raw bytes here; who uses them decodes them.

import type { ServiceDefinition } from '@grpc/grpc-js'

const same = (bytes: Buffer): Buffer => bytes

export const rawBytes = {
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
} as const

const SERVICE = '/hashicorp.consul.internal.peerstream.PeerStreamService'

export const PATHS = {
  exchange: `${SERVICE}/ExchangeSecret`,
  stream: `${SERVICE}/StreamResources`,
} as const

export const peerStreamDefinition: ServiceDefinition = {
  ExchangeSecret: { ...rawBytes, path: PATHS.exchange, requestStream: false, responseStream: false },
  StreamResources: { ...rawBytes, path: PATHS.stream, requestStream: true, responseStream: true },
}

/** Tells one attempt to exchange a secret from another, so that it can be repeated when its answer was lost. */
export const ATTEMPT_HEADER = 'x-isthmus-attempt'
