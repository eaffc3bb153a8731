// What all kinds of active checks have in common: one look at a target, which ends when its signal says so.

import type { Status } from '../../core/model/check.ts'

/** What one look at a target found. */
export interface ProbeResult {
  readonly status: Status
  readonly output: string
}

/**
 * Looks at the target once. When `signal` aborts (time is up, or the check is stopped) it settles soon and leaves no
 * socket or process behind. A rejection counts as critical, with the error's message as output.
 */
export type Probe = (signal: AbortSignal) => Promise<ProbeResult>

/** The reason of a probe's signal when its time is up; another reason means that its check is stopped. */
export class TimeUp extends Error {}

export function passing(output: string): ProbeResult {
  return { status: 'passing', output }
}

export function critical(output: string): ProbeResult {
  return { status: 'critical', output }
}

/** Options of TLS that all encrypted probes share. */
export interface ProbeTls {
  readonly serverName: string | undefined
  readonly skipVerify: boolean
}

/**
 * A promise for something that is started now and gives its result by callback. When the signal aborts it rejects with the
 * signal's reason. `start` returns what releases its resources; that runs once, however the promise ends.
 */
export function untilAborted<T>(
  signal: AbortSignal,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => () => void,
): Promise<T> {
  let release = () => {}
  let onAbort = () => {}
  const ended = new Promise<T>((resolve, reject) => {
    signal.throwIfAborted()
    onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    release = start(resolve, reject)
  })
  return ended.finally(() => {
    signal.removeEventListener('abort', onAbort)
    release()
  })
}

/** What went wrong, in words for the output of a check. */
export function errorText(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(errorText).join('; ')
  return error instanceof Error ? error.message : String(error)
}
