// What protects a cluster: limits on how much goes there at once, and leaving out endpoints that fail.

import { type CircuitBreakers, CircuitBreakersSchema } from '../../gen/envoy/config/cluster/v3/circuit_breaker_pb.ts'
import {
  type OutlierDetection,
  OutlierDetectionSchema,
} from '../../gen/envoy/config/cluster/v3/outlier_detection_pb.ts'
import { create } from './create-message.ts'
import { protoDuration } from './duration.ts'

/** A limit of 0 lets nothing through; an absent one is Envoy's default. */
export interface Limits {
  readonly maxConnections?: number | undefined
  readonly maxPendingRequests?: number | undefined
  readonly maxRequests?: number | undefined
}

/** Circuit breakers; an empty message when no limit is set. */
export function circuitBreakers(limits: Limits): CircuitBreakers {
  const { maxConnections, maxPendingRequests, maxRequests } = limits
  const isSet = [maxConnections, maxPendingRequests, maxRequests].some(limit => limit !== undefined)
  return create(CircuitBreakersSchema, {
    thresholds: isSet ? [{ maxConnections, maxPendingRequests, maxRequests }] : [],
  })
}

export interface OutlierOptions {
  readonly intervalMs?: number | undefined
  readonly consecutive5xx?: number | undefined
  readonly enforcingConsecutive5xx?: number | undefined
  readonly maxEjectionPercent?: number | undefined
  readonly baseEjectionTimeMs?: number | undefined
}

/** Outlier detection; an empty message means Envoy's defaults. A count of 0 failures counts as not set. */
export function outlierDetection(options: OutlierOptions): OutlierDetection {
  const { intervalMs, consecutive5xx, baseEjectionTimeMs } = options
  return create(OutlierDetectionSchema, {
    interval: intervalMs ? protoDuration(intervalMs) : undefined,
    consecutive5xx: consecutive5xx || undefined,
    enforcingConsecutive5xx: options.enforcingConsecutive5xx,
    maxEjectionPercent: options.maxEjectionPercent,
    baseEjectionTime: baseEjectionTimeMs === undefined ? undefined : protoDuration(baseEjectionTimeMs),
  })
}
