// From the intentions about a destination to the rules its proxy applies.

import { jwtCondition } from './conditions.ts'
import type { Intention } from './intention.ts'
import { sortIntentions } from './precedence.ts'
import { type PeerView, sourcePrincipal } from './principal.ts'
import { type RuleIntention, type RulesContext, toRuleIntentions } from './rule-intention.ts'
import { allOf, anyOf, type Permission, type Policy, type Principal, type Rules } from './rules.ts'
import { subtractPermissions, subtractSources } from './subtract.ts'

/**
 * The rules for one destination. They speak only of what differs from the default: with a default of allow they list what to
 * deny, and the other way round. Throws Fault('invalid') when an intention needs a JWT provider that does not exist.
 */
export function compileRules(intentions: readonly Intention[], context: RulesContext): Rules {
  const defaultAction = context.defaultAllow ? 'allow' : 'deny'
  const known = sortIntentions(intentions).flatMap(intention => toRuleIntentions(intention, context))
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
  const views = peerViews(source.peer, context).map(view => sourcePrincipal(source, exceptions, view))
  const [first, ...others] = views
  if (first === undefined) throw new Error('a caller shows itself in no way')
  const caller = anyOf([first, ...others])
  const token = jwt === undefined ? undefined : jwtCondition(jwt, context.jwtIssuers)
  return token === undefined ? caller : allOf<PrincipalLeaf>([caller, token])
}

/**
 * How callers show themselves. For requests a peer's do so behind its gateway; what is denied them is denied even to those that
 * come past it, with their own certificate.
 */
function peerViews(peer: string, { layer, trustDomain, partition, defaultAllow }: RulesContext): readonly PeerView[] {
  if (layer === 'l4' || peer === '') return ['certificate']
  const behindGateway = { gatewayTrustDomain: trustDomain, gatewayPartition: partition }
  return defaultAllow ? [behindGateway, 'certificate'] : [behindGateway]
}

type PrincipalLeaf = Extract<Principal, { kind: 'identity' | 'header' | 'claim' }>
