// The state of a peering as people see it: what is stored, overlaid with how the stream is doing. And when a broken stream is dialled
// again.

import type { Peering, PeeringState, PeerStreamStatus } from '../model/peering.ts'

/**
 * What is stored says how far the peering has come; whether it works is known only to the server that holds the stream. An end
 * is an end, whatever the stream does.
 */
export function visibleState(row: Pick<Peering, 'State'>, stream: PeerStreamStatus | undefined): PeeringState {
  if (row.State === 'DELETING' || row.State === 'TERMINATED' || stream === undefined) return row.State
  if (stream.connected) return 'ACTIVE'
  return stream.error === '' ? row.State : 'FAILING'
}

/** True when what a peer exported may be old: it was connected and is not. */
export function isStale(row: Pick<Peering, 'State'>, stream: PeerStreamStatus | undefined): boolean {
  return visibleState(row, stream) === 'FAILING' && stream?.imported !== undefined
}

/** A stream of which nothing is known yet. */
export const UNTRIED: PeerStreamStatus = {
  connected: false,
  error: '',
  refused: false,
  refusals: [],
  nextTryAt: undefined,
  imported: undefined,
  exported: undefined,
  lastHeartbeatAt: undefined,
  lastReceiveAt: undefined,
  lastSendAt: undefined,
}

/**
 * Why a stream broke, as far as it matters for dialling again. `leader`: another server leads, it can be dialled at once.
 * `refused`: the other side knows us and does not want us; only people can change that.
 */
export type BreakReason = 'leader' | 'unreachable' | 'refused'

const FIRST_MS: Readonly<Record<BreakReason, number>> = { leader: 50, unreachable: 250, refused: 1_000 }

/** Services have to be back within seconds once a network is, so nobody who cannot be reached is left alone for long. */
const LONGEST_MS: Readonly<Record<BreakReason, number>> = { leader: 1_000, unreachable: 1_000, refused: 30_000 }

/**
 * Milliseconds to wait before the next attempt. `failures` counts attempts in a row that failed, `random` is in [0, 1): a
 * quarter of the time is left to chance, so that peers do not come back all at once.
 */
export function redialDelay(reason: BreakReason, failures: number, random: number): number {
  const full = Math.min(FIRST_MS[reason] * 2 ** Math.min(Math.max(failures - 1, 0), 20), LONGEST_MS[reason])
  return full * (0.75 + 0.25 * random)
}
