// The certificate that the HTTP API shows over TLS, and whose clients it takes.

import { createSecureContext, type TlsOptions } from 'node:tls'
import { Fault } from '../../core/model/fault.ts'
import { readTlsFile } from '../tls-file.ts'

/** `tls.defaults` and, over it, `tls.https` of the agent's configuration. */
export interface HttpsFiles {
  readonly ca_file?: string
  readonly cert_file?: string
  readonly key_file?: string
  readonly tls_min_version?: '' | 'TLSv1_2' | 'TLSv1_3'
  readonly verify_incoming?: boolean
}

/** With `verify_incoming`, clients must show a certificate of the CA. Throws Fault('invalid') for files that cannot be used. */
export function httpsIdentity(files: HttpsFiles): TlsOptions {
  const verify = files.verify_incoming ?? false
  if (verify && !files.ca_file) throw new Fault('invalid', 'tls.https.ca_file: is required to verify clients')
  const own = { cert: readPem('cert_file', files.cert_file), key: readPem('key_file', files.key_file) }
  const ca = files.ca_file ? { ca: readPem('ca_file', files.ca_file) } : {}
  const minVersion = files.tls_min_version === 'TLSv1_3' ? ('TLSv1.3' as const) : ('TLSv1.2' as const)
  const options = { ...own, ...ca, minVersion, requestCert: verify, rejectUnauthorized: verify }
  try {
    createSecureContext(options)
  } catch (error) {
    // The library's text names what is wrong with the PEM and never shows it.
    const reason = error instanceof Error ? error.message : String(error)
    throw new Fault('invalid', `tls.https: cert_file and key_file cannot be used: ${reason}`, { cause: error })
  }
  return options
}

function readPem(field: 'ca_file' | 'cert_file' | 'key_file', path: string | undefined): string {
  if (!path) throw new Fault('invalid', `tls.https.${field}: is required where ports.https is not off`)
  return readTlsFile(`tls.https.${field}`, path)
}
