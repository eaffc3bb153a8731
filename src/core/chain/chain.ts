// The compiled discovery chain: how requests for one service find instances. Plain data, and its own JSON answer: field names
// as the discovery-chain API has them, durations as Go strings, what does not apply left out.

import type { EnvoyExtension } from '../entries/envoy-extensions.ts'
import type { FailoverPolicy } from '../entries/failover-policy.ts'
import type { LoadBalancer } from '../entries/load-balancer.ts'
import type { ResolverSubset } from '../entries/service-resolver.ts'
import type { ServiceRoute } from '../entries/service-router.ts'
import type { ServiceSplit } from '../entries/service-splitter.ts'
import type { MeshGatewayConfig } from '../model/mesh-gateway-mode.ts'

export interface CompiledChain {
  readonly ServiceName: string
  readonly Namespace: string
  readonly Partition: string
  readonly Datacenter: string
  /** Present when the caller's overrides changed something; prefixes the names of the chain's clusters. */
  readonly CustomizationHash?: string
  /** True when no entry says anything about how to reach the service. */
  readonly Default?: true
  readonly Protocol: string
  readonly ServiceMeta?: Readonly<Record<string, string>>
  readonly EnvoyExtensions?: readonly EnvoyExtension[]
  readonly StartNode: string
  readonly Nodes: Readonly<Record<string, ChainNode>>
  readonly Targets: Readonly<Record<string, ChainTarget>>
  readonly AutoVirtualIPs: readonly string[]
  readonly ManualVirtualIPs: readonly string[]
}

/** A step of the chain; `Nodes` has it under `<Type>:<Name>`. */
export type ChainNode = RouterNode | SplitterNode | ResolverNode

export interface RouterNode {
  readonly Type: 'router'
  readonly Name: string
  /** In order; the last one takes everything. */
  readonly Routes: readonly ChainRoute[]
}

export interface ChainRoute {
  readonly Definition: ServiceRoute
  readonly NextNode: string
}

export interface SplitterNode {
  readonly Type: 'splitter'
  readonly Name: string
  /** Every split leads to a resolver: splitters of splitters are already merged. */
  readonly Splits: readonly ChainSplit[]
  readonly LoadBalancer?: LoadBalancer
}

export interface ChainSplit {
  readonly Definition: ServiceSplit
  /** Percent of the whole, with two decimals. */
  readonly Weight: number
  readonly NextNode: string
}

export interface ResolverNode {
  readonly Type: 'resolver'
  readonly Name: string
  readonly Resolver: ChainResolver
  readonly LoadBalancer?: LoadBalancer
}

export interface ChainResolver {
  /** True when no service-resolver says anything about the target. */
  readonly Default?: true
  readonly ConnectTimeout: string
  readonly RequestTimeout?: string
  /** A key of `Targets`. */
  readonly Target: string
  readonly Failover?: ChainFailover
}

export interface ChainFailover {
  /** Keys of `Targets`, tried in order after the resolver's own target. */
  readonly Targets: readonly string[]
  readonly Policy?: FailoverPolicy
}

/** A set of instances: of one service or subset, in one datacenter and partition, or at one peer. */
export interface ChainTarget {
  readonly ID: string
  readonly Service: string
  readonly ServiceSubset?: string
  readonly Namespace: string
  readonly Partition: string
  /** '' for a peer's service. */
  readonly Datacenter: string
  readonly Peer?: string
  readonly MeshGateway: MeshGatewayConfig
  readonly Subset: ResolverSubset
  readonly ConnectTimeout: string
  readonly TransparentProxy: { readonly DialedDirectly?: true }
  /** The service lives outside the mesh under its own SNI; gateways do not carry it. */
  readonly External?: true
  /** Absent for a peer's service: its SNI comes from the peer. */
  readonly SNI?: string
  /** The name of the target's cluster, before any prefix. */
  readonly Name?: string
}

/** The key of a target: `[<subset>.]<service>.<namespace>.<partition>.<datacenter>`, or `...external.<peer>`. */
export type TargetId = string
