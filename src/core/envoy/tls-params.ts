// TLS versions and cipher suites of the mesh entry, in Envoy's terms.

import {
  type TlsParameters,
  TlsParametersSchema,
  TlsParameters_TlsProtocol as TlsProtocol,
} from '../../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts'
import { create } from './create-message.ts'

/** One direction of the mesh entry's TLS block. */
export interface TlsDirection {
  readonly TLSMinVersion?: string | undefined
  readonly TLSMaxVersion?: string | undefined
  readonly CipherSuites?: readonly string[] | undefined
}

const VERSIONS: ReadonlyMap<string, TlsProtocol> = new Map([
  ['TLSv1_0', TlsProtocol.TLSv1_0],
  ['TLSv1_1', TlsProtocol.TLSv1_1],
  ['TLSv1_2', TlsProtocol.TLSv1_2],
  ['TLSv1_3', TlsProtocol.TLSv1_3],
])

const SUITES: ReadonlyMap<string, string> = new Map([
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ECDHE-ECDSA-AES128-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE-RSA-AES128-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ECDHE-ECDSA-AES256-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'ECDHE-RSA-AES256-SHA'],
  ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'AES128-GCM-SHA256'],
  ['TLS_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA'],
  ['TLS_RSA_WITH_AES_256_GCM_SHA384', 'AES256-GCM-SHA384'],
  ['TLS_RSA_WITH_AES_256_CBC_SHA', 'AES256-SHA'],
])

/** TLS parameters; what is not set, or `TLS_AUTO`, is left to Envoy. Unknown suites cannot be stored and are left out. */
export function tlsParams(direction: TlsDirection | undefined): TlsParameters {
  return create(TlsParametersSchema, {
    tlsMinimumProtocolVersion: VERSIONS.get(direction?.TLSMinVersion ?? '') ?? TlsProtocol.TLS_AUTO,
    tlsMaximumProtocolVersion: VERSIONS.get(direction?.TLSMaxVersion ?? '') ?? TlsProtocol.TLS_AUTO,
    cipherSuites: (direction?.CipherSuites ?? []).flatMap(suite => SUITES.get(suite) ?? []),
  })
}
