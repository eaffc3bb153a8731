// Which signing requests are honoured. Nothing of a request but its key and its identity reaches a certificate; the
// names a leaf may carry besides its SPIFFE URI are decided by whoever asks, never by the request.

import type { Decoded, Issue } from '../../lib/schema.ts'
import type { Csr } from '../../lib/x509/csr.ts'
import { ipOctets } from '../../lib/x509/ip.ts'
import { keyWeakness } from '../../lib/x509/public-key.ts'
import { type Identity, parseSpiffe, spiffeUri } from '../model/spiffe.ts'

export interface LeafRules {
  readonly trustDomain: string
  readonly datacenter: string
  /** DNS names and IP addresses this requester may have; the request may ask for these and no others. */
  readonly allowedDns?: readonly string[]
  readonly allowedIps?: readonly string[]
}

/** A request that may be granted: the certificate carries `uri`, which is the canonical spelling of the identity. */
export interface GrantedLeaf {
  readonly identity: LeafIdentity
  readonly uri: string
  readonly dnsSans: readonly string[]
  readonly ipSans: readonly string[]
  readonly spki: Uint8Array
}

export type LeafIdentity = Exclude<Identity, { kind: 'signing' }>

/**
 * Checks a leaf request: exactly one URI, a SPIFFE identity of this trust domain and datacenter; no e-mail or other
 * names; a strong key. Whether the requester may have that identity is for the access rules to say.
 */
export function checkLeafCsr(csr: Csr, rules: LeafRules): Decoded<GrantedLeaf> {
  const names = csr.extensions.subjectAltNames
  const identity = soleIdentity(csr)
  const issues = [...commonIssues(csr), ...nameIssues(csr, rules)]
  if (csr.extensions.isCa) issues.push({ path: 'CSR', message: 'a leaf may not be a certificate authority' })
  const weakness = keyWeakness(csr.publicKey.kind)
  if (weakness !== undefined) issues.push({ path: 'CSR.PublicKey', message: weakness })
  if (identity === undefined || identity.kind === 'signing') {
    if (names.uris.length === 1) issues.push(badUri(names.uris[0] ?? ''))
    return { ok: false, issues }
  }

  issues.push(...identityIssues(identity, rules))
  if (issues.length > 0) return { ok: false, issues }
  const uri = spiffeUri({ ...identity, trustDomain: rules.trustDomain })
  return { ok: true, value: { identity, uri, dnsSans: names.dns, ipSans: names.ips, spki: csr.publicKey.spki } }
}

/**
 * Checks the request of a secondary datacenter for its intermediate: the signing identity of our trust domain, nothing
 * else.
 */
export function checkIntermediateCsr(csr: Csr, trustDomain: string): readonly Issue[] {
  const names = csr.extensions.subjectAltNames
  const issues = commonIssues(csr)
  const identity = soleIdentity(csr)
  if (names.uris.length === 1 && identity?.kind !== 'signing') issues.push(badUri(names.uris[0] ?? ''))
  if (identity?.kind === 'signing') issues.push(...trustDomainIssues(identity.trustDomain, trustDomain))
  if (names.dns.length + names.ips.length > 0)
    issues.push({ path: 'CSR.SAN', message: 'an intermediate carries no DNS names or IPs' })
  if (csr.subjectCommonName === '') issues.push({ path: 'CSR.Subject', message: 'an intermediate needs a common name' })
  const weakness = keyWeakness(csr.publicKey.kind, { ca: true })
  if (weakness !== undefined) issues.push({ path: 'CSR.PublicKey', message: weakness })
  return issues
}

function soleIdentity(csr: Csr): Identity | undefined {
  const [uri, ...more] = csr.extensions.subjectAltNames.uris
  return uri === undefined || more.length > 0 ? undefined : parseSpiffe(uri)
}

function commonIssues(csr: Csr): Issue[] {
  const { uris, emails, others } = csr.extensions.subjectAltNames
  const issues: Issue[] = []
  if (uris.length !== 1) issues.push({ path: 'CSR.SAN', message: `expected exactly one URI, got ${uris.length}` })
  if (emails.length > 0) issues.push({ path: 'CSR.SAN', message: 'e-mail addresses are not allowed' })
  if (others > 0) issues.push({ path: 'CSR.SAN', message: 'only URI, DNS and IP names are allowed' })
  return issues
}

function nameIssues(csr: Csr, { allowedDns = [], allowedIps = [] }: LeafRules): Issue[] {
  const { dns, ips } = csr.extensions.subjectAltNames
  const allowedOctets = new Set(allowedIps.map(ip => String(ipOctets(ip))))
  return [
    ...dns.filter(name => !allowedDns.includes(name)).map(name => refusedName('DNS name', name)),
    ...ips.filter(ip => !allowedOctets.has(String(ipOctets(ip)))).map(ip => refusedName('IP address', ip)),
  ]
}

function identityIssues(identity: LeafIdentity, rules: LeafRules): Issue[] {
  const issues = trustDomainIssues(identity.trustDomain, rules.trustDomain)
  if (identity.datacenter === rules.datacenter) return issues
  const message = `SPIFFE ID is of datacenter "${identity.datacenter}"; we are "${rules.datacenter}"`
  return [...issues, { path: 'CSR.SAN', message }]
}

function trustDomainIssues(theirs: string, ours: string): Issue[] {
  if (theirs.toLowerCase() === ours) return []
  return [{ path: 'CSR.SAN', message: `SPIFFE ID is of trust domain "${theirs}"; we are "${ours}"` }]
}

function badUri(uri: string): Issue {
  return { path: 'CSR.SAN', message: `URI ${JSON.stringify(uri)} is not an identity that can be certified here` }
}

function refusedName(what: string, value: string): Issue {
  return { path: 'CSR.SAN', message: `${what} ${JSON.stringify(value)} is not allowed for this identity` }
}
