// TLS of the Prometheus listener: Envoy reads certificate and key from files and follows their changes.

import type { JsonObject } from '../../lib/json-value.ts'
import type { PrometheusTls } from './bootstrap-input.ts'

const CERTIFICATE = 'prometheus_cert'
const VALIDATION = 'prometheus_validation_context'

/** The static secrets the listener refers to; none without TLS. */
export function prometheusSecrets(tls: PrometheusTls | undefined): readonly JsonObject[] {
  if (tls === undefined) return []
  const trustedCa = 'file' in tls.ca ? { filename: tls.ca.file } : { inlineString: tls.ca.pem }
  return [
    {
      name: CERTIFICATE,
      tlsCertificate: { certificateChain: { filename: tls.certFile }, privateKey: { filename: tls.keyFile } },
    },
    { name: VALIDATION, validationContext: { trustedCa } },
  ]
}

/** The transport socket of the listener; undefined without TLS. */
export function prometheusTransportSocket(tls: PrometheusTls | undefined): JsonObject | undefined {
  if (tls === undefined) return undefined
  return {
    name: 'tls',
    typedConfig: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      commonTlsContext: {
        tlsCertificateSdsSecretConfigs: [{ name: CERTIFICATE }],
        validationContextSdsSecretConfig: { name: VALIDATION },
      },
    },
  }
}
