// What may be wrong with a peering token that can be read: found before it is handed over, not when the link does not come up.

import { reachOf, splitHostPort } from '../../lib/host-port.ts'
import { type Certificate, readCertificate } from '../../lib/x509/read-certificate.ts'
import { rfc3339 } from '../../lib/x509/time.ts'
import { trustDomainOfServerName } from '../model/sni.ts'
import { type PeeringToken, tokenAddresses } from './token.ts'

/** `error`: nobody can use the token. `warning`: it depends on who uses it, or when. */
export interface TokenFinding {
  readonly severity: 'error' | 'warning'
  readonly field: string
  readonly message: string
}

export interface InspectOptions {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The trust domain of the cluster that is to take the token; '' when it is not known. */
  readonly ownTrustDomain: string
}

const SOON_MS = 7 * 24 * 3_600_000

/** Everything suspicious about a token, the worst first. */
export function inspectToken(token: PeeringToken, options: InspectOptions): readonly TokenFinding[] {
  const findings = [
    ...inspectAuthorities(token, options.now),
    ...inspectName(token, options.ownTrustDomain),
    ...inspectAddresses(token),
  ]
  return findings.sort((a, b) => rank(a) - rank(b))
}

function rank({ severity }: TokenFinding): number {
  return severity === 'error' ? 0 : 1
}

function inspectAuthorities(token: PeeringToken, now: number): readonly TokenFinding[] {
  const certificates = token.CA.flatMap((pem, i) => {
    const read = readCertificate(pem.trim())
    return read.ok ? [{ field: `CA[${i}]`, certificate: read.value }] : []
  })
  const usable = certificates.filter(({ certificate }) => certificate.notBefore <= now && now < certificate.notAfter)
  return certificates.flatMap(({ field, certificate }) => {
    const message = validity(certificate, now)
    if (message === undefined) return []
    return [{ severity: usable.length === 0 ? ('error' as const) : ('warning' as const), field, message }]
  })
}

function validity({ notBefore, notAfter }: Certificate, now: number): string | undefined {
  if (now >= notAfter) return `expired at ${rfc3339(notAfter)}; make a new token`
  if (now < notBefore) return `is valid only from ${rfc3339(notBefore)} on; is the clock of this machine right?`
  return notAfter - now < SOON_MS ? `expires soon, at ${rfc3339(notAfter)}` : undefined
}

function inspectName({ ServerName }: PeeringToken, ownTrustDomain: string): readonly TokenFinding[] {
  const field = 'ServerName'
  const trustDomain = trustDomainOfServerName(ServerName)
  if (trustDomain === undefined) {
    const message = `${ServerName} is not server.<datacenter>.peering.<trust domain>, the name of a cluster's servers`
    return [{ severity: 'warning', field, message }]
  }
  if (ownTrustDomain === '' || trustDomain !== ownTrustDomain) return []
  const message = `the token was made in this very cluster (trust domain ${trustDomain}); it is for another one`
  return [{ severity: 'error', field, message }]
}

function inspectAddresses(token: PeeringToken): readonly TokenFinding[] {
  const field = token.ManualServerAddresses.length > 0 ? 'ManualServerAddresses' : 'ServerAddresses'
  const addresses = tokenAddresses(token)
  const near = addresses.flatMap((address, i) => {
    const reach = reachOf(splitHostPort(address)?.host ?? '')
    if (reach === 'world') return []
    const where = reach === 'machine' ? 'only from the machine itself' : 'only from its own network'
    return [{ severity: 'warning' as const, field: `${field}[${i}]`, message: `${address} can be reached ${where}` }]
  })
  if (near.length < addresses.length) return near
  const message =
    'every address is private: a cluster in another network cannot dial any of them. Name others with ' +
    '-server-external-addresses, set advertise_addr_wan, or let the mesh gateways carry peering ' +
    '(mesh entry, Peering.PeerThroughMeshGateways)'
  return [...near, { severity: 'warning', field, message }]
}
