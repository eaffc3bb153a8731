// How this server shows itself to others: the configured certificate, or one made for this process.

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import { Fault } from '../../core/model/fault.ts'
import { noExtensions } from '../../lib/x509/extensions.ts'
import { commonName } from '../../lib/x509/name.ts'
import { certificatePem } from '../../lib/x509/read-certificate.ts'
import { signingKey } from '../../lib/x509/signature.ts'
import { signCertificate } from '../../lib/x509/write-certificate.ts'
import { readTlsFile } from '../tls-file.ts'

export interface TlsIdentity {
  readonly server: SecureContextOptions & Pick<TlsOptions, 'requestCert' | 'rejectUnauthorized'>
  readonly client: SecureContextOptions & { readonly rejectUnauthorized: boolean }
  /** False when anybody could pose as a server. */
  readonly verified: boolean
}

export interface TlsFiles {
  readonly ca_file?: string
  readonly cert_file?: string
  readonly key_file?: string
  readonly verify_incoming?: boolean
  readonly verify_outgoing?: boolean
}

/** Reads the configured files, or makes a self-signed certificate. Throws Fault('invalid') for files that cannot be used. */
export function tlsIdentity(files: TlsFiles, name: string, now: number): TlsIdentity {
  if (Boolean(files.cert_file) !== Boolean(files.key_file)) {
    throw new Fault('invalid', 'tls.internal_rpc: cert_file and key_file need each other')
  }
  const own = files.cert_file
    ? {
        cert: readTlsFile('tls.internal_rpc.cert_file', files.cert_file),
        key: readTlsFile('tls.internal_rpc.key_file', files.key_file ?? ''),
      }
    : selfSigned(name, now)
  const ca = files.ca_file ? { ca: readTlsFile('tls.internal_rpc.ca_file', files.ca_file) } : {}
  if ((files.verify_incoming || files.verify_outgoing) && !files.ca_file) {
    throw new Fault('invalid', 'tls.internal_rpc.ca_file: is required to verify other servers')
  }
  const incoming = files.verify_incoming ?? false
  const outgoing = files.verify_outgoing ?? false
  return {
    server: { ...own, ...ca, requestCert: incoming, rejectUnauthorized: incoming, minVersion: 'TLSv1.3' },
    client: { ...own, ...ca, rejectUnauthorized: outgoing, minVersion: 'TLSv1.3' },
    verified: incoming && outgoing,
  }
}

const YEAR_MS = 365 * 24 * 3_600_000

function selfSigned(name: string, now: number): { cert: string; key: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const key = signingKey(privateKey)
  const subject = commonName(name)
  const der = signCertificate(
    {
      serial: Buffer.concat([Buffer.from([1]), randomBytes(8)]),
      issuer: subject,
      subject,
      notBefore: now - 3_600_000,
      notAfter: now + 10 * YEAR_MS,
      spki: key.publicKey.spki,
      extensions: noExtensions(),
    },
    key,
  )
  return { cert: certificatePem(der), key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })) }
}
