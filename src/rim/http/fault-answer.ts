// The one place where a refusal or failure becomes an HTTP status.

import { Fault, type FaultCode } from '../../core/model/fault.ts'
import { type HttpAnswer, textAnswer } from './message.ts'

const STATUS: Readonly<Record<FaultCode, number>> = {
  invalid: 400,
  rejected: 500,
  'not-found': 404,
  denied: 403,
  conflict: 409,
  unavailable: 503,
  timeout: 504,
  'too-large': 413,
  exhausted: 429,
  unsupported: 400,
  internal: 500,
}

/** The answer that tells of an error: the bare message. What a bug says stays in the log. */
export function faultAnswer(error: unknown): HttpAnswer {
  if (!(error instanceof Fault)) return textAnswer(500, 'internal error; the log of the agent tells more')
  return textAnswer(STATUS[error.code], error.message, { 'X-Content-Type-Options': 'nosniff' })
}
