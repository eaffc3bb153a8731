// Refusals and failures at a seam. Bad input found by pure code is a list of issues instead; a bug is a plain Error.

import { describeIssues, type Issue } from '../../lib/schema.ts'

/**
 * `invalid`: the request cannot be understood. `rejected`: it is understood and breaks a rule of what it describes; apart
 * from `invalid` only because Consul's HTTP API answers 500 there, and clients know it so.
 */
export type FaultCode =
  | 'invalid'
  | 'rejected'
  | 'not-found'
  | 'denied'
  | 'conflict'
  | 'unavailable'
  | 'timeout'
  | 'too-large'
  | 'exhausted'
  | 'unsupported'
  | 'internal'

/** An error with a code that every rim translates in one table (HTTP status, gRPC status, exit code). */
export class Fault extends Error {
  readonly code: FaultCode
  readonly issues: readonly Issue[]

  constructor(code: FaultCode, message: string, options: { cause?: unknown; issues?: readonly Issue[] } = {}) {
    super(message, { cause: options.cause })
    this.name = 'Fault'
    this.code = code
    this.issues = options.issues ?? []
  }
}

/** A Fault for input that failed its schema or its checks; `what` names the thing, such as `service definition`. */
export function invalid(what: string, issues: readonly Issue[]): Fault {
  return new Fault('invalid', `${what}: ${describeIssues(issues)}`, { issues })
}

/** Marks code that the types say cannot run. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
