// Everything a sidecar is built from, read from the store.

import type { Issue } from '../../../lib/schema.ts'
import type { CompiledChain } from '../../chain/chain.ts'
import type { EntryOfKind } from '../../entries/index.ts'
import type { Resource } from '../../envoy/resource.ts'
import type { Leaf, Waiting } from '../../model/fact.ts'
import { instanceKey, type ServiceInstance } from '../../model/service.ts'
import { spiffeUri } from '../../model/spiffe.ts'
import { meshOf } from '../../queries/config-entry.ts'
import { type MeshRoots, meshRoots } from '../../queries/mesh-roots.ts'
import { upstreamChain } from '../../queries/upstream-chain.ts'
import type { View } from '../../store/view.ts'
import { chainEndpoints } from '../parts/chain-endpoints.ts'
import { type SidecarConfig, sidecarConfig, type UpstreamConfig } from './config.ts'

export interface SidecarSnapshot {
  readonly service: ServiceInstance
  readonly config: SidecarConfig
  readonly leaf: Leaf
  readonly roots: MeshRoots
  readonly mesh: EntryOfKind<'mesh'> | undefined
  readonly defaultAllow: boolean
  readonly upstreams: readonly UpstreamSnapshot[]
  /** What of the configuration is left out, and why. */
  readonly issues: readonly Issue[]
}

export interface UpstreamSnapshot {
  readonly config: UpstreamConfig
  readonly chain: CompiledChain
  readonly endpoints: readonly Resource[]
}

/** Waits for the roots and for the certificate of the service. */
export function sidecarSnapshot(view: View, service: ServiceInstance): SidecarSnapshot | Waiting {
  const roots = view.derive(meshRoots, undefined)
  const config = view.derive(sidecarConfig, instanceKey(service))
  if (roots === undefined || config === undefined) return { waiting: [] }
  const identity = identityUri(service, roots.trustDomain, view.self.datacenter)
  const leaf = view.want('leaf', identity)
  const issues = [...config.issues]
  const upstreams = config.upstreams.flatMap(upstream => upstreamSnapshot(view, upstream, service.Partition, issues))
  if (leaf === undefined) return { waiting: [{ kind: 'leaf', key: identity }] }
  return {
    service,
    config,
    leaf,
    roots,
    mesh: meshOf(view, service.Partition),
    defaultAllow: view.self.defaultAllow,
    upstreams,
    issues,
  }
}

/** The identity of the service that a sidecar speaks for. */
function identityUri(service: ServiceInstance, trustDomain: string, datacenter: string): string {
  return spiffeUri({
    kind: 'service',
    trustDomain,
    partition: service.Partition,
    namespace: service.Namespace,
    datacenter,
    service: service.Proxy.DestinationServiceName ?? '',
  })
}

function upstreamSnapshot(
  view: View,
  config: UpstreamConfig,
  partition: string,
  issues: Issue[],
): readonly UpstreamSnapshot[] {
  const compiled = view.derive(upstreamChain, config.chain)
  if (!compiled.ok) {
    issues.push({ path: `Upstreams[${config.definition.DestinationName}]`, message: compiled.message })
    return []
  }
  const endpoints = view.derive(chainEndpoints, { chain: config.chain, partition })
  return [{ config, chain: compiled.chain, endpoints }]
}
