// Why an agent could not be reached, in words that say what to do next.

import { Fault } from '../../core/model/fault.ts'
import { describeAgentAddress } from './agent-address.ts'
import type { ClientOptions } from './client-options.ts'

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EHOSTUNREACH', 'no route to host'],
  ['ENETUNREACH', 'network unreachable'],
  ['ENOTFOUND', 'no such host'],
  ['EAI_AGAIN', 'the host name could not be resolved'],
  ['ENOENT', 'no such socket'],
  ['EACCES', 'permission denied'],
  ['ETIMEDOUT', 'connection timed out'],
])

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
])

/** The Fault for a request that got no answer. */
export function contactFailure(options: ClientOptions, error: unknown): Fault {
  const where = `${describeAgentAddress(options.address)} (${options.addressFrom})`
  return new Fault('unavailable', `cannot reach the agent at ${where}: ${explain(error)}`, { cause: error })
}

/** The Fault for an agent that took the request and stays silent. */
export function silence(options: ClientOptions, milliseconds: number): Fault {
  const where = describeAgentAddress(options.address)
  return new Fault('timeout', `the agent at ${where} did not answer within ${milliseconds / 1000} s`)
}

function explain(error: unknown): string {
  const code = codeOf(error)
  const elsewhere = 'Start an agent there, or say where it listens with -http-addr or CONSUL_HTTP_ADDR.'
  const reason = REASONS.get(code)
  if (reason !== undefined) return `${reason}. ${elsewhere}`
  if (UNTRUSTED.has(code)) {
    return `its certificate is not trusted (${code}). Give the authority's certificate with -ca-file or CONSUL_CACERT.`
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return 'its certificate is for another name. Give the expected name with -tls-server-name or CONSUL_TLS_SERVER_NAME.'
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return 'TLS failed; if the agent speaks plain HTTP, use http://.'
  if (code.startsWith('HPE_')) return 'it does not answer in HTTP; if the agent speaks TLS, use https://.'
  return error instanceof Error ? error.message : String(error)
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
