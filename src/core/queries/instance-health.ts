// Whether and how much an instance is used: its health and weight as Envoy is told.

import type { EndpointHealth } from '../envoy/load-assignment.ts'
import type { CheckServiceNode } from '../model/fact.ts'
import { aggregateStatus } from './instances.ts'

const MAX_WEIGHT = 128

/**
 * Critical instances, those of weight 0 and, with `onlyPassing`, those with a warning get no traffic. A weight is the one for
 * the instance's status, 1 to 128.
 */
export function endpointHealth(instance: CheckServiceNode, onlyPassing: boolean): EndpointHealth {
  const status = aggregateStatus(instance.Checks)
  const weights = instance.Service.Weights
  const weight = status === 'warning' ? weights.Warning : weights.Passing
  const usable = status === 'passing' || (status === 'warning' && !onlyPassing)
  if (weight < 1) return { healthy: false, weight: 1 }
  return { healthy: usable, weight: Math.min(weight, MAX_WEIGHT) }
}

/** Gateways that can carry traffic: a critical one is not dialled at all. */
export function usableGateways(gateways: readonly CheckServiceNode[]): readonly CheckServiceNode[] {
  return gateways.filter(gateway => aggregateStatus(gateway.Checks) !== 'critical')
}
