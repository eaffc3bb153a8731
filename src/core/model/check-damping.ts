// How many results in a row a check needs before its status follows them. Running checks is not done here.

import type { CheckDefinition, Status } from './check.ts'

/** Results in a row that a change of status needs; 0 and 1 both mean at once. */
export interface DampingLimits {
  readonly successBeforePassing: number
  readonly failuresBeforeWarning: number
  readonly failuresBeforeCritical: number
}

/** Results in a row so far; one of the two is 0. */
export interface DampingState {
  readonly successes: number
  readonly failures: number
}

export interface Damped {
  readonly state: DampingState
  /** The status to show from now on; undefined leaves it, and its output, as they are. */
  readonly status: Status | undefined
}

/** The state of a check that has not run yet. */
export const UNDAMPED: DampingState = { successes: 0, failures: 0 }

/** The limits a definition asks for; without FailuresBeforeWarning a failing check skips the warning. */
export function dampingLimits(definition: CheckDefinition): DampingLimits {
  const failuresBeforeCritical = definition.FailuresBeforeCritical ?? 0
  return {
    successBeforePassing: definition.SuccessBeforePassing ?? 0,
    failuresBeforeWarning: definition.FailuresBeforeWarning || failuresBeforeCritical,
    failuresBeforeCritical,
  }
}

/** Counts one more result. A warning is a success here: it shows once enough results in a row were not critical. */
export function damp(limits: DampingLimits, state: DampingState, result: Status): Damped {
  if (result !== 'critical') {
    const successes = state.successes + 1
    const status = successes >= limits.successBeforePassing ? result : undefined
    return { state: { successes, failures: 0 }, status }
  }
  const failures = state.failures + 1
  return { state: { successes: 0, failures }, status: failedStatus(limits, failures) }
}

function failedStatus(limits: DampingLimits, failures: number): Status | undefined {
  if (failures >= limits.failuresBeforeCritical) return 'critical'
  return failures >= limits.failuresBeforeWarning ? 'warning' : undefined
}
