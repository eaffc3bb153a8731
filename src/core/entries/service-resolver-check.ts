// The rules inside one service-resolver. Whether the services it names exist and fit is for the discovery chain.

import { parseFilter } from '../../lib/bexpr/filter.ts'
import { parseDuration } from '../../lib/duration.ts'
import type { Issue } from '../../lib/schema.ts'
import { DEFAULT_PARTITION } from '../model/tenancy.ts'
import type { NewEntry } from './define-entry.ts'
import { checkLoadBalancer } from './load-balancer.ts'
import type { ResolverFailover, ResolverFailoverTarget, ServiceResolver } from './service-resolver.ts'

type Resolver = NewEntry<ServiceResolver>

/** Everything wrong with one resolver. */
export function checkResolver(entry: Resolver): Issue[] {
  return [
    ...checkSubsets(entry),
    ...checkRedirect(entry),
    ...Object.entries(entry.Failover ?? {}).flatMap(([key, failover]) => checkFailover(entry, key, failover)),
    ...checkTimeout('ConnectTimeout', entry.ConnectTimeout),
    ...checkTimeout('RequestTimeout', entry.RequestTimeout),
    ...checkLoadBalancer(entry.LoadBalancer),
  ]
}

const SUBSET_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

function checkSubsets(entry: Resolver): Issue[] {
  const names = Object.keys(entry.Subsets ?? {})
  const issues = names
    .filter(name => !SUBSET_NAME.test(name))
    .map(name => ({
      path: `Subsets["${name}"]`,
      message: `Subset "${name}" is invalid: must be 1 to 63 lower-case letters, digits or "-", not at the ends`,
    }))
  for (const [name, { Filter = '' }] of Object.entries(entry.Subsets ?? {})) {
    const parsed = parseFilter(Filter)
    if (parsed.ok) continue
    const message = `Filter for subset "${name}" is not a valid expression: ${parsed.message}`
    issues.push({ path: `Subsets["${name}"].Filter`, message })
  }
  if (entry.DefaultSubset !== undefined && !hasSubset(entry, entry.DefaultSubset)) {
    issues.push({ path: 'DefaultSubset', message: `DefaultSubset "${entry.DefaultSubset}" is not a valid subset` })
  }
  return issues
}

function hasSubset(entry: Resolver, name: string): boolean {
  return Object.hasOwn(entry.Subsets ?? {}, name)
}

function checkRedirect(entry: Resolver): Issue[] {
  const redirect = entry.Redirect
  if (redirect === undefined) return []
  const issues: Issue[] = []
  const report = (message: string, field = '') => issues.push({ path: `Redirect${field && `.${field}`}`, message })
  if (Object.keys(redirect).length === 0) report('Redirect is empty')
  if (entry.Failover !== undefined) report('Redirect and Failover cannot both be set')
  for (const field of ['ServiceSubset', 'Namespace', 'Partition', 'Peer'] as const) {
    if (redirect[field] && !redirect.Service) report(`Redirect.${field} defined without Redirect.Service`, field)
  }
  for (const field of ['ServiceSubset', 'Partition', 'Datacenter'] as const) {
    if (redirect.Peer && redirect[field]) report(`Redirect.Peer cannot be set with Redirect.${field}`, 'Peer')
  }
  for (const field of ['Partition', 'Datacenter', 'Peer'] as const) {
    if (redirect.SamenessGroup && redirect[field]) {
      report(`Redirect.SamenessGroup cannot be set with Redirect.${field}`, 'SamenessGroup')
    }
  }
  const crossesPartition = !isDefaultPartition(redirect.Partition) || !isDefaultPartition(entry.Partition)
  if (redirect.Datacenter && crossesPartition) {
    report('Cross-datacenter redirect is only supported in the default partition', 'Datacenter')
  }
  return issues
}

function checkFailover(entry: Resolver, key: string, failover: ResolverFailover): Issue[] {
  const issues: Issue[] = []
  const report = (message: string, field = '') => {
    issues.push({ path: `Failover["${key}"]${field && `.${field}`}`, message: `Bad Failover["${key}"]${message}` })
  }
  if (key !== '*' && !hasSubset(entry, key)) report(': not a valid subset')
  if (!failoverFields.some(field => failover[field] !== undefined)) {
    report(': one of Service, ServiceSubset, Namespace, Targets, SamenessGroup, or Datacenters is required')
  }
  for (const field of ['Service', 'ServiceSubset', 'Datacenters'] as const) {
    if (failover.Targets && failover[field]) report(`: Targets cannot be set with ${field}`, 'Targets')
  }
  for (const field of ['Targets', 'Datacenters'] as const) {
    if (failover.SamenessGroup && failover[field])
      report(`: SamenessGroup cannot be set with ${field}`, 'SamenessGroup')
  }
  const isOwn = failover.Service === undefined || failover.Service === entry.Name
  if (failover.ServiceSubset && isOwn && !hasSubset(entry, failover.ServiceSubset)) {
    report(`.ServiceSubset "${failover.ServiceSubset}" is not a valid subset of "${entry.Name}"`, 'ServiceSubset')
  }
  if (failover.Datacenters?.includes('')) report('.Datacenters: found empty datacenter', 'Datacenters')
  if (failover.Datacenters && !isDefaultPartition(entry.Partition)) {
    report(': Cross-datacenter failover is only supported in the default partition', 'Datacenters')
  }
  for (const [i, target] of (failover.Targets ?? []).entries()) {
    const problem = failoverTargetProblem(target, entry)
    if (problem !== undefined) report(`.Targets[${i}]: ${problem}`, `Targets[${i}]`)
  }
  return issues
}

const failoverFields = ['Service', 'ServiceSubset', 'Namespace', 'Targets', 'SamenessGroup', 'Datacenters'] as const

function failoverTargetProblem(target: ResolverFailoverTarget, entry: Resolver): string | undefined {
  if (Object.keys(target).length === 0) return 'names nothing to fail over to'
  const withPeer = (['ServiceSubset', 'Partition', 'Datacenter'] as const).find(field => target[field])
  if (target.Peer && withPeer) return `Peer cannot be set with ${withPeer}`
  const crossesPartition = !isDefaultPartition(target.Partition) || !isDefaultPartition(entry.Partition)
  if (target.Datacenter && crossesPartition) {
    return 'Cross-datacenter failover is only supported in the default partition'
  }
  return undefined
}

function isDefaultPartition(partition: string | undefined): boolean {
  return partition === undefined || partition === DEFAULT_PARTITION
}

function checkTimeout(path: string, timeout: string | undefined): Issue[] {
  if ((parseDuration(timeout ?? '0') ?? 0) >= 0) return []
  return [{ path, message: `Bad ${path} '${timeout}', must be >= 0` }]
}
