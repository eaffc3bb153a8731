// An intention on its way to a policy: what the proxy must know of it, with sources as they stand in certificates.

import type { IntentionAction, IntentionJwt } from '../entries/service-intentions.ts'
import { httpCondition, jwtCondition } from './conditions.ts'
import { isAboutGroup } from './expand-groups.ts'
import type { Intention } from './intention.ts'
import { sourcePartition } from './precedence.ts'
import type { RuleSource } from './rule-source.ts'
import { allOf, type Permission } from './rules.ts'

/** A peer as its workloads' certificates show it. */
export interface PeerIdentity {
  readonly trustDomain: string
  /** The partition the peer exports from. */
  readonly partition: string
}

export interface RulesContext {
  /** What happens to calls that no intention is about. */
  readonly defaultAllow: boolean
  /** `l7` where the destination speaks an HTTP-like protocol, so that requests can be judged. */
  readonly layer: 'l4' | 'l7'
  /** Of this cluster. */
  readonly trustDomain: string
  /** Of the destination. */
  readonly partition: string
  /** Peers whose trust bundle is here, by our name for them. Intentions about other peers have no effect yet. */
  readonly peers: ReadonlyMap<string, PeerIdentity>
  /** The issuer of each JWT provider there is. */
  readonly jwtIssuers: ReadonlyMap<string, string>
}

/** A permission: `http` is the part that takes requests away from later permissions, `whole` what must hold for its action. */
export interface RulePermission {
  readonly action: IntentionAction
  readonly http: Permission
  readonly whole: Permission
}

export interface RuleIntention {
  readonly source: RuleSource
  /** Sources within this one that a stronger intention decides about. */
  readonly exceptions: readonly RuleSource[]
  readonly effect:
    | { readonly kind: 'connections'; readonly action: IntentionAction }
    | { readonly kind: 'requests'; readonly permissions: readonly RulePermission[] }
  /** What the caller's token must say besides. */
  readonly jwt: IntentionJwt | undefined
}

/** The intention for a proxy: once for each peer when it is about all of them, not at all for one we cannot recognise yet. */
export function toRuleIntentions(intention: Intention, context: RulesContext): readonly RuleIntention[] {
  const effect = effectOf(intention, context)
  const jwt = context.layer === 'l7' ? intention.JWT : undefined
  return ruleSources(intention, context).map(source => ({ source, exceptions: [], effect, jwt }))
}

const EVERY_PEER = '*'

function ruleSources(intention: Intention, { peers, trustDomain }: RulesContext): readonly RuleSource[] {
  if (isAboutGroup(intention)) return []
  const { SourcePeer: peer = '', SourceNS: namespace, SourceName: name } = intention
  if (peer === '') return [{ trustDomain, partition: sourcePartition(intention), namespace, name, peer }]
  const meant = peer === EVERY_PEER ? [...peers.keys()].sort() : [peer]
  return meant.flatMap(each => {
    const known = peers.get(each)
    if (known === undefined) return []
    return [{ trustDomain: known.trustDomain, partition: known.partition, namespace, name, peer: each }]
  })
}

/** Where there are no requests to judge, an intention about requests is a refusal. */
function effectOf(intention: Intention, { layer, jwtIssuers }: RulesContext): RuleIntention['effect'] {
  if (intention.Permissions === undefined) return { kind: 'connections', action: intention.Action ?? 'deny' }
  if (layer === 'l4') return { kind: 'connections', action: 'deny' }
  const permissions = intention.Permissions.map(permission => {
    const http = httpCondition(permission.HTTP)
    const token = permission.JWT === undefined ? undefined : jwtCondition(permission.JWT, jwtIssuers)
    const parts = permission.HTTP === undefined ? [] : [http]
    const whole = token === undefined ? http : allOf([...parts, token])
    return { action: permission.Action ?? 'deny', http, whole }
  })
  return { kind: 'requests', permissions }
}
