// Waiting for what a test expects.

import { eventually } from '../../src/sandbox/eventually.ts'

/** Waits until an assertion holds. Fails with the assertion's own words after a minute. */
export function until(what: string, assertion: () => void | Promise<void>): Promise<void> {
  return eventually(what, assertion, { everyMs: 100 })
}
