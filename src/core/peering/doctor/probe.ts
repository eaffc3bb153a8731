// Addresses that are worth knocking at, and what it means how that went. The knocking itself is done where there is a network.

import { isDialer } from '../../model/peering.ts'
import { peeringServerName } from '../../model/sni.ts'
import { type Finding, failed, ok, warn } from './finding.ts'
import type { PeeringPicture } from './picture.ts'

/**
 * `way-out`: one of our gateways, as a way to the peer's servers. `peer-server`: a server of the peer. `own-server`: where tokens
 * say that this cluster is. `peer-gateway`: a gateway that the peer told of.
 */
export type ProbePurpose = 'way-out' | 'peer-server' | 'own-server' | 'peer-gateway'

export interface ProbeTarget {
  readonly purpose: ProbePurpose
  /** `host:port`. */
  readonly address: string
  /** Whom to ask for over TLS, and by what to verify the answer; undefined where it is enough that somebody listens. */
  readonly tls: { readonly serverName: string; readonly authorities: readonly string[] } | undefined
}

/** How far the knocking came: which hop failed, and how; `done` when none did. */
export interface Probe {
  readonly target: ProbeTarget
  readonly failed: 'names' | 'connect' | 'tls' | 'done'
  readonly problem: string
}

export interface OwnServers {
  readonly datacenter: string
  readonly trustDomain: string
  readonly roots: readonly string[]
}

const MOST_GATEWAYS = 16

/** Where to knock, each address once for each purpose. */
export function probeTargets(picture: PeeringPicture, own: OwnServers): readonly ProbeTarget[] {
  const { row, waysOut, peerServers, ownServers, imports } = picture
  const servers = { serverName: row.PeerServerName, authorities: row.PeerCAPems }
  const ownTls = { serverName: peeringServerName(own.datacenter, own.trustDomain), authorities: own.roots }
  const gateways = [...new Set(imports.flatMap(each => each.gateways))].sort().slice(0, MOST_GATEWAYS)
  const direct = peerServers.filter(address => !waysOut.includes(address))
  return [
    ...waysOut.map(address => ({ purpose: 'way-out' as const, address, tls: servers })),
    ...direct.map(address => ({ purpose: 'peer-server' as const, address, tls: servers })),
    ...(isDialer(row) ? [] : ownServers.map(address => ({ purpose: 'own-server' as const, address, tls: ownTls }))),
    ...gateways.map(address => ({ purpose: 'peer-gateway' as const, address, tls: undefined })),
  ]
}

/** What the probes say. One way to the peer's servers is enough. */
export function probeFindings(picture: PeeringPicture, probes: readonly Probe[]): readonly Finding[] {
  const of = (...purposes: readonly ProbePurpose[]) => probes.filter(probe => purposes.includes(probe.target.purpose))
  const isUp = picture.stream?.connected ?? false
  return [
    ...groupFindings(of('way-out', 'peer-server', 'own-server'), isUp),
    ...groupFindings(of('peer-gateway'), false),
  ]
}

function groupFindings(probes: readonly Probe[], isUp: boolean): readonly Finding[] {
  const isEnough = isUp || probes.some(probe => probe.failed === 'done')
  return probes.map(probe => {
    const { purpose, address } = probe.target
    const isGateway = purpose === 'peer-gateway'
    if (probe.failed === 'done') {
      return isGateway ? ok('gateways there', address, 'takes connections') : ok('servers', address, PRAISE[purpose])
    }
    const check = isGateway ? 'gateways there' : probe.failed
    const message = `${NAMES[purpose]}${HOPS[probe.failed]}: ${probe.problem}`
    const fix = FIXES[purpose][probe.failed]
    return isEnough ? warn(check, address, message, fix) : failed(check, address, message, fix)
  })
}

const PRAISE: Readonly<Record<ProbePurpose, string>> = {
  'way-out': 'our gateway leads to a server of the peer, and its certificate is good',
  'peer-server': 'it answers, and its certificate is good',
  'own-server': 'this cluster answers where tokens say it is',
  'peer-gateway': 'takes connections',
}

const NAMES: Readonly<Record<ProbePurpose, string>> = {
  'way-out': 'our gateway: ',
  'peer-server': '',
  'own-server': 'where tokens say that this cluster is: ',
  'peer-gateway': 'from this server: ',
}

const HOPS: Readonly<Record<Exclude<Probe['failed'], 'done'>, string>> = {
  names: 'the name does not resolve',
  connect: 'no connection',
  tls: 'no trusted answer over TLS',
}

type Fixes = Readonly<Record<Exclude<Probe['failed'], 'done'>, string>>

const TRUST_FIX =
  'see who listens at the address, and what is between: if it is a server of the peer, its authority is not that of the token; make a new token there'

const FIXES: Readonly<Record<ProbePurpose, Fixes>> = {
  'way-out': {
    names: 'register the gateway with an address',
    connect: 'see that its Envoy runs',
    tls: 'see that the mesh entry says PeerThroughMeshGateways, and that the gateways there are up',
  },
  'peer-server': {
    names: 'see the name servers of this machine, or make a new token with -server-external-addresses',
    connect:
      'see that the server there runs and that its port grpc_tls may be reached from here; if not, use gateways (mesh entry, Peering.PeerThroughMeshGateways) or -server-external-addresses',
    tls: TRUST_FIX,
  },
  'own-server': {
    names: 'see the name servers of this machine',
    connect:
      'set addresses.grpc_tls or client_addr so that this server listens there, and advertise_addr_wan to where it is',
    tls: 'see who listens at the address',
  },
  'peer-gateway': {
    names: 'see the name servers of this machine, and of those of the proxies',
    connect: 'see that the gateways of the peer run, and that their WAN addresses may be reached from here',
    tls: TRUST_FIX,
  },
}
