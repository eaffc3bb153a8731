// Step "resolve": from a wanted target through redirects and default subsets to the real one, and to its failovers.

import type { ResolverFailover, ServiceResolver } from '../entries/service-resolver.ts'
import type { Unindexed } from '../model/row.ts'
import type { Assembly } from './assembly.ts'
import type { ChainFailover } from './chain.ts'
import { displayName } from './protocol.ts'
import { defaultGroup, isSame, memberTargets } from './sameness.ts'
import {
  DEFAULT_CONNECT_TIMEOUT,
  type Destined,
  redirectTarget,
  serviceOf,
  type TargetSpec,
  targetId,
} from './target.ts'

type Resolver = Unindexed<ServiceResolver>

/** Adds the resolver that a target comes to and returns its key. */
export function resolve(assembly: Assembly, wanted: TargetSpec): string | undefined {
  const destined = follow(assembly, wanted)
  if (destined === undefined) return undefined
  const { resolver, spec } = destined
  const key = `resolver:${targetId(spec)}`
  if (assembly.nodes.has(key)) return key

  const failover = failoverOf(assembly, destined)
  return assembly.addNode({
    Type: 'resolver',
    Name: targetId(spec),
    Resolver: {
      ...(isDefault(resolver) && failover === undefined ? { Default: true } : {}),
      ConnectTimeout: resolver?.ConnectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
      ...(resolver?.RequestTimeout ? { RequestTimeout: resolver.RequestTimeout } : {}),
      Target: assembly.addTarget(destined),
      ...(failover ? { Failover: failover } : {}),
    },
    ...(resolver?.LoadBalancer ? { LoadBalancer: resolver.LoadBalancer } : {}),
  })
}

/** Follows redirects and default subsets until neither applies. A peer's own redirects are the peer's business. */
function follow(assembly: Assembly, wanted: TargetSpec): Destined | undefined {
  const passed: string[] = []
  let spec = wanted
  let others: readonly TargetSpec[] | undefined
  for (;;) {
    const id = targetId(spec)
    if (passed.includes(id)) {
      return assembly.fail(`detected circular resolver redirect: [${[...passed, id].join(' -> ')}]`)
    }
    passed.push(id)
    const hidden = spec.peer === '' && assembly.entries.isHidden(serviceOf(spec))
    if (spec.peer !== '' || hidden) return destined({ spec, resolver: undefined }, others)

    assembly.visit(serviceOf(spec))
    const resolver = assembly.entries.resolver(serviceOf(spec))
    if (resolver === undefined && spec.subset === '') return destined({ spec, resolver }, others)
    if (!isAllowed(assembly, spec, resolver)) return undefined

    const [next, ...rest] = nextTargets(assembly, spec, resolver)
    if (next === undefined) return assembly.fail(noMembers(spec, resolver))
    if (resolver?.Redirect?.SamenessGroup) others ??= rest
    if (targetId(next) === id) return checkSubset(assembly, destined({ spec, resolver }, others))
    spec = next
  }
}

function destined(found: Destined, others: readonly TargetSpec[] | undefined): Destined {
  return others === undefined ? found : { ...found, others }
}

/** Where a target leads; after the first those that are tried when it fails, if a redirect to a sameness group lists them. */
function nextTargets(assembly: Assembly, spec: TargetSpec, resolver: Resolver | undefined): readonly TargetSpec[] {
  const { SamenessGroup, ...to } = resolver?.Redirect ?? {}
  const group = SamenessGroup === undefined ? undefined : assembly.entries.samenessGroup(SamenessGroup, spec.partition)
  return group === undefined ? [nextTarget(spec, resolver)] : memberTargets(assembly, group, spec, to)
}

function noMembers(spec: TargetSpec, resolver: Resolver | undefined): string {
  const group = resolver?.Redirect?.SamenessGroup
  return `service "${spec.service}" is redirected to the sameness group "${group}", where it is the same nowhere`
}

function nextTarget(spec: TargetSpec, resolver: Resolver | undefined): TargetSpec {
  const redirected = resolver?.Redirect ? redirectTarget(spec, resolver.Redirect) : spec
  if (targetId(redirected) !== targetId(spec)) return redirected
  return spec.subset === '' && resolver?.DefaultSubset ? { ...spec, subset: resolver.DefaultSubset } : spec
}

