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
import { ANY_NAMESPACE, DEFAULT_NAMESPACE, type Tenancy } from '../model/tenancy.ts'
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
  if (namespace === ANY_NAMESPACE && name !== ANY_NAMESPACE) {
    throw new Fault('rejected', `${parameter} "${text}" is invalid: exact value cannot follow wildcard namespace`)
  }
  if (partition === '*') {
    throw new Fault('rejected', `${parameter} "${text}" is invalid: a partition cannot be a wildcard`)
  }
  return { Name: name, Namespace: namespace, Partition: partition }
}

/** The `source` or `destination` a request names. Throws Fault('rejected') when it names none. */
export function serviceParam(request: RouteRequest, parameter: 'source' | 'destination'): ServiceId {
  return parseServiceId(parameter, requiredParam(request, parameter), request.tenancy)
}

/** Both services that a request names, the source judged first; a peer's source is as if it were here. */
export function callParams(request: RouteRequest): { readonly source: ServiceId; readonly destination: ServiceId } {
  const text = requiredParam(request, 'source').replace(/^peer:[^/]+\//s, '')
  const source = parseServiceId('source', text, request.tenancy)
  return { source, destination: serviceParam(request, 'destination') }
}

function requiredParam(request: RouteRequest, parameter: string): string {
  const text = request.query.get(parameter)
  if (text !== null && text !== '') return text
  throw new Fault('rejected', `required query parameter '${parameter}' not set`)
}

/** What identifies a source in an entry: a service, or with `peer:<peer>/<name>` a peer's. */
export function sourceParam(request: RouteRequest, destination: ServiceId) {
  const text = requiredParam(request, 'source')
  const peer = /^peer:([^/]+)\/(.*)$/s.exec(text)
  if (peer === null) return identityOf(parseServiceId('source', text, request.tenancy), destination)
  const [, Peer = '', rest = ''] = peer
  const source = parseServiceId('source', rest, request.tenancy)
  return { ...identityOf({ ...source, Partition: destination.Partition }, destination), Peer }
}

type Identity = Pick<IntentionSource, 'Name' | 'Namespace' | 'Partition'>

/** A source leaves out what it shares with most entries: the namespace `default`, and the partition of the destination. */
function identityOf({ Name, Namespace, Partition }: ServiceId, destination: Pick<Tenancy, 'Partition'>): Identity {
  return {
    Name,
    ...(Namespace === DEFAULT_NAMESPACE ? {} : { Namespace }),
    ...(Partition === destination.Partition ? {} : { Partition }),
  }
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
  if (request.query.get('source')?.startsWith('peer:') || body.SourcePeer !== '') refuseSource('a peer')
  if (body.SourceSamenessGroup !== '') refuseSource('a sameness group')
  const { source, destination } = callParams(request)
  const identity = identityOf(source, destination)
  return { destination, source: sourceOf(body, identity), meta: undefined }
}

/** The body of a write by the deprecated API, which names everything itself and knows no permissions. */
export function decodeLegacyIntention(request: RouteRequest): WrittenIntention {
  const body = decodeBody(intentionBody, request)
  if (body.Permissions !== undefined && body.Permissions.length > 0) {
    throw new Fault('rejected', 'Permissions cannot be set by this endpoint; write a service-intentions config entry')
  }
  if (body.SourcePeer !== '') refuseSource('a peer')
  if (body.SourceSamenessGroup !== '') refuseSource('a sameness group')
  for (const field of ['SourceName', 'DestinationName'] as const) {
    if (body[field] === '') throw new Fault('rejected', `${field}: is required`)
  }
  const source = parseServiceId(
    'Source',
    qualified(body.SourcePartition, body.SourceNS, body.SourceName, request.tenancy),
    request.tenancy,
  )
  const { DestinationPartition, DestinationNS, DestinationName } = body
  const destination = parseServiceId(
    'Destination',
    qualified(DestinationPartition, DestinationNS, DestinationName, request.tenancy),
    request.tenancy,
  )
  return { destination, source: sourceOf(body, identityOf(source, destination)), meta: body.Meta }
}

function qualified(partition: string, namespace: string, name: string, tenancy: Tenancy): string {
  return [partition || tenancy.Partition, namespace || tenancy.Namespace, name].join('/')
}

function refuseSource(what: string): never {
  const instead = 'write a service-intentions config entry'
  throw new Fault('rejected', `${what} cannot be a source in this endpoint; ${instead}`)
}

type Body = Infer<typeof intentionBody>

function sourceOf(body: Body, identity: Identity): IntentionSource {
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
