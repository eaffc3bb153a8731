// Decoding of JSON bodies with a strict schema, and what bodies say about datacenter and tenancy.

import { decode, foldKey, type Issue, type Schema } from '../../lib/schema.ts'
import { Fault } from '../model/fault.ts'
import type { Tenancy } from '../model/tenancy.ts'
import type { RouteRequest } from './define-route.ts'

const PREFIX = 'Request decode failed'

/** Decodes the body, or throws a Fault that lists everything wrong with it. */
export function decodeBody<T>(schema: Schema<T>, request: RouteRequest, prefix = PREFIX): T {
  if (request.body === undefined) throw new Fault('invalid', `${prefix}: EOF: the request has no body`)
  const decoded = decode(schema, request.body)
  if (decoded.ok) return decoded.value
  throw new Fault('invalid', `${prefix}: ${describeDecodeIssues(decoded.issues)}`, { issues: decoded.issues })
}

/** One sentence; unknown fields in the words that clients of Go's decoder know, with path and nearest name. */
export function describeDecodeIssues(issues: readonly Issue[]): string {
  return issues.map(describe).join('; ')
}

function describe({ path, message }: Issue): string {
  if (message.startsWith('unknown field'))
    return path.includes('.') ? `json: ${message} (at ${path})` : `json: ${message}`
  return path === '' ? message : `${path}: ${message}`
}

/** The text of one top-level field of a body that is not decoded yet; undefined when it is absent, empty or no text. */
export function bodyText(body: unknown, field: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const wanted = foldKey(field)
  const found = Object.entries(body).find(([key]) => foldKey(key) === wanted)
  return typeof found?.[1] === 'string' && found[1] !== '' ? found[1] : undefined
}

interface WrittenTenancy {
  readonly Namespace?: string
  readonly Partition?: string
}

/** Where a body's thing lives: what it says, else what the request says. Whether that exists is judged when it is written. */
export function bodyTenancy(body: WrittenTenancy, request: RouteRequest): Tenancy {
  return {
    Partition: body.Partition || request.tenancy.Partition,
    Namespace: body.Namespace || request.tenancy.Namespace,
  }
}