function checkSubset(assembly: Assembly, destined: Destined): Destined | undefined {
  const { subset, service } = destined.spec
  if (subset === '' || Object.hasOwn(destined.resolver?.Subsets ?? {}, subset)) return destined
  return assembly.fail(`service "${service}" does not have a subset named "${subset}"`)
}

function isAllowed(assembly: Assembly, spec: TargetSpec, resolver: Resolver | undefined): boolean {
  const group = resolver?.Redirect?.SamenessGroup ?? failoverFor(spec, resolver)?.SamenessGroup
  const name = displayName(serviceOf(spec))
  if (group !== undefined && assembly.entries.samenessGroup(group, spec.partition) === undefined) {
    assembly.fail(`service "${name}" refers to the sameness group "${group}", which does not exist`)
    return false
  }
  if (!assembly.entries.serviceDefaults(serviceOf(spec))?.ExternalSNI) return true
  const what = misfitOfExternal(resolver)
  if (what === undefined) return true
  assembly.fail(`service "${name}" has an external SNI set; cannot define ${what} for external services`)
  return false
}

function misfitOfExternal(resolver: Resolver | undefined): string | undefined {
  if (resolver?.Redirect) return 'redirects'
  if (Object.keys(resolver?.Subsets ?? {}).length > 0) return 'subsets'
  return Object.keys(resolver?.Failover ?? {}).length > 0 ? 'failover' : undefined
}

/** True when a resolver says no more than an absent one. */
function isDefault(resolver: Resolver | undefined): boolean {
  if (resolver === undefined) return true
  const { DefaultSubset, Subsets, Redirect, Failover, ConnectTimeout, RequestTimeout, LoadBalancer } = resolver
  return !(DefaultSubset || Subsets || Redirect || Failover || ConnectTimeout || RequestTimeout || LoadBalancer)
}

function failoverOf(assembly: Assembly, primary: Destined): ChainFailover | undefined {
  const failover = failoverFor(primary.spec, primary.resolver)
  const primaryId = targetId(primary.spec)
  const targets = (primary.others ?? failoverTargets(assembly, primary.spec, failover))
    .filter(spec => assembly.request.isJudged || spec.partition === primary.spec.partition || isSame(assembly, spec))
    .filter(spec => targetId(spec) !== primaryId)
    // Failovers of failovers are not followed, so a circle of them is harmless.
    .map(spec => follow(assembly, spec))
    .filter(destined => destined !== undefined)
    .filter(destined => targetId(destined.spec) !== primaryId)
    .map(destined => assembly.addTarget(destined))
  if (targets.length === 0) return undefined
  const policy = failover?.Policy ?? assembly.entries.proxyDefaults(primary.spec.partition)?.FailoverPolicy
  return { Targets: targets, ...(policy ? { Policy: policy } : {}) }
}

/** The failover for the subset asked for, else the one for all. */
function failoverFor(spec: TargetSpec, resolver: Resolver | undefined): ResolverFailover | undefined {
  const failovers = resolver?.Failover ?? {}
  if (spec.subset !== '' && Object.hasOwn(failovers, spec.subset)) return failovers[spec.subset]
  return failovers['*']
}

function failoverTargets(
  assembly: Assembly,
  primary: TargetSpec,
  failover: ResolverFailover | undefined,
): readonly TargetSpec[] {
  if (failover === undefined) {
    const group = defaultGroup(assembly, primary)
    return group === undefined ? [] : memberTargets(assembly, group, primary, {})
  }
  if (failover.Targets !== undefined) return failover.Targets.map(target => redirectTarget(primary, target))
  const { Datacenters = [], Service, ServiceSubset, Namespace, SamenessGroup } = failover
  const to = {
    ...(Service ? { Service } : {}),
    ...(ServiceSubset ? { ServiceSubset } : {}),
    ...(Namespace ? { Namespace } : {}),
  }
  const group =
    SamenessGroup === undefined ? undefined : assembly.entries.samenessGroup(SamenessGroup, primary.partition)
  if (group !== undefined) return memberTargets(assembly, group, primary, to)
  if (Datacenters.length === 0) return [redirectTarget(primary, to)]
  return Datacenters.map(datacenter => redirectTarget(primary, { ...to, Datacenter: datacenter }))
}
