// LoadBalancer of a service-resolver: how a proxy picks among the healthy instances.

import { bool, durationNs, type Infer, type Issue, int, list, string } from '../../lib/schema.ts'
import { sparse } from './sparse.ts'

const POLICIES = ['', 'random', 'round_robin', 'least_request', 'ring_hash', 'maglev'] as const

const HASH_FIELDS = ['header', 'cookie', 'query_parameter'] as const

const hashPolicy = sparse({
  Field: string(),
  FieldValue: string(),
  CookieConfig: sparse({ Session: bool(), TTL: durationNs(), Path: string() }),
  SourceIP: bool(),
  Terminal: bool(),
})

/** One thing to hash; a cookie's TTL is in whole nanoseconds. */
export type HashPolicy = Infer<typeof hashPolicy>

export const loadBalancer = sparse({
  Policy: string({ allowed: POLICIES }),
  RingHashConfig: sparse({ MinimumRingSize: int({ min: 0 }), MaximumRingSize: int({ min: 0 }) }),
  LeastRequestConfig: sparse({ ChoiceCount: int({ min: 0, max: 2 ** 32 - 1 }) }),
  HashPolicies: list(hashPolicy),
})

export type LoadBalancer = Infer<typeof loadBalancer>

/** True when requests with the same hash go to the same instance. */
export function isHashBased(balancer: LoadBalancer | undefined): boolean {
  return balancer?.Policy === 'ring_hash' || balancer?.Policy === 'maglev'
}

/** Each policy takes its own options only. */
export function checkLoadBalancer(balancer: LoadBalancer | undefined): Issue[] {
  if (balancer === undefined) return []
  const policy = balancer.Policy ?? ''
  const issues: Issue[] = []
  const report = (field: string, what: string) => {
    const message = `Bad LoadBalancer configuration. ${field} specified for ${what} "${policy}"`
    issues.push({ path: `LoadBalancer.${field}`, message })
  }
  if (balancer.RingHashConfig && policy !== 'ring_hash') report('RingHashConfig', 'incompatible load balancing policy')
  if (balancer.LeastRequestConfig && policy !== 'least_request') {
    report('LeastRequestConfig', 'incompatible load balancing policy')
  }
  if (balancer.HashPolicies && !isHashBased(balancer)) report('HashPolicies', 'non-hash-based Policy:')
  return [...issues, ...(balancer.HashPolicies ?? []).flatMap(checkHashPolicy)]
}

function checkHashPolicy(policy: HashPolicy, i: number): Issue[] {
  const path = `LoadBalancer.HashPolicies[${i}]`
  const problem = hashPolicyProblem(policy)
  return problem === undefined ? [] : [{ path, message: `Bad LoadBalancer HashPolicy[${i}]: ${problem}` }]
}

function hashPolicyProblem(policy: HashPolicy): string | undefined {
  const field = policy.Field
  if (policy.SourceIP && (field || policy.FieldValue)) {
    return `a single hash policy cannot hash both a source address and a "${field ?? ''}"`
  }
  if (policy.SourceIP) return undefined
  if (!HASH_FIELDS.some(each => each === field)) {
    return `"${field ?? ''}" is not a supported field; allowed are ${HASH_FIELDS.join(', ')}`
  }
  if (!policy.FieldValue) return `Field "${field}" needs a FieldValue`
  if (policy.CookieConfig && field !== 'cookie') return `cookie_config provided for "${field}"`
  if (policy.CookieConfig?.Session && policy.CookieConfig.TTL) return 'a session cookie cannot have an associated TTL'
  return undefined
}
