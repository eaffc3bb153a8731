// What of a request is hashed, for clusters that send equal hashes to the same endpoint.

import {
  type RouteAction_HashPolicy as RouteHashPolicy,
  RouteAction_HashPolicySchema as RouteHashPolicySchema,
} from '../../gen/envoy/config/route/v3/route_components_pb.ts'
import { type HashPolicy, isHashBased, type LoadBalancer } from '../entries/load-balancer.ts'
import { create } from './create-message.ts'
import { protoDuration } from './duration.ts'

/** The hash policies of a route; none unless the balancer works by hashes. */
export function hashPolicies(balancer: LoadBalancer | undefined): RouteHashPolicy[] {
  if (!isHashBased(balancer)) return []
  return (balancer?.HashPolicies ?? []).map(policy => {
    return create(RouteHashPolicySchema, { policySpecifier: specifier(policy), terminal: policy.Terminal ?? false })
  })
}

function specifier({ SourceIP, Field, FieldValue = '', CookieConfig }: HashPolicy) {
  if (SourceIP) return { case: 'connectionProperties', value: { sourceIp: true } } as const
  switch (Field) {
    case 'header':
      return { case: 'header', value: { headerName: FieldValue } } as const
    case 'query_parameter':
      return { case: 'queryParameter', value: { name: FieldValue } } as const
    case 'cookie':
      return {
        case: 'cookie',
        value: { name: FieldValue, path: CookieConfig?.Path ?? '', ttl: ttlOf(CookieConfig) },
      } as const
    default:
      return { case: undefined } as const
  }
}

/** A session cookie is one that Envoy makes without a time to live. */
function ttlOf(config: HashPolicy['CookieConfig']) {
  if (config?.Session) return protoDuration(0)
  return config?.TTL === undefined ? undefined : protoDuration(config.TTL / 1e6)
}
