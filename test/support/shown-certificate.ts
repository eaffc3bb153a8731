// The certificate that a listener of the mesh shows to whoever connects, with or without one of their own.

import { connect } from 'node:tls'
import type { Endpoint } from '../../src/sandbox/loopback.ts'

export interface ShownCertificate {
  readonly serialNumber: string
  /** Such as `URI:spiffe://…`. */
  readonly names: string
  /** The key identifier of what signed it. */
  readonly signer: string
}

export function shownCertificate(at: Endpoint): Promise<ShownCertificate> {
  return new Promise((resolve, reject) => {
    // Nothing is sent and nothing believed: only the certificate is looked at.
    const socket = connect({ host: at.address, port: at.port, rejectUnauthorized: false }, () => {
      const certificate = socket.getPeerX509Certificate()
      socket.destroy()
      if (certificate === undefined) return reject(new Error('no certificate was shown'))
      resolve({
        serialNumber: certificate.serialNumber,
        names: certificate.subjectAltName ?? '',
        signer: certificate.issuer,
      })
    })
    socket.once('error', reject)
  })
}
