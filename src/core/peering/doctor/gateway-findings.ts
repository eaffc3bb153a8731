// Mesh gateways on both sides: those of this cluster, and those that the peer told.

import { type Finding, failed, ok, warn } from './finding.ts'
import type { GatewayPicture, PeeringPicture } from './picture.ts'

const REGISTER = 'start one: isthmus connect envoy -gateway mesh -register -address IP:PORT -wan-address IP:PORT'

/** The gateways here, which exports and mode local need. */
export function ownGatewayFindings(picture: PeeringPicture): readonly Finding[] {
  const check = 'gateways here'
  const needs = needsOf(picture)
  if (picture.gateways.length === 0) {
    if (needs.length === 0) return [ok(check, '', 'there is none, and nothing needs one')]
    return [failed(check, '', `there is none, and ${needs.join(' and ')} ${isMany(needs)} one`, REGISTER)]
  }
  const isEnough = needs.length === 0 || hasUsableGateway(picture)
  return picture.gateways.map(gateway => gatewayFinding(gateway, isEnough))
}

/** Some gateway here is dialled. */
export function hasUsableGateway({ gateways }: Pick<PeeringPicture, 'gateways'>): boolean {
  return gateways.some(gateway => gateway.status !== 'critical')
}

function needsOf({ exports, wanted, throughGateways }: PeeringPicture): readonly string[] {
  return [
    ...(exports.length > 0 ? ['what is exported'] : []),
    ...(wanted.some(each => each.mode === 'local') ? ['upstreams in mode local'] : []),
    ...(throughGateways ? ['the control plane (mesh entry, PeerThroughMeshGateways)'] : []),
  ]
}

function isMany(needs: readonly string[]): string {
  return needs.length === 1 ? 'needs' : 'need'
}

function gatewayFinding(gateway: GatewayPicture, isEnough: boolean): Finding {
  const check = 'gateways here'
  const { id, status, wan, isTagged, reach } = gateway
  if (status === 'critical') {
    const fix = 'see that its Envoy runs, and what its checks say: /v1/health/service/mesh-gateway'
    const message = `it is critical, so nobody is sent to ${wan}`
    return isEnough ? warn(check, id, message, fix) : failed(check, id, message, fix)
  }
  if (!isTagged && reach !== 'world') {
    const message = `it has no WAN address: peers are told ${wan}, which can be reached only ${PLACES[reach]}`
    return warn(check, id, message, 'register it with -wan-address, or with TaggedAddresses { wan = … }')
  }
  if (status === 'warning') return warn(check, id, `peers are told ${wan}; one of its checks warns`)
  return ok(check, id, `healthy, peers are told ${wan}`)
}

const PLACES = { machine: 'from the machine itself', site: 'from its own network' } as const

/** Which gateways of the peer lead to what was imported. */
export function peerGatewayFindings({ imports }: PeeringPicture): readonly Finding[] {
  const check = 'gateways there'
  if (imports.length === 0) return []
  const known = [...new Set(imports.flatMap(each => each.gateways))].sort()
  if (known.length > 0) return [ok(check, '', `the peer told of ${known.join(', ')}`)]
  const message = 'the peer told of none: nothing that was imported can be reached'
  return [failed(check, '', message, `there: ${REGISTER}; or give the services sidecars`)]
}
