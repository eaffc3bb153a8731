// Certificates for the connections between agents, in files as an operator would make them.

import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { noExtensions } from '../../src/lib/x509/extensions.ts'
import { commonName } from '../../src/lib/x509/name.ts'
import { certificatePem } from '../../src/lib/x509/read-certificate.ts'
import { signingKey } from '../../src/lib/x509/signature.ts'
import { NO_NAMES } from '../../src/lib/x509/subject-alt-names.ts'
import { signCertificate } from '../../src/lib/x509/write-certificate.ts'

export interface TlsFileNames {
  readonly ca_file: string
  readonly cert_file: string
  readonly key_file: string
}

/** An authority whose certificates, for any names, are written to a folder. */
export function tlsFilesIn(folder: string): { issue(file: string, names: readonly string[]): TlsFileNames } {
  const authority = newKey()
  const caName = commonName('test authority')
  const validity = { notBefore: Date.now() - 3_600_000, notAfter: Date.now() + 3_600_000 }
  const { spki } = authority.key.publicKey
  const isAuthority = { ...noExtensions(), isCa: true, keyUsage: ['keyCertSign'] as const }
  const root = signCertificate(
    { serial: Uint8Array.of(1), issuer: caName, subject: caName, ...validity, spki, extensions: isAuthority },
    authority.key,
  )
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const ca_file = write('ca.pem', certificatePem(root))
  let serial = 1
  return {
    issue(file, dns) {
      const own = newKey()
      const extensions = { ...noExtensions(), subjectAltNames: { ...NO_NAMES, dns: [...dns] } }
      const subject = commonName(file)
      const template = { serial: Uint8Array.of(++serial), issuer: caName, subject, ...validity }
      const der = signCertificate({ ...template, spki: own.key.publicKey.spki, extensions }, authority.key)
      return { ca_file, cert_file: write(`${file}.pem`, certificatePem(der)), key_file: write(`${file}.key`, own.pem) }
    },
  }
}

function newKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return { key: signingKey(privateKey), pem: String(privateKey.export({ type: 'pkcs8', format: 'pem' })) }
}
