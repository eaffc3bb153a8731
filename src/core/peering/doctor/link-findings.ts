// Whether the link itself is up, and why not: state, secret, heartbeat, trust.

import { readCertificate } from '../../../lib/x509/read-certificate.ts'
import { rfc3339 } from '../../../lib/x509/time.ts'
import { unreachable } from '../../model/fault.ts'
import { isDialer } from '../../model/peering.ts'
import { trustDomainOfServerName } from '../../model/sni.ts'
import { HEARTBEAT_MS } from '../session.ts'
import { visibleState } from '../state.ts'
import { type Finding, failed, ok, warn } from './finding.ts'
import type { PeeringPicture } from './picture.ts'

export interface Circumstances {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** This side dials and has a secret that opens streams. */
  readonly hasStreamSecret: boolean
}

/** Everything about a link that is not over. */
export function linkFindings(picture: PeeringPicture, circumstances: Circumstances): readonly Finding[] {
  return [
    stateFinding(picture),
    ...secretFindings(picture, circumstances),
    ...heartbeatFindings(picture, circumstances.now),
    ...trustFindings(picture, circumstances.now),
  ]
}

/** The state, with what to do where it is not as it should be. */
export function stateFinding({ row, stream }: PeeringPicture): Finding {
  const state = visibleState(row, stream)
  const problem = stream?.error || 'the reason is not known'
  switch (state) {
    case 'ACTIVE':
      return ok('state', '', `ACTIVE: the link is up, and this cluster ${isDialer(row) ? 'dials' : 'is dialled'}`)
    case 'PENDING':
      return warn(
        'state',
        '',
        'PENDING: nobody has connected with the token yet',
        'hand the token to the other cluster and run "isthmus peering establish" there',
      )
    case 'ESTABLISHING':
      return warn(
        'state',
        '',
        'ESTABLISHING: the token was taken, the first connection is being made',
        'look again soon',
      )
    case 'FAILING':
      return failed('state', '', `FAILING: ${problem}`, 'see which of the checks below failed')
    case 'DELETING':
      return failed('state', '', 'DELETING: what came from the peer is being removed', 'wait until it is gone')
    case 'TERMINATED':
      return failed(
        'state',
        '',
        'TERMINATED: the other cluster has deleted the peering',
        `delete it here as well (isthmus peering delete -name ${row.Name}), or link the clusters anew with a new token`,
      )
    default:
      return unreachable(state)
  }
}

function secretFindings(picture: PeeringPicture, { hasStreamSecret }: Circumstances): readonly Finding[] {
  const { row, stream } = picture
  if (!isDialer(row)) return [acceptorSecret(picture)]
  const again = `make a new token there (isthmus peering generate-token) and establish "${row.Name}" with it again`
  if (!hasStreamSecret) {
    const sameToken = `establish "${row.Name}" again: the same token is good until it was used, and then a new one`
    return [failed('secret', '', 'the secret of the token was never exchanged', sameToken)]
  }
  if (stream?.connected) return [ok('secret', '', 'the peer accepts our secret')]
  if (stream?.refused) return [failed('secret', '', `the peer refuses us: ${stream.error}`, again)]
  return [warn('secret', '', 'it is not known whether our secret is accepted: nobody could be asked')]
}

function acceptorSecret({ row, secret, stream }: PeeringPicture): Finding {
  switch (secret) {
    case 'used':
      return ok('secret', '', stream?.connected ? 'we accept the secret of the peer' : 'the peer has a secret of ours')
    case 'given':
      return warn('secret', '', 'the token was used, but no stream was opened yet', 'look at the other cluster')
    case 'offered':
      return warn('secret', '', 'the token was not used yet', `take it there: isthmus peering establish`)
    case 'none':
      return failed(
        'secret',
        '',
        'there is no secret with which the peer could come',
        `make a new token: isthmus peering generate-token -name ${row.Name}`,
      )
    default:
      return unreachable(secret)
  }
}

/** Three beats late is suspicious; the stream itself gives up much later. */
const LATE_MS = 3 * HEARTBEAT_MS

function heartbeatFindings({ stream, row }: PeeringPicture, now: number): readonly Finding[] {
  const last = stream?.lastHeartbeatAt
  if (last === undefined) {
    if (!stream?.connected) return []
    return [ok('heartbeat', '', `none has come yet; there should be one every ${HEARTBEAT_MS / 1000} s`)]
  }
  const age = Math.max(0, Math.round((now - last) / 1000))
  if (!stream?.connected) {
    const stale = stream?.imported === undefined ? '' : '; what was imported may be as old as that'
    return [warn('heartbeat', '', `the last one came ${age} s ago${stale}`)]
  }
  if (now - last < LATE_MS) return [ok('heartbeat', '', `${age} s ago`)]
  const fix = `look at the network between the servers, and at the load of those of "${row.Name}"`
  return [warn('heartbeat', '', `the last one came ${age} s ago; they should come every ${HEARTBEAT_MS / 1000} s`, fix)]
}

function trustFindings(picture: PeeringPicture, now: number): readonly Finding[] {
  const { row, stream, trust, ownTrustDomain } = picture
  const found: Finding[] = []
  if (ownTrustDomain === '') {
    const fix = 'wait until the server has started; its log says why it has not'
    found.push(failed('trust', '', 'this cluster has no certificate authority yet', fix))
  }
  if (isDialer(row)) found.push(...authorityFindings('authorities of its servers', row.PeerCAPems, now))
  if (trust === undefined) {
    if (stream?.connected) found.push(warn('trust', '', 'the peer has not sent its roots', 'look at its log'))
    return found
  }
  const authorities = authorityFindings('roots of its services', trust.roots, now)
  found.push(...authorities)
  const named = trustDomainOfServerName(row.PeerServerName)
  if (named !== undefined && named !== trust.trustDomain) {
    const message = `its servers are of trust domain ${named}, its roots of ${trust.trustDomain}`
    found.push(failed('trust', '', message, 'the other cluster was set up anew: make a new token there'))
  } else if (authorities.length === 0) found.push(ok('trust', '', `the roots of ${trust.trustDomain} are here`))
  return found
}

const SOON_MS = 7 * 24 * 3_600_000

/** What is wrong with a set of certificates of which one has to be good. */
function authorityFindings(what: string, pems: readonly string[], now: number): readonly Finding[] {
  const ends = pems.flatMap(pem => {
    const read = readCertificate(pem.trim())
    return read.ok ? [read.value.notAfter] : []
  })
  const last = Math.max(0, ...ends)
  const fix = 'make a new token there and establish the peering with it again'
  if (ends.length === 0) return [failed('trust', what, 'none can be read', fix)]
  if (last <= now) return [failed('trust', what, `expired at ${rfc3339(last)}`, fix)]
  if (last - now >= SOON_MS) return []
  return [
    warn('trust', what, `expire soon, at ${rfc3339(last)}`, 'rotate the authority there; new roots come by the link'),
  ]
}
