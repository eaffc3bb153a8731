// Who an intention is about, as conditions on the caller's certificate and, across L7 peering, on the header that a gateway
// sets about the real caller.

import { DEFAULT_PARTITION } from '../model/tenancy.ts'
import type { RuleSource } from './rule-source.ts'
import { allOf, type HeaderCondition, type IdentityCondition, not, type Principal } from './rules.ts'

const ANY_LABEL = '[^/]+'

/** How a caller at a peer shows itself: by its own certificate, or through the gateway that terminated its TLS. */
export type PeerView = 'certificate' | { readonly gatewayTrustDomain: string; readonly gatewayPartition: string }

/** The source, but none of `exceptions`. */
export function sourcePrincipal(source: RuleSource, exceptions: readonly RuleSource[], peerView: PeerView): Principal {
  if (source.peer === '' || peerView === 'certificate') {
    return allOf<IdentityCondition>([
      identity(source),
      ...exceptions.map(each => not<IdentityCondition>(identity(each))),
    ])
  }
  const caller = allOf<HeaderCondition>([
    forwarded(source),
    ...exceptions.map(each => not<HeaderCondition>(forwarded(each))),
  ])
  return { kind: 'and', parts: [gateway(peerView.gatewayTrustDomain, peerView.gatewayPartition), caller] }
}

function identity(source: RuleSource): IdentityCondition {
  return { kind: 'identity', regex: `^${serviceUri(source)}$` }
}

function gateway(trustDomain: string, partition: string): IdentityCondition {
  return { kind: 'identity', regex: `^spiffe://${trustDomain}${ap(partition)}/gateway/mesh/dc/${ANY_LABEL}$` }
}

/** Only the first element of the header counts: the peer's gateway overwrites what the caller sent. */
function forwarded(source: RuleSource): HeaderCondition {
  return {
    kind: 'header',
    name: 'x-forwarded-client-cert',
    match: { form: 'regex', text: `^[^,]+;URI=${serviceUri(source)}(?:,.*)?$`, ignoreCase: false },
    invert: false,
  }
}

/** The datacenter is not looked at: it says where a workload runs, not what it is. */
function serviceUri({ trustDomain, partition, namespace, name }: RuleSource): string {
  return `spiffe://${trustDomain}${ap(partition)}/ns/${label(namespace)}/dc/${ANY_LABEL}/svc/${label(name)}`
}

function ap(partition: string): string {
  return partition === '' || partition === DEFAULT_PARTITION ? '' : `/ap/${partition.toLowerCase()}`
}

/** A name as it stands in a SPIFFE URI, with what means something in a regular expression escaped; dots stay, as in Consul. */
function label(name: string): string {
  return name === '*' ? ANY_LABEL : encodeURIComponent(name).replace(/[\\^$*+?()[\]{}|]/g, '\\$&')
}
