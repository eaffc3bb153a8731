// The resources of a sidecar, put together from its parts.

import type { Resource, ResourceSet, ResourceType } from '../../envoy/resource.ts'
import { CertificateFill } from '../../envoy/resource-template.ts'
import type { PartCache } from '../part-cache.ts'
import { distinctNames, joinLists } from '../parts/join-lists.ts'
import { inboundResources } from './inbound.ts'
import { upstreamResources } from './outbound.ts'
import type { SidecarSnapshot } from './snapshot.ts'

/** A sidecar without upstreams may be one whose upstreams are not known yet: it is told nothing about having none. */
const ALLOW_EMPTY: ReadonlySet<ResourceType> = new Set()

const NONE: readonly never[] = []

/** By far the most changes are of endpoints, and those are made by others: then one list is all there is to put together. */
export function sidecarResources(snapshot: SidecarSnapshot, parts: PartCache): ResourceSet {
  const { config, leaf, roots, upstreams } = snapshot
  const ways = upstreams.flatMap(state => (state.ok ? [state.chain, state.peers] : [undefined, undefined]))
  const own = parts.group('own', [config, leaf, roots, ...ways], inner => ownResources(snapshot, inner))
  const routes = upstreams.map(state => (state.ok ? state.route : undefined))
  return {
    secret: NONE,
    cluster: own.clusters,
    endpoints: joinLists(
      parts,
      'endpoints',
      upstreams.map(state => (state.ok ? state.endpoints : NONE)),
    ),
    listener: own.listeners,
    route: parts.use('all:route', routes, () => distinctNames(routes.filter(route => route !== undefined))),
    allowEmpty: ALLOW_EMPTY,
  }
}

interface OwnResources {
  readonly clusters: readonly Resource[]
  readonly listeners: readonly Resource[]
}

/** Clusters and listeners: the certificate is in them, so each sidecar has its own. */
function ownResources(snapshot: SidecarSnapshot, parts: PartCache): OwnResources {
  const { config, leaf, roots } = snapshot
  const own = parts.use('certificate', [leaf], () => new CertificateFill(leaf))
  const inbound = inboundResources(config, { own, roots }, parts)
  const all = [inbound, ...upstreamResources(snapshot, own, parts)]
  const clusters = joinLists(
    parts,
    'cluster',
    all.map(part => part.clusters),
  )
  const listeners = joinLists(
    parts,
    'listener',
    all.map(part => part.listeners),
  )
  return { clusters, listeners }
}
