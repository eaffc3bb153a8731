// A resolver's load balancer as Envoy's policy. Hash policies, the other half of a hash ring, belong to routes.

import { Cluster_LbPolicy as LbPolicy } from '../../gen/envoy/config/cluster/v3/cluster_pb.ts'
import type { LoadBalancer } from '../entries/load-balancer.ts'

/** The load-balancing fields of a cluster; none for round robin, which is Envoy's default. */
export function loadBalancing(loadBalancer: LoadBalancer | undefined) {
  switch (loadBalancer?.Policy) {
    case 'least_request':
      return { lbPolicy: LbPolicy.LEAST_REQUEST, lbConfig: leastRequest(loadBalancer) }
    case 'ring_hash':
      return { lbPolicy: LbPolicy.RING_HASH, lbConfig: ringHash(loadBalancer) }
    case 'random':
      return { lbPolicy: LbPolicy.RANDOM }
    case 'maglev':
      return { lbPolicy: LbPolicy.MAGLEV }
    default:
      return {}
  }
}

function leastRequest({ LeastRequestConfig: config }: LoadBalancer) {
  if (config === undefined) return { case: undefined } as const
  return { case: 'leastRequestLbConfig', value: { choiceCount: config.ChoiceCount || undefined } } as const
}

function ringHash({ RingHashConfig: config }: LoadBalancer) {
  if (config === undefined) return { case: undefined } as const
  const minimumRingSize = config.MinimumRingSize ? BigInt(config.MinimumRingSize) : undefined
  const maximumRingSize = config.MaximumRingSize ? BigInt(config.MaximumRingSize) : undefined
  return { case: 'ringHashLbConfig', value: { minimumRingSize, maximumRingSize } } as const
}
