// TLS versions and cipher suites, as config entries choose them for a direction or a listener.

import { type Infer, type Issue, list, string } from '../../lib/schema.ts'
import { sparse } from './sparse.ts'

/** From the oldest to the newest; '' and `TLS_AUTO` leave the choice to the proxy. */
export const TLS_VERSIONS = ['TLSv1_0', 'TLSv1_1', 'TLSv1_2', 'TLSv1_3'] as const

const RANK: ReadonlyMap<string, number> = new Map(TLS_VERSIONS.map((each, i) => [each, i]))

const version = string({ allowed: ['', 'TLS_AUTO', ...TLS_VERSIONS] })

const ELLIPTIC = [
  'CHACHA20_POLY1305_SHA256',
  'AES_128_GCM_SHA256',
  'AES_128_CBC_SHA',
  'AES_256_GCM_SHA384',
  'AES_256_CBC_SHA',
]

const PLAIN_RSA = ['AES_128_GCM_SHA256', 'AES_128_CBC_SHA', 'AES_256_GCM_SHA384', 'AES_256_CBC_SHA']

/** The suites proxies know, in their IANA names. */
export const CIPHER_SUITES: readonly string[] = [
  ...ELLIPTIC.map(suite => `TLS_ECDHE_ECDSA_WITH_${suite}`),
  ...ELLIPTIC.map(suite => `TLS_ECDHE_RSA_WITH_${suite}`),
  ...PLAIN_RSA.map(suite => `TLS_RSA_WITH_${suite}`),
]

export const tlsParameters = sparse({
  TLSMinVersion: version,
  TLSMaxVersion: version,
  CipherSuites: list(string()),
})

export type TlsParameters = Infer<typeof tlsParameters>

/** Versions must be in order, and cipher suites known and of use for the versions chosen. */
export function checkTls(path: string, tls: TlsParameters | undefined): Issue[] {
  if (tls === undefined) return []
  const issues: Issue[] = []
  const min = RANK.get(tls.TLSMinVersion ?? '')
  const max = RANK.get(tls.TLSMaxVersion ?? '')
  if (min !== undefined && max !== undefined && max < min) {
    const message = `configuring max version ${tls.TLSMaxVersion} less than the configured min version ${tls.TLSMinVersion} is invalid`
    issues.push({ path: `${path}.TLSMaxVersion`, message })
  }
  const suites = tls.CipherSuites ?? []
  if (suites.length > 0 && tls.TLSMinVersion === 'TLSv1_3') {
    const message =
      'configuring CipherSuites is only applicable to connections negotiated with TLS 1.2 or earlier, ' +
      `TLSMinVersion is set to ${tls.TLSMinVersion}`
    issues.push({ path: `${path}.CipherSuites`, message })
  }
  for (const [i, suite] of suites.entries()) {
    if (CIPHER_SUITES.includes(suite)) continue
    issues.push({ path: `${path}.CipherSuites[${i}]`, message: `unsupported cipher suite "${suite}"` })
  }
  return issues
}
