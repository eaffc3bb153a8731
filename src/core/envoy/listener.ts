// Listeners: where a proxy accepts connections.

import type { AccessLog } from '../../gen/envoy/config/accesslog/v3/accesslog_pb.ts'
import type { Address } from '../../gen/envoy/config/core/v3/address_pb.ts'
import { TrafficDirection } from '../../gen/envoy/config/core/v3/base_pb.ts'
import type { FilterChain, ListenerFilter } from '../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import { type Listener, ListenerSchema } from '../../gen/envoy/config/listener/v3/listener_pb.ts'
import { create } from './create-message.ts'

export interface ListenerOptions {
  readonly name: string
  readonly address: Address
  readonly direction?: 'inbound' | 'outbound'
  readonly filterChains: readonly FilterChain[]
  readonly listenerFilters?: readonly ListenerFilter[]
  readonly accessLogs: readonly AccessLog[]
  /** Spreads connections evenly over Envoy's workers, for few and long-lived ones. */
  readonly exactBalance?: boolean
}

const DIRECTIONS = { inbound: TrafficDirection.INBOUND, outbound: TrafficDirection.OUTBOUND } as const

export function makeListener(options: ListenerOptions): Listener {
  const { direction, exactBalance } = options
  return create(ListenerSchema, {
    name: options.name,
    address: options.address,
    trafficDirection: direction === undefined ? TrafficDirection.UNSPECIFIED : DIRECTIONS[direction],
    filterChains: [...options.filterChains],
    listenerFilters: [...(options.listenerFilters ?? [])],
    accessLog: [...options.accessLogs],
    connectionBalanceConfig: exactBalance ? { balanceType: { case: 'exactBalance' as const, value: {} } } : undefined,
  })
}
