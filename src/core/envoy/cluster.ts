// Clusters: where traffic goes. Each maker takes the whole description of one cluster; what a cluster is for, its caller knows.

import {
  type Cluster,
  ClusterSchema,
  Cluster_DiscoveryType as Discovery,
  Cluster_DnsLookupFamily as DnsFamily,
  Cluster_LbPolicy as LbPolicy,
} from '../../gen/envoy/config/cluster/v3/cluster_pb.ts'
import type { Address } from '../../gen/envoy/config/core/v3/address_pb.ts'
import type { TransportSocket } from '../../gen/envoy/config/core/v3/base_pb.ts'
import type { ClusterLoadAssignment } from '../../gen/envoy/config/endpoint/v3/endpoint_pb.ts'
import { ClusterConfigSchema } from '../../gen/envoy/extensions/clusters/aggregate/v3/cluster_pb.ts'
import type { LoadBalancer } from '../entries/load-balancer.ts'
import { unreachable } from '../model/fault.ts'
import { anyOf } from './any.ts'
import { circuitBreakers, type Limits, type OutlierOptions, outlierDetection } from './cluster-protection.ts'
import { adsSource } from './config-source.ts'
import { create } from './create-message.ts'
import { protoDuration } from './duration.ts'
import { type KeepaliveOptions, keepaliveOptions } from './keepalive.ts'
import { staticAssignment } from './load-assignment.ts'
import { loadBalancing } from './load-balancing.ts'
import { type ProtocolOptions, protocolOptions } from './protocol-options.ts'

/** How Envoy learns the endpoints of a cluster. */
export type Endpoints =
  | { readonly by: 'eds'; readonly fetchTimeoutMs: number | undefined }
  | { readonly by: 'static'; readonly address: Address }
  | { readonly by: 'dns'; readonly strict: boolean; readonly assignment: ClusterLoadAssignment }

export interface ClusterOptions {
  readonly name: string
  readonly endpoints: Endpoints
  readonly connectTimeoutMs: number
  /** Statistics are kept under the cluster's own name. */
  readonly altStatName?: boolean
  /** Endpoints that are not healthy get no traffic, however few are left. */
  readonly noPanic?: boolean
  readonly outlierDetection?: OutlierOptions | undefined
  readonly limits?: Limits | undefined
  readonly loadBalancer?: LoadBalancer | undefined
  readonly protocol?: ProtocolOptions | undefined
  readonly tls?: TransportSocket | undefined
  readonly keepalive?: KeepaliveOptions | undefined
}

export function makeCluster(options: ClusterOptions): Cluster {
  return create(ClusterSchema, {
    name: options.name,
    altStatName: options.altStatName === true ? options.name : '',
    connectTimeout: protoDuration(options.connectTimeoutMs),
    ...discovery(options.name, options.endpoints),
    commonLbConfig: options.noPanic === true ? { healthyPanicThreshold: { value: 0 } } : undefined,
    outlierDetection: options.outlierDetection && outlierDetection(options.outlierDetection),
    circuitBreakers: options.limits && circuitBreakers(options.limits),
    ...loadBalancing(options.loadBalancer),
    typedExtensionProtocolOptions: protocolOptions(options.protocol),
    transportSocket: options.tls,
    upstreamConnectionOptions: options.keepalive && keepaliveOptions(options.keepalive),
  })
}

export interface AggregateOptions {
  readonly name: string
  readonly connectTimeoutMs: number
  /** Names of the member clusters, the preferred one first. */
  readonly members: readonly string[]
}

/** A cluster that uses the first of its members that has a healthy endpoint. */
export function makeAggregateCluster(options: AggregateOptions): Cluster {
  const members = create(ClusterConfigSchema, { clusters: [...options.members] })
  const typedConfig = anyOf(ClusterConfigSchema, members)
  return create(ClusterSchema, {
    name: options.name,
    altStatName: options.name,
    connectTimeout: protoDuration(options.connectTimeoutMs),
    lbPolicy: LbPolicy.CLUSTER_PROVIDED,
    clusterDiscoveryType: { case: 'clusterType', value: { name: 'envoy.clusters.aggregate', typedConfig } },
  })
}

const DNS_REFRESH_MS = 10_000

function discovery(name: string, endpoints: Endpoints) {
  switch (endpoints.by) {
    case 'eds':
      return {
        clusterDiscoveryType: { case: 'type', value: Discovery.EDS },
        edsClusterConfig: { edsConfig: adsSource(endpoints.fetchTimeoutMs) },
      } as const
    case 'static':
      return {
        clusterDiscoveryType: { case: 'type', value: Discovery.STATIC },
        loadAssignment: staticAssignment(name, endpoints.address),
      } as const
    case 'dns':
      return {
        clusterDiscoveryType: { case: 'type', value: endpoints.strict ? Discovery.STRICT_DNS : Discovery.LOGICAL_DNS },
        dnsRefreshRate: protoDuration(DNS_REFRESH_MS),
        dnsLookupFamily: DnsFamily.V4_ONLY,
        loadAssignment: endpoints.assignment,
      } as const
    default:
      return unreachable(endpoints)
  }
}
