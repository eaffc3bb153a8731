// Targets of a chain: how they are named, changed by redirects and failovers, and filled in from the target's own entries.

import type { ServiceDefaults } from '../entries/service-defaults.ts'
import type { ServiceResolver } from '../entries/service-resolver.ts'
import type { Unindexed } from '../model/row.ts'
import { serviceSni } from '../model/sni.ts'
import type { ChainTarget, TargetId } from './chain.ts'
import type { Entries, ServiceId } from './entries.ts'

/** What identifies a target. `subset` and `peer` are '' when there is none; `datacenter` is '' at a peer. */
export interface TargetSpec {
  readonly service: string
  readonly subset: string
  readonly namespace: string
  readonly partition: string
  readonly datacenter: string
  readonly peer: string
}

/** A change of destination, as redirects, failovers, routes and splits write it. */
export interface Destination {
  readonly Service?: string
  readonly ServiceSubset?: string
  readonly Namespace?: string
  readonly Partition?: string
  readonly Datacenter?: string
  readonly Peer?: string
}

export const DEFAULT_CONNECT_TIMEOUT = '5s'

/** The key of a target in a chain. */
export function targetId(spec: TargetSpec): TargetId {
  const subset = spec.subset === '' ? '' : `${spec.subset}.`
  const place = spec.peer === '' ? spec.datacenter : `external.${spec.peer}`
  return `${subset}${spec.service}.${spec.namespace}.${spec.partition}.${place}`
}

/** The service of this cluster that a target belongs to. */
export function serviceOf(spec: TargetSpec): ServiceId {
  return { Name: spec.service, Namespace: spec.namespace, Partition: spec.partition }
}

/** The target that `to` means when said about `from`. Going to another service or to a peer forgets the subset. */
export function redirectTarget(from: TargetSpec, to: Destination): TargetSpec {
  const service = to.Service ?? from.service
  const namespace = to.Namespace ?? from.namespace
  if (to.Peer !== undefined) return { ...from, service, namespace, subset: '', datacenter: '', peer: to.Peer }
  const inherited = service === from.service ? from.subset : ''
  return {
    service,
    namespace,
    subset: to.ServiceSubset ?? inherited,
    partition: to.Partition ?? from.partition,
    datacenter: to.Datacenter ?? from.datacenter,
    peer: '',
  }
}

/** Where the following of redirects ended. */
export interface Destined {
  readonly spec: TargetSpec
  readonly resolver: Unindexed<ServiceResolver> | undefined
  /** Where it fails over to, if a redirect to a sameness group has said so. */
  readonly others?: readonly TargetSpec[]
}

/** The whole target: mode and proxy options from the target's own service-defaults, else from proxy-defaults. */
export function makeTarget({ spec, resolver }: Destined, entries: Entries, trustDomain: string): ChainTarget {
  const subset = Object.hasOwn(resolver?.Subsets ?? {}, spec.subset) ? resolver?.Subsets?.[spec.subset] : undefined
  const identity = {
    ID: targetId(spec),
    Service: spec.service,
    ...(spec.subset === '' ? {} : { ServiceSubset: spec.subset }),
    Namespace: spec.namespace,
    Partition: spec.partition,
    Datacenter: spec.datacenter,
  }
  const defaults = entries.serviceDefaults(serviceOf(spec))
  const common = {
    Subset: subset ?? {},
    ConnectTimeout: resolver?.ConnectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
    TransparentProxy: transparentProxy(defaults, entries, spec),
  }
  if (spec.peer !== '') {
    return { ...identity, Peer: spec.peer, MeshGateway: meshGateway(defaults, entries, spec), ...common }
  }

  const name = serviceSni(spec, trustDomain)
  const external = defaults?.ExternalSNI
  return {
    ...identity,
    MeshGateway: external ? {} : meshGateway(defaults, entries, spec),
    ...common,
    ...(external ? { External: true } : {}),
    SNI: external || name,
    Name: name,
  }
}

type Defaults = Unindexed<ServiceDefaults> | undefined

function meshGateway(defaults: Defaults, entries: Entries, spec: TargetSpec): ChainTarget['MeshGateway'] {
  const mode = defaults?.MeshGateway.Mode || entries.proxyDefaults(spec.partition)?.MeshGateway.Mode
  return mode ? { Mode: mode } : {}
}

function transparentProxy(defaults: Defaults, entries: Entries, spec: TargetSpec): ChainTarget['TransparentProxy'] {
  const everywhere = entries.proxyDefaults(spec.partition)?.TransparentProxy.DialedDirectly
  return defaults?.TransparentProxy.DialedDirectly || everywhere ? { DialedDirectly: true } : {}
}
