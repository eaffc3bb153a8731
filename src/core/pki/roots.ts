// Root rows: made from certificates, and as a secondary datacenter serves them.

import { colonHex, fingerprint } from '../../lib/x509/hex.ts'
import { type Certificate, certificatePem, subjectKeyIdOf } from '../../lib/x509/read-certificate.ts'
import { rfc3339 } from '../../lib/x509/time.ts'
import { type CaRoot, type CaRootsRow, trustDomainOf } from '../model/ca.ts'
import type { Unindexed } from '../model/row.ts'

const ROOT_NAME = 'Consul CA Primary Cert'

/** The row of a root certificate, not active yet. */
export function caRoot(certificate: Certificate, clusterId: string): CaRoot {
  const { type, bits } = certificate.publicKey.kind
  return {
    ID: fingerprint(certificate.der),
    Name: ROOT_NAME,
    SerialNumber: shownSerial(certificate.serial),
    SigningKeyID: colonHex(subjectKeyIdOf(certificate)),
    ExternalTrustDomain: clusterId,
    NotBefore: rfc3339(certificate.notBefore),
    NotAfter: rfc3339(certificate.notAfter),
    RootCert: certificatePem(certificate.der),
    IntermediateCerts: null,
    Active: false,
    PrivateKeyType: type,
    PrivateKeyBits: bits,
  }
}

// The API shows serials as JSON numbers; ours have at most 53 bits. Of a longer one, in a root made elsewhere, the low
// 48 show.
function shownSerial(serial: Uint8Array): number {
  const value = serial.reduce((sum, octet) => sum * 256 + octet, 0)
  return Number.isSafeInteger(value) ? value : serial.slice(-6).reduce((sum, octet) => sum * 256 + octet, 0)
}

/** The one row of roots; ActiveRootID is '' while no root is active. */
export function rootsRow(roots: readonly CaRoot[], clusterId: string): Unindexed<CaRootsRow> {
  return {
    ActiveRootID: roots.find(root => root.Active)?.ID ?? '',
    TrustDomain: trustDomainOf(clusterId),
    Roots: roots,
  }
}

/**
 * The roots a secondary datacenter serves: the primary's, the active one with the secondary's own intermediate behind
 * its intermediates, and with that intermediate's key as the one that signs here.
 */
export function secondaryRoots(primary: readonly CaRoot[], intermediate: Certificate): readonly CaRoot[] {
  return primary.map(root => {
    if (!root.Active) return root
    const intermediates = [...(root.IntermediateCerts ?? []), certificatePem(intermediate.der)]
    return { ...root, SigningKeyID: colonHex(subjectKeyIdOf(intermediate)), IntermediateCerts: intermediates }
  })
}
