// Intentions in requests: `source` and `destination` parameters, and bodies with one intention.

import { type Infer, int, map, object, string, withDefault } from '../../lib/schema.ts'
import type { ServiceId } from '../entries/references.ts'
import {
  type IntentionSource,
  intentionJwt,
  intentionPermissions,
  intentionSource,
} from '../entries/service-intentions.ts'
import { Fault } from '../model/fault.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION, type Tenancy } from '../model/tenancy.ts'
import type { RouteRequest } from './define-route.ts'
import { decodeBody } from './request-body.ts'
import { requirePrintable } from './request-params.ts'

/** A service as `[[<partition>/]<namespace>/]<name>` names it. */
export function parseServiceId(parameter: string, text: string, tenancy: Tenancy): ServiceId {
  requirePrintable(parameter, text)
  const parts = text.split('/')
  const [name = '', namespace = tenancy.Namespace, partition = tenancy.Partition] = parts.reverse()
  if (parts.length > 3 || parts.includes('')) {
    const rule = parts.length > 3 ? "input can contain at most two '/'" : "no part may be empty between '/'"
    throw new Fault('rejected', `${parameter} "${text}" is invalid: ${rule}`)
  }
  requireKnown(parameter, 'namespace', namespace, name === '*' ? [DEFAULT_NAMESPACE, '*'] : [DEFAULT_NAMESPACE])
  requireKnown(parameter, 'partition', partition, [DEFAULT_PARTITION])
  return { Name: name, Namespace: namespace, Partition: partition }
}

function requireKnown(parameter: string, noun: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return
  throw new Fault('invalid', `Invalid ${parameter}: there is no ${noun} "${value}"; only "default" exists`)
}

/** The `source` or `destination` a request names. Throws Fault('rejected') when it names none. */
export function serviceParam(request: RouteRequest, parameter: 'source' | 'destination'): ServiceId {
  return parseServiceId(parameter, requiredParam(request, parameter), request.tenancy)
}

function requiredParam(request: RouteRequest, parameter: string): string {
  const text = request.query.get(parameter)
  if (text !== null && text !== '') return text
  throw new Fault('rejected', `required query parameter '${parameter}' not set`)
}

/** What identifies a source in an entry: a service, or with `peer:<peer>/<name>` a peer's. */
export function sourceParam(request: RouteRequest) {
  const text = requiredParam(request, 'source')
  const peer = /^peer:([^/]+)\/(.*)$/s.exec(text)
  if (peer === null) return identityOf(parseServiceId('source', text, request.tenancy))
  const [, Peer = '', rest = ''] = peer
  return { ...identityOf(parseServiceId('source', rest, request.tenancy)), Peer }
}

/** A source leaves out what it shares with most entries. */
function identityOf({ Name, Namespace }: ServiceId): { readonly Name: string; readonly Namespace?: string } {
  return Namespace === DEFAULT_NAMESPACE ? { Name } : { Name, Namespace }
}

const text = withDefault(string(), '')

const intentionBody = object(
  {
    ID: text,
    Description: string(),
    SourceNS: text,
    SourceName: text,
    SourcePartition: text,
    SourcePeer: text,
    SourceSamenessGroup: text,
    SourceType: withDefault(string({ allowed: ['', 'consul'] }), ''),
    DestinationNS: text,
    DestinationName: text,
    DestinationPartition: text,
    Action: intentionSource.fields.Action,
    Permissions: intentionPermissions,
    JWT: intentionJwt,
    Meta: map(string()),
    Precedence: int(),
  },
  { ignored: ['CreatedAt', 'UpdatedAt', 'DefaultAddr', 'DefaultPort', 'Hash', 'CreateIndex', 'ModifyIndex'] },
)

export interface WrittenIntention {
  readonly destination: ServiceId
  /** Without an id and times of the deprecated API. */
  readonly source: IntentionSource
  readonly meta: Readonly<Record<string, string>> | undefined
}

/** The body of an exact write: names come from the query, whatever the body says. */
export function decodeExactIntention(request: RouteRequest): WrittenIntention {
  const body = decodeBody(intentionBody, request)
  if (body.Meta !== undefined && Object.keys(body.Meta).length > 0) {
    throw new Fault('rejected', 'Meta must not be specified: it belongs to the service-intentions entry')
  }
  if (request.query.get('source')?.startsWith('peer:') || body.SourcePeer !== '') refusePeer()
  const identity = identityOf(serviceParam(request, 'source'))
  return { destination: serviceParam(request, 'destination'), source: sourceOf(body, identity), meta: undefined }
}

/** The body of a write by the deprecated API, which names everything itself and knows no permissions. */
export function decodeLegacyIntention(request: RouteRequest): WrittenIntention {
  const body = decodeBody(intentionBody, request)
  if (body.Permissions !== undefined && body.Permissions.length > 0) {
    throw new Fault('rejected', 'Permissions cannot be set by this endpoint; write a service-intentions config entry')
  }
  if (body.SourcePeer !== '') refusePeer()
  for (const field of ['SourceName', 'DestinationName'] as const) {
    if (body[field] === '') throw new Fault('rejected', `${field}: is required`)
  }
  const source = parseServiceId(
    'Source',
    qualified(body.SourcePartition, body.SourceNS, body.SourceName),
    request.tenancy,
  )
  const { DestinationPartition, DestinationNS, DestinationName } = body
  const destination = parseServiceId(
    'Destination',
    qualified(DestinationPartition, DestinationNS, DestinationName),
    request.tenancy,
  )
  return { destination, source: sourceOf(body, identityOf(source)), meta: body.Meta }
}

function qualified(partition: string, namespace: string, name: string): string {
  return [partition || DEFAULT_PARTITION, namespace || DEFAULT_NAMESPACE, name].join('/')
}

function refusePeer(): never {
  throw new Fault('rejected', 'a peer cannot be a source in this endpoint; write a service-intentions config entry')
}

type Body = Infer<typeof intentionBody>

function sourceOf(body: Body, identity: { readonly Name: string; readonly Namespace?: string }): IntentionSource {
  const { Action, Permissions, Description } = body
  return {
    ...identity,
    Type: 'consul',
    Precedence: 0,
    ...(Action === undefined ? {} : { Action }),
    ...(Permissions === undefined || Permissions.length === 0 ? {} : { Permissions }),
    ...(Description ? { Description } : {}),
  }
}
