// TCP keepalive towards upstreams, so that connections which cross firewalls and load balancers are not silently lost.

import {
  type UpstreamConnectionOptions,
  UpstreamConnectionOptionsSchema,
} from '../../gen/envoy/config/cluster/v3/cluster_pb.ts'
import { create } from './create-message.ts'

/** Times are whole seconds; undefined leaves the system's setting. */
export interface KeepaliveOptions {
  readonly timeSeconds?: number | undefined
  readonly intervalSeconds?: number | undefined
  readonly probes?: number | undefined
}

export function keepaliveOptions(options: KeepaliveOptions): UpstreamConnectionOptions {
  return create(UpstreamConnectionOptionsSchema, {
    tcpKeepalive: {
      keepaliveTime: options.timeSeconds,
      keepaliveInterval: options.intervalSeconds,
      keepaliveProbes: options.probes,
    },
  })
}
