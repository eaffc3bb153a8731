// From the intentions about a destination to the rules its proxy applies.

import { jwtCondition } from './conditions.ts'
import type { Intention } from './intention.ts'
import { sortIntentions } from './precedence.ts'
import { sourcePrincipal } from './principal.ts'
import { type RuleIntention, type RulesContext, toRuleIntention } from './rule-intention.ts'
import { allOf, type Permission, type Policy, type Principal, type Rules } from './rules.ts'
import { subtractPermissions, subtractSources } from './subtract.ts'

/**
 * The rules for one destination. They speak only of what differs from the default: with a default of allow they list what to
 * deny, and the other way round. Throws Fault('invalid') when an intention needs a JWT provider that does not exist.
 */
export function compileRules(intentions: readonly Intention[], context: RulesContext): Rules {
  const defaultAction = context.defaultAllow ? 'allow' : 'deny'
  const known = sortIntentions(intentions).flatMap(intention => toRuleIntention(intention, context) ?? [])
  const judged = subtractSources(known, defaultAction).flatMap((intention): Judged[] => {
    if (intention.effect.kind === 'connections') return [{ intention, permissions: undefined }]
    const permissions = subtractPermissions(intention.effect.permissions, defaultAction)
    return permissions.length === 0 ? [] : [{ intention, permissions }]
  })
  return { action: context.defaultAllow ? 'deny' : 'allow', policies: policiesOf(judged, context) }
}

/** `permissions` absent: about whole connections. */
interface Judged {
  readonly intention: RuleIntention
  readonly permissions: readonly Permission[] | undefined
}

function policiesOf(judged: readonly Judged[], context: RulesContext): Policy[] {
  const connections = judged.filter(({ permissions }) => permissions === undefined)
  const layer4: Policy = {
    name: 'consul-intentions-layer4',
    principals: connections.map(({ intention }) => principalOf(intention, context)),
    permissions: [{ kind: 'any' }],
  }
  const layer7 = judged.flatMap(({ intention, permissions }, i): Policy[] => {
    if (permissions === undefined) return []
    return [{ name: `consul-intentions-layer7-${i}`, principals: [principalOf(intention, context)], permissions }]
  })
  return connections.length === 0 ? layer7 : [layer4, ...layer7]
}

function principalOf({ source, exceptions, jwt }: RuleIntention, context: RulesContext): Principal {
  const { layer, trustDomain, partition } = context
  const peerView = layer === 'l4' ? 'certificate' : { gatewayTrustDomain: trustDomain, gatewayPartition: partition }
  const caller = sourcePrincipal(source, exceptions, peerView)
  const token = jwt === undefined ? undefined : jwtCondition(jwt, context.jwtIssuers)
  return token === undefined ? caller : allOf<PrincipalLeaf>([caller, token])
}

type PrincipalLeaf = Extract<Principal, { kind: 'identity' | 'header' | 'claim' }>
