// TLS contexts: what a proxy presents and what it accepts.

import { create } from '@bufbuild/protobuf'
import { type TransportSocket, TransportSocketSchema } from '../../gen/envoy/config/core/v3/base_pb.ts'
import {
  SubjectAltNameMatcher_SanType as SanType,
  type TlsParameters,
} from '../../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts'
import {
  type CommonTlsContext,
  CommonTlsContextSchema,
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
} from '../../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts'
import { anyOf } from './any.ts'
import { isHttp, isHttp2, type Protocol } from './protocol.ts'

/** Who a proxy is and whom it trusts. PEM texts. */
export interface TlsIdentity {
  readonly certPem: string
  readonly privateKeyPem: string
  readonly roots: readonly string[]
}

export interface DownstreamTls {
  readonly identity: TlsIdentity
  readonly params: TlsParameters
  /** Decides what is offered by ALPN. */
  readonly protocol: Protocol
}

/** Accepts mutual TLS: the client must present a certificate of the mesh. */
export function downstreamTls(options: DownstreamTls): TransportSocket {
  const context = create(DownstreamTlsContextSchema, {
    commonTlsContext: commonTls(options.identity, options.params, [], alpn(options.protocol)),
    requireClientCertificate: true,
  })
  return tlsSocket(anyOf(DownstreamTlsContextSchema, context))
}

export interface UpstreamTls {
  readonly identity: TlsIdentity
  readonly params: TlsParameters
  readonly sni: string
  /** SPIFFE URIs of which the server must present one. */
  readonly serverIds: readonly string[]
}

/** Dials with mutual TLS and checks that the server is the service that is meant. */
export function upstreamTls(options: UpstreamTls): TransportSocket {
  const context = create(UpstreamTlsContextSchema, {
    commonTlsContext: commonTls(options.identity, options.params, options.serverIds, []),
    sni: options.sni,
  })
  return tlsSocket(anyOf(UpstreamTlsContextSchema, context))
}

function commonTls(
  identity: TlsIdentity,
  tlsParams: TlsParameters,
  uris: readonly string[],
  alpnProtocols: readonly string[],
): CommonTlsContext {
  return create(CommonTlsContextSchema, {
    tlsParams,
    tlsCertificates: [
      { certificateChain: inline(pemText([identity.certPem])), privateKey: inline(pemText([identity.privateKeyPem])) },
    ],
    validationContextType: {
      case: 'validationContext',
      value: {
        trustedCa: inline(pemText(identity.roots)),
        matchTypedSubjectAltNames: uris.map(uri => {
          return { sanType: SanType.URI, matcher: { matchPattern: { case: 'exact', value: uri } } } as const
        }),
      },
    },
    alpnProtocols: [...alpnProtocols],
  })
}

/** Joins PEM texts so that each block ends with exactly one newline. */
export function pemText(pems: readonly string[]): string {
  return pems.map(pem => `${pem.trimEnd()}\n`).join('')
}

function tlsSocket(typedConfig: ReturnType<typeof anyOf>): TransportSocket {
  return create(TransportSocketSchema, { name: 'tls', configType: { case: 'typedConfig', value: typedConfig } })
}

function inline(text: string) {
  return { specifier: { case: 'inlineString', value: text } } as const
}

function alpn(protocol: Protocol): readonly string[] {
  if (!isHttp(protocol)) return []
  return isHttp2(protocol) ? ['h2', 'http/1.1'] : ['http/1.1']
}
