// The loop of active checks: look, wait, look again; results are damped before they are reported.

import { type DampingLimits, damp, UNDAMPED } from '../../core/model/check-damping.ts'
import { formatDuration } from '../../lib/duration.ts'
import type { WaitClock } from '../watch.ts'
import { critical, errorText, type Probe, type ProbeResult, TimeUp } from './probe.ts'

export interface IntervalCheckOptions {
  readonly intervalMs: number
  readonly timeoutMs: number
  /** The first look is made within this time; a second unless given. */
  readonly firstLookMs?: number
  readonly limits: DampingLimits
  readonly clock: WaitClock
  report(result: ProbeResult): void
}

/** What has just been registered is often still starting: until a check has passed once, it is looked at more often. */
const FIRST_LOOK_MS = 1_000

/**
 * Probes until the signal aborts: first within `firstLookMs`, at random, so that checks registered together do not run
 * together; then after ever longer pauses, and once it has passed an interval after each result. Resolves when the last
 * probe has ended.
 */
export async function runIntervalCheck(
  probe: Probe,
  options: IntervalCheckOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, intervalMs, limits, report } = options
  let state = UNDAMPED
  let pauseMs = Math.min(intervalMs, FIRST_LOOK_MS)
  await pause(clock, clock.random() * Math.min(intervalMs, options.firstLookMs ?? FIRST_LOOK_MS), signal)
  while (!signal.aborted) {
    const result = await look(probe, options, signal)
    if (signal.aborted) return
    const damped = damp(limits, state, result.status)
    state = damped.state
    if (damped.status !== undefined) report({ status: damped.status, output: result.output })
    pauseMs = result.status === 'passing' ? intervalMs : Math.min(intervalMs, pauseMs * 2)
    await pause(clock, pauseMs, signal)
  }
}

async function look(
  probe: Probe,
  { clock, timeoutMs }: IntervalCheckOptions,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const controller = new AbortController()
  const stop = () => controller.abort(signal.reason)
  signal.addEventListener('abort', stop)
  const cancel = clock.after(timeoutMs, () => {
    controller.abort(new TimeUp(`timed out after ${formatDuration(timeoutMs)}`))
  })
  try {
    return await probe(controller.signal)
  } catch (error) {
    return critical(errorText(error))
  } finally {
    cancel()
    signal.removeEventListener('abort', stop)
  }
}

function pause(clock: WaitClock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const wake = () => {
      cancel()
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const cancel = clock.after(ms, wake)
    signal.addEventListener('abort', wake)
  })
}
