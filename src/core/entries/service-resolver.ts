// service-resolver: which instances a service name stands for: subsets, redirect, failover, timeouts, load balancing.

import { bool, duration, type Infer, list, map, string } from '../../lib/schema.ts'
import { canRead, canWrite } from '../acl/permission.ts'
import { defineEntry, type EntryOf, type NewEntry } from './define-entry.ts'
import { failoverPolicy } from './failover-policy.ts'
import { loadBalancer } from './load-balancer.ts'
import { readsOf, referencedServices, type ServiceId } from './references.ts'
import { checkResolver } from './service-resolver-check.ts'
import { sparse } from './sparse.ts'

const subset = sparse({ Filter: string(), OnlyPassing: bool() })

/** A choice among the instances of a service: a filter expression, and whether warnings count as failures. */
export type ResolverSubset = Infer<typeof subset>

const redirect = sparse({
  Service: string(),
  ServiceSubset: string(),
  Namespace: string(),
  Partition: string(),
  Datacenter: string(),
  Peer: string(),
  SamenessGroup: string(),
})

const failoverTarget = sparse({
  Service: string(),
  ServiceSubset: string(),
  Partition: string(),
  Namespace: string(),
  Datacenter: string(),
  Peer: string(),
})

export type ResolverFailoverTarget = Infer<typeof failoverTarget>

const failover = sparse({
  Service: string(),
  ServiceSubset: string(),
  Namespace: string(),
  Datacenters: list(string()),
  Targets: list(failoverTarget),
  Policy: failoverPolicy,
  SamenessGroup: string(),
})

export type ResolverFailover = Infer<typeof failover>

const fields = {
  DefaultSubset: string(),
  Subsets: map(subset),
  Redirect: redirect,
  Failover: map(failover),
  ConnectTimeout: duration(),
  RequestTimeout: duration(),
  LoadBalancer: loadBalancer,
} as const

export type ServiceResolver = EntryOf<'service-resolver', typeof fields>

export const serviceResolver = defineEntry({
  kind: 'service-resolver',
  fields,
  check: checkResolver,
  read: name => canRead('service', name),
  write: name => canWrite('service', name),
  writeAlso: (entry: NewEntry<ServiceResolver>) => readsOf(entry, resolverReferences(entry)),
})

/** The services of this cluster that a resolver may send traffic to. */
export function resolverReferences(entry: NewEntry<ServiceResolver>): ServiceId[] {
  const failovers = Object.values(entry.Failover ?? {})
  const redirects = entry.Redirect === undefined ? [] : [entry.Redirect]
  return referencedServices(entry, [...redirects, ...failovers, ...failovers.flatMap(each => each.Targets ?? [])])
}
