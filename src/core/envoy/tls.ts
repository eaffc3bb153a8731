// TLS contexts: what a proxy presents and what it accepts.

import { type TransportSocket, TransportSocketSchema } from '../../gen/envoy/config/core/v3/base_pb.ts'
import {
  type CertificateValidationContext,
  CertificateValidationContextSchema,
  SubjectAltNameMatcher_SanType as SanType,
  type TlsParameters,
} from '../../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts'
import {
  type CommonTlsContext,
  CommonTlsContextSchema,
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
} from '../../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts'
import { SPIFFECertValidatorConfigSchema } from '../../gen/envoy/extensions/transport_sockets/tls/v3/tls_spiffe_validator_config_pb.ts'
import { anyOf } from './any.ts'
import { create } from './create-message.ts'
import { isHttp, isHttp2, type Protocol } from './protocol.ts'

/** Who a proxy is and whom it trusts. PEM texts. */
export interface TlsIdentity {
  readonly certPem: string
  readonly privateKeyPem: string
  readonly roots: readonly string[]
}

/** The roots of one trust domain. PEM texts. */
export interface TrustBundle {
  readonly trustDomain: string
  readonly roots: readonly string[]
}

export interface DownstreamTls {
  readonly identity: TlsIdentity
  readonly params: TlsParameters
  /** Decides what is offered by ALPN. */
  readonly protocol: Protocol
  /** Whose clients are accepted; those with certificates of the identity's roots unless given. One for each trust domain. */
  readonly trust?: readonly TrustBundle[]
}

/** Accepts mutual TLS: the client must present a certificate of the mesh, or of one of the trust domains given. */
export function downstreamTls({ identity, params, protocol, trust = [] }: DownstreamTls): TransportSocket {
  const validation = trust.length === 0 ? trustedCa(identity.roots, []) : spiffeValidation(trust)
  const context = create(DownstreamTlsContextSchema, {
    commonTlsContext: commonTls(identity, params, validation, alpn(protocol)),
    requireClientCertificate: true,
  })
  return tlsSocket(anyOf(DownstreamTlsContextSchema, context))
}

export interface UpstreamTls {
  readonly identity: TlsIdentity
  readonly params: TlsParameters
  /** PEM of the roots that the server is verified by; the identity's own unless given. */
  readonly serverRoots?: readonly string[] | undefined
  readonly sni: string
  /** SPIFFE URIs of which the server must present one. */
  readonly serverIds: readonly string[]
}

/** Dials with mutual TLS and checks that the server is the service that is meant. */
export function upstreamTls({ identity, params, serverRoots, sni, serverIds }: UpstreamTls): TransportSocket {
  const validation = trustedCa(serverRoots ?? identity.roots, serverIds)
  const context = create(UpstreamTlsContextSchema, {
    commonTlsContext: commonTls(identity, params, validation, []),
    sni,
  })
  return tlsSocket(anyOf(UpstreamTlsContextSchema, context))
}

function commonTls(
  identity: TlsIdentity,
  tlsParams: TlsParameters,
  validation: CertificateValidationContext,
  alpnProtocols: readonly string[],
): CommonTlsContext {
  return create(CommonTlsContextSchema, {
    tlsParams,
    tlsCertificates: [
      { certificateChain: inline(pemText([identity.certPem])), privateKey: inline(pemText([identity.privateKeyPem])) },
    ],
    validationContextType: { case: 'validationContext', value: validation },
    alpnProtocols: [...alpnProtocols],
  })
}

/** Certificates of any of the roots that carry one of the URIs, or anything at all when there are none. */
function trustedCa(roots: readonly string[], uris: readonly string[]): CertificateValidationContext {
  return create(CertificateValidationContextSchema, {
    trustedCa: inline(pemText(roots)),
    matchTypedSubjectAltNames: uris.map(uri => {
      return { sanType: SanType.URI, matcher: { matchPattern: { case: 'exact', value: uri } } } as const
    }),
  })
}

/** Certificates whose SPIFFE URI is of one of the trust domains, verified by the roots of that domain only. */
function spiffeValidation(trust: readonly TrustBundle[]): CertificateValidationContext {
  const byName = [...trust].sort((a, b) => (a.trustDomain < b.trustDomain ? -1 : 1))
  const trustDomains = byName.map(({ trustDomain, roots }) => {
    return { name: trustDomain, trustBundle: inline(pemText(roots)) }
  })
  const config = create(SPIFFECertValidatorConfigSchema, { trustDomains })
  const typedConfig = anyOf(SPIFFECertValidatorConfigSchema, config)
  return create(CertificateValidationContextSchema, {
    customValidatorConfig: { name: 'envoy.tls.cert_validator.spiffe', typedConfig },
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
