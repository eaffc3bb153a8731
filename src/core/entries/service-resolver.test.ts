import { describe, expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { serviceResolver } from './service-resolver.ts'

function decode(fields: object) {
  return serviceResolver.decode({ Kind: 'service-resolver', Name: 'web', ...fields })
}

function problem(fields: object): string {
  const decoded = decode(fields)
  return decoded.ok ? 'accepted' : describeIssues(decoded.issues)
}

describe('service-resolver', () => {
  it('shows timeouts as Go strings, cookie TTLs in nanoseconds', () => {
    const decoded = decode({
      connect_timeout: '15s',
      request_timeout: 0,
      load_balancer: {
        policy: 'maglev',
        hash_policies: [{ field: 'cookie', field_value: 'id', cookie_config: { ttl: '1m' } }],
      },
    })
    expect(decoded.ok && decoded.value).toMatchObject({
      ConnectTimeout: '15s',
      LoadBalancer: {
        Policy: 'maglev',
        HashPolicies: [{ Field: 'cookie', FieldValue: 'id', CookieConfig: { TTL: 60_000_000_000 } }],
      },
    })
    expect(decoded.ok && 'RequestTimeout' in decoded.value).toBe(false)
  })

  it.each([
    [{ ConnectTimeout: '-1s' }, "Bad ConnectTimeout '-1s', must be >= 0"],
    [{ RequestTimeout: '-1ms' }, "Bad RequestTimeout '-1ms', must be >= 0"],
    [{ DefaultSubset: 'v1' }, 'DefaultSubset "v1" is not a valid subset'],
    [{ DefaultSubset: 'v1', Subsets: { v1: { Filter: 'Service.Meta.v == 1', OnlyPassing: true } } }, 'accepted'],
    [{ Subsets: { V1: {} } }, 'Subset "V1" is invalid'],
    [{ Subsets: { v1: { Filter: 'Service.Meta.v =' } } }, 'Filter for subset "v1" is not a valid expression'],
    [{ Subsets: { ['a'.repeat(64)]: {} } }, 'is invalid'],
  ])('answers %j with %s', (fields, message) => {
    expect(problem(fields)).toContain(message)
  })

  it.each([
    [{ Datacenter: 'dc2' }, 'accepted'],
    [{ Service: 'other', Peer: 'east' }, 'accepted'],
    [{}, 'Redirect is empty'],
    [{ ServiceSubset: 'v1' }, 'Redirect.ServiceSubset defined without Redirect.Service'],
    [{ Namespace: 'team' }, 'Redirect.Namespace defined without Redirect.Service'],
    [{ Partition: 'east' }, 'Redirect.Partition defined without Redirect.Service'],
    [{ Peer: 'east' }, 'Redirect.Peer defined without Redirect.Service'],
    [{ Service: 'a', Peer: 'east', ServiceSubset: 'v1' }, 'Redirect.Peer cannot be set with Redirect.ServiceSubset'],
    [{ Service: 'a', Peer: 'east', Datacenter: 'dc2' }, 'Redirect.Peer cannot be set with Redirect.Datacenter'],
    [{ SamenessGroup: 'g' }, 'accepted'],
    [{ SamenessGroup: 'g', Service: 'a', Peer: 'p' }, 'Redirect.SamenessGroup cannot be set with Redirect.Peer'],
    [{ Service: 'a', Partition: 'p', Datacenter: 'dc2' }, 'Cross-datacenter redirect is only supported in the default'],
  ])('answers the redirect %j with %s', (redirect, message) => {
    expect(problem({ Redirect: redirect })).toContain(message)
  })

  it('takes a redirect or failovers, not both', () => {
    const fields = { Redirect: { Datacenter: 'dc2' }, Failover: { '*': { Service: 'b' } } }
    expect(problem(fields)).toContain('Redirect and Failover cannot both be set')
  })

  it.each([
    [{ '*': { Datacenters: ['dc2', 'dc3'] } }, 'accepted'],
    [{ '*': { Targets: [{ Peer: 'east' }, { Service: 'b' }] } }, 'accepted'],
    [{ '*': { Service: 'b', Policy: { Mode: 'sequential' } } }, 'accepted'],
    [{ v9: { Service: 'b' } }, 'Bad Failover["v9"]: not a valid subset'],
    [
      { '*': {} },
      'Bad Failover["*"]: one of Service, ServiceSubset, Namespace, Targets, SamenessGroup, or Datacenters is required',
    ],
    [{ '*': { Datacenters: ['dc2', ''] } }, 'Bad Failover["*"].Datacenters: found empty datacenter'],
    [{ '*': { SamenessGroup: 'g', Service: 'b' } }, 'accepted'],
    [
      { '*': { SamenessGroup: 'g', Datacenters: ['dc2'] } },
      'Bad Failover["*"]: SamenessGroup cannot be set with Datacenters',
    ],
    [{ '*': { Service: 'b', Targets: [{ Service: 'c' }] } }, 'Bad Failover["*"]: Targets cannot be set with Service'],
    [{ '*': { ServiceSubset: 'v9' } }, 'Bad Failover["*"].ServiceSubset "v9" is not a valid subset of "web"'],
    [{ '*': { Targets: [{ Peer: 'east', Datacenter: 'dc2' }] } }, '.Targets[0]: Peer cannot be set with Datacenter'],
    [{ '*': { Targets: [{}] } }, '.Targets[0]: names nothing to fail over to'],
    [{ '*': { Service: 'b', Policy: { Mode: 'order-by-locality' } } }, 'Mode: invalid value "order-by-locality"'],
  ])('answers the failover %j with %s', (failover, message) => {
    expect(problem({ Failover: failover })).toContain(message)
  })

  it.each([
    [{ Policy: 'fastest' }, 'LoadBalancer.Policy: invalid value "fastest"'],
    [
      { Policy: 'random', RingHashConfig: {} },
      'RingHashConfig specified for incompatible load balancing policy "random"',
    ],
    [{ Policy: 'random', LeastRequestConfig: {} }, 'LeastRequestConfig specified for incompatible'],
    [{ Policy: 'random', HashPolicies: [{ SourceIP: true }] }, 'specified for non-hash-based Policy: "random"'],
    [{ Policy: 'ring_hash', HashPolicies: [{ SourceIP: true, Terminal: true }] }, 'accepted'],
    [{ Policy: 'ring_hash', HashPolicies: [{ SourceIP: true, Field: 'header' }] }, 'cannot hash both a source address'],
    [{ Policy: 'ring_hash', HashPolicies: [{ Field: 'body' }] }, 'HashPolicy[0]: "body" is not a supported field'],
    [{ Policy: 'ring_hash', HashPolicies: [{ Field: 'header' }] }, 'Field "header" needs a FieldValue'],
    [
      { Policy: 'ring_hash', HashPolicies: [{ Field: 'header', FieldValue: 'x', CookieConfig: {} }] },
      'cookie_config provided for "header"',
    ],
    [
      {
        Policy: 'ring_hash',
        HashPolicies: [{ Field: 'cookie', FieldValue: 'x', CookieConfig: { Session: true, TTL: '1s' } }],
      },
      'a session cookie cannot have an associated TTL',
    ],
  ])('answers the load balancer %j with %s', (balancer, message) => {
    expect(problem({ LoadBalancer: balancer })).toContain(message)
  })
})
