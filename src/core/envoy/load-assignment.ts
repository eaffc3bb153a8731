// Cluster load assignments: the endpoints of a cluster, each with its health and weight.

import type { Address } from '../../gen/envoy/config/core/v3/address_pb.ts'
import { HealthStatus } from '../../gen/envoy/config/core/v3/health_check_pb.ts'
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from '../../gen/envoy/config/endpoint/v3/endpoint_pb.ts'
import { socketAddress } from './address.ts'
import { create } from './create-message.ts'

export interface Endpoint {
  readonly address: string
  readonly port: number
  /** Absent where health is not ours to say. */
  readonly health?: EndpointHealth
}

export interface EndpointHealth {
  readonly healthy: boolean
  /** 1 to 128. */
  readonly weight: number
}

/** The endpoints of a cluster in one locality. An empty list says that it is known to have none, so that Envoy stops waiting. */
export function loadAssignment(clusterName: string, endpoints: readonly Endpoint[]): ClusterLoadAssignment {
  return create(ClusterLoadAssignmentSchema, { clusterName, endpoints: [{ lbEndpoints: endpoints.map(lbEndpoint) }] })
}

/** One endpoint whose health nobody checks. */
export function staticAssignment(clusterName: string, address: Address): ClusterLoadAssignment {
  const hostIdentifier = { case: 'endpoint', value: { address } } as const
  return create(ClusterLoadAssignmentSchema, { clusterName, endpoints: [{ lbEndpoints: [{ hostIdentifier }] }] })
}

function lbEndpoint({ address, port, health }: Endpoint) {
  const hostIdentifier = { case: 'endpoint', value: { address: socketAddress(address, port) } } as const
  if (health === undefined) return { hostIdentifier }
  const healthStatus = health.healthy ? HealthStatus.HEALTHY : HealthStatus.UNHEALTHY
  return { hostIdentifier, healthStatus, loadBalancingWeight: health.weight }
}
