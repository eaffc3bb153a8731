// The one table from faults to gRPC statuses.

import { status } from '@grpc/grpc-js'
import { Fault, type FaultCode } from '../../core/model/fault.ts'

/** A status a stream ends with. */
export interface GrpcStatus {
  readonly code: status
  readonly details: string
}

const codes: Readonly<Record<FaultCode, status>> = {
  invalid: status.INVALID_ARGUMENT,
  rejected: status.FAILED_PRECONDITION,
  'not-found': status.NOT_FOUND,
  denied: status.PERMISSION_DENIED,
  conflict: status.ABORTED,
  unavailable: status.UNAVAILABLE,
  timeout: status.DEADLINE_EXCEEDED,
  'too-large': status.RESOURCE_EXHAUSTED,
  exhausted: status.RESOURCE_EXHAUSTED,
  unsupported: status.UNIMPLEMENTED,
  internal: status.INTERNAL,
}

/** The status for anything thrown; what is not a Fault is a bug, and its text stays inside. */
export function faultToGrpc(error: unknown): GrpcStatus {
  if (error instanceof Fault) return { code: codes[error.code], details: error.message }
  return { code: status.INTERNAL, details: 'internal error' }
}
