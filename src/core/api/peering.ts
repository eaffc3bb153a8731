// /v1/peering: links to clusters that share no trust with this one. Making and taking tokens needs secrets and the network, so that
// is done at the rim.

import { list, map, object, string, withDefault } from '../../lib/schema.ts'
import { rfc3339 } from '../../lib/x509/time.ts'
import { canRead, canWrite } from '../acl/permission.ts'
import { Fault } from '../model/fault.ts'
import { isPeerName, type PeerRefusal, type PeerStreamStatus } from '../model/peering.ts'
import { isStale, visibleState } from '../peering/state.ts'
import { type TrackedPeering, trackedPeering, trackedPeerings } from '../queries/peerings.ts'
import { effect, type Route, type RouteRequest, read, write } from './define-route.ts'
import { bodyTenancy, decodeBody } from './request-body.ts'
import { requirePrintable } from './request-params.ts'

const reading = () => [canRead('peering')]
const writing = () => [canWrite('peering')]

export const peeringRoutes: readonly Route[] = [
  effect({ method: 'POST', path: '/v1/peering/token', effect: 'peering-generate-token', permissions: writing }),
  effect({ method: 'POST', path: '/v1/peering/establish', effect: 'peering-establish', permissions: writing }),
  read({
    path: '/v1/peering/:name',
    arg: request => ({ partition: request.tenancy.Partition, peer: nameParam(request, 'fetch') }),
    permissions: reading,
    query: trackedPeering,
    ofServers: true,
    answer: (tracked, { showsTenancy }, { peer }) =>
      tracked === undefined
        ? new Fault('not-found', `Peering not found for "${peer}"`)
        : { json: encodePeering(tracked, showsTenancy) },
  }),
  write({
    method: 'DELETE',
    path: '/v1/peering/:name',
    where: 'here',
    command: request => ({
      type: 'delete-peering',
      partition: request.tenancy.Partition,
      name: nameParam(request, 'delete'),
      at: rfc3339(request.now),
    }),
    permissions: writing,
    answer: () => undefined,
  }),
  read({
    path: '/v1/peerings',
    arg: request => request.tenancy.Partition,
    permissions: reading,
    query: trackedPeerings,
    ofServers: true,
    answer: (rows, { showsTenancy }) => ({ json: rows.map(tracked => encodePeering(tracked, showsTenancy)) }),
  }),
  // Not one of Consul's: what works of a peering, what does not, and what to try.
  effect({
    method: 'GET',
    path: '/v1/internal/peering/:name/diagnosis',
    effect: 'peering-diagnose',
    permissions: reading,
  }),
]

/** The name in the path. Throws Fault('invalid') when there is none. */
export function nameParam(request: RouteRequest, purpose: string): string {
  const name = request.params.name ?? ''
  if (name === '') throw new Fault('invalid', `Must specify a name to ${purpose}.`)
  return name
}

/** A peering as it is shown; the status of the stream says more than Consul's: what is wrong, and when it is tried again. */
function encodePeering({ row, stream }: TrackedPeering, showsTenancy: boolean) {
  return {
    ID: row.ID,
    Name: row.Name,
    ...(showsTenancy ? { Partition: row.Partition } : undefined),
    DeletedAt: row.DeletedAt || undefined,
    Meta: Object.keys(row.Meta).length > 0 ? row.Meta : undefined,
    State: visibleState(row, stream),
    PeerID: row.PeerID || undefined,
    PeerCAPems: row.PeerCAPems.length > 0 ? row.PeerCAPems : undefined,
    PeerServerName: row.PeerServerName || undefined,
    PeerServerAddresses: row.PeerServerAddresses.length > 0 ? row.PeerServerAddresses : undefined,
    StreamStatus: encodeStream(stream, isStale(row, stream)),
    CreateIndex: row.CreateIndex,
    ModifyIndex: row.ModifyIndex,
    Remote: { Partition: row.Remote.Partition, Datacenter: row.Remote.Datacenter, Locality: null },
  }
}

function encodeStream(stream: PeerStreamStatus | undefined, stale: boolean) {
  return {
    ImportedServices: stream?.imported ?? null,
    ExportedServices: stream?.exported ?? null,
    LastHeartbeat: time(stream?.lastHeartbeatAt),
    LastReceive: time(stream?.lastReceiveAt),
    LastSend: time(stream?.lastSendAt),
    LastError: stream?.error || undefined,
    NextTry: stream?.nextTryAt === undefined ? undefined : rfc3339(stream.nextTryAt),
    Stale: stale ? true : undefined,
    Refusals: encodeRefusals(stream?.refusals ?? []),
  }
}

function encodeRefusals(refusals: readonly PeerRefusal[]) {
  if (refusals.length === 0) return undefined
  return refusals.map(({ by, resource, reason }) => ({ By: by, Resource: resource, Reason: reason }))
}

function time(ms: number | undefined): string | null {
  return ms === undefined ? null : rfc3339(ms)
}

const generateBody = object({
  PeerName: withDefault(string(), ''),
  Partition: string(),
  Meta: withDefault(map(string()), {}),
  ServerExternalAddresses: withDefault(list(string()), []),
})

const establishBody = object({
  PeerName: withDefault(string(), ''),
  PeeringToken: withDefault(string(), ''),
  Partition: string(),
  Meta: withDefault(map(string()), {}),
})

export interface PeeringRequest {
  readonly name: string
  readonly partition: string
  readonly meta: Readonly<Record<string, string>>
}

const PREFIX = 'Body decoding failed'

/** Reads what a token is asked for. Throws Fault('invalid') naming the field. */
export function decodeGenerate(
  request: RouteRequest,
): PeeringRequest & { readonly externalAddresses: readonly string[] } {
  const body = decodeBody(generateBody, request, PREFIX)
  return {
    ...peeringRequest(body, request, 'PeerName is required in the payload when generating a new peering token.'),
    externalAddresses: body.ServerExternalAddresses,
  }
}

/** Reads which token is to be taken. Throws Fault('invalid') naming the field. */
export function decodeEstablish(request: RouteRequest): PeeringRequest & { readonly token: string } {
  const body = decodeBody(establishBody, request, PREFIX)
  const peering = peeringRequest(body, request, 'PeerName is required in the payload when establishing a peering.')
  if (body.PeeringToken === '') {
    throw new Fault('invalid', 'PeeringToken is required in the payload when establishing a peering.')
  }
  return { ...peering, token: body.PeeringToken }
}

interface Body {
  readonly PeerName: string
  readonly Partition?: string
  readonly Meta: Readonly<Record<string, string>>
}

const META = { pairs: 64, key: 128, value: 512 }

function peeringRequest(body: Body, request: RouteRequest, nameMissing: string): PeeringRequest {
  const name = body.PeerName
  if (name === '') throw new Fault('invalid', nameMissing)
  requirePrintable('PeerName', name)
  if (!isPeerName(name)) {
    const rule =
      "must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
    throw new Fault('invalid', `PeerName: ${name} is not a valid peer name: a valid peering name ${rule}, 63 at most`)
  }
  const pairs = Object.entries(body.Meta)
  if (pairs.length > META.pairs)
    throw new Fault('invalid', `Meta: has ${pairs.length} pairs; allowed are ${META.pairs}`)
  for (const [key, value] of pairs) {
    if (key === '' || key.length > META.key || value.length > META.value) {
      throw new Fault('invalid', `Meta: keys have 1 to ${META.key} characters and values ${META.value} at most`)
    }
  }
  return { name, partition: bodyTenancy(body, request).Partition, meta: body.Meta }
}
