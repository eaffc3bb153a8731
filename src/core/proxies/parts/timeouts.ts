// Timeouts as free-form proxy configuration gives them.

import type { OpaqueConfig } from '../../envoy/opaque-config.ts'

export const DEFAULT_CONNECT_TIMEOUT_MS = 5000

/** A connect timeout; anything below a millisecond counts as not set. */
export function timeoutOr(milliseconds: number | undefined, otherwise = DEFAULT_CONNECT_TIMEOUT_MS): number {
  return milliseconds === undefined || milliseconds < 1 ? otherwise : milliseconds
}

/** How long Envoy waits for the first answer about a resource; 0 for ever, undefined for Envoy's default. */
export function fetchTimeout(config: OpaqueConfig): number | undefined {
  const milliseconds = config.integer('xds_fetch_timeout_ms')
  return milliseconds === undefined || milliseconds < 0 ? undefined : milliseconds
}
