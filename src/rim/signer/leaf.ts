// Leaves from an authority: the hot path of the signer, synchronous.

import { Fault } from '../../core/model/fault.ts'
import { BACKDATE_MS, type LeafSubject, leafProfile } from '../../core/pki/profiles.ts'
import { colonHex } from '../../lib/x509/hex.ts'
import { ipOctets } from '../../lib/x509/ip.ts'
import { certificatePem } from '../../lib/x509/read-certificate.ts'
import { signCertificate } from '../../lib/x509/write-certificate.ts'
import { newLeafKey, newSerial } from './keys.ts'
import type { IssuedLeaf, LeafRequest, SignedLeaf } from './signer.ts'
import type { Authority } from './signer-state.ts'

const DNS_LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/
const URI = /^spiffe:\/\/[\x21-\x7e]+$/

/** A new key and its leaf. Throws Fault `invalid` for names that cannot stand in a certificate. */
export function issueLeaf(authority: Authority, request: LeafRequest, now: number): IssuedLeaf {
  checkNames(request)
  const { spki, privateKeyPem } = newLeafKey()
  return { ...signLeaf(authority, { ...request, spki }, now), privateKeyPem }
}

/** A leaf for a key that is known by its public half. */
export function signLeaf(
  authority: Authority,
  subject: LeafSubject & { readonly ttlMs: number },
  now: number,
): SignedLeaf {
  const serial = newSerial()
  const template = leafProfile(subject, authority.certificate, { serial, now, ttlMs: subject.ttlMs })
  return {
    certPem: certificatePem(signCertificate(template, authority.key)) + authority.chainPem,
    serialNumber: colonHex(serial),
    spiffeUri: subject.spiffeUri,
    validAfter: wholeSeconds(now - BACKDATE_MS),
    validBefore: wholeSeconds(template.notAfter),
    signingKeyId: authority.keyId,
  }
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}

function checkNames({ spiffeUri, dnsSans, ipSans }: LeafRequest): void {
  if (!URI.test(spiffeUri)) throw new Fault('invalid', `leaf: ${JSON.stringify(spiffeUri)} is not a SPIFFE URI`)
  for (const name of dnsSans) {
    if (!isDnsName(name)) throw new Fault('invalid', `leaf: ${JSON.stringify(name)} is not a DNS name`)
  }
  for (const ip of ipSans) {
    if (ipOctets(ip) === undefined) throw new Fault('invalid', `leaf: ${JSON.stringify(ip)} is not an IP address`)
  }
}

/** A host name, or one with a wildcard as its first label. */
function isDnsName(name: string): boolean {
  const labels = (name.startsWith('*.') ? name.slice(2) : name).split('.')
  return name.length <= 253 && labels.every(label => DNS_LABEL.test(label))
}
