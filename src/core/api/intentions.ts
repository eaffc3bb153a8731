// /v1/connect/intentions: single intentions, kept in service-intentions entries. Written in the primary datacenter.

import { rfc3339 } from '../../lib/x509/time.ts'
import { canRead, canWrite, type Permission } from '../acl/permission.ts'
import type { Intention } from '../intentions/intention.ts'
import { Fault } from '../model/fault.ts'
import {
  allIntentions,
  callDecision,
  exactIntention,
  intentionById,
  type MatchArg,
  matchingIntentions,
} from '../queries/intentions.ts'
import type { Command } from '../store/commands.ts'
import type { SetIntentionCommand, UpdateIntentionCommand } from '../store/intention-commands.ts'
import {
  callParams,
  decodeExactIntention,
  decodeLegacyIntention,
  parseServiceId,
  serviceParam,
  sourceParam,
} from './decode-intention.ts'
import { type ReadAnswer, type Route, type RouteRequest, read, write } from './define-route.ts'
import { INTENTION_FIELDS } from './filter-fields.ts'

const ROOT = '/v1/connect/intentions'

export const intentionRoutes: readonly Route[] = [
  read({
    path: ROOT,
    spansNamespaces: true,
    arg: request => request.tenancy,
    permissions: () => [canRead('intention')],
    rows: INTENTION_FIELDS,
    query: allIntentions,
    answer: (intentions, { keep }) => ({ json: intentions.filter(keep) }),
  }),
  read({
    path: `${ROOT}/exact`,
    arg: exactArg,
    permissions: ({ destination }) => [canRead('intention', destination.Name)],
    query: exactIntention,
    answer: answerOne,
  }),
  write({
    method: 'PUT',
    path: `${ROOT}/exact`,
    where: 'primary',
    command: setExact,
    permissions: writePermissions,
    answer: () => true,
  }),
  write({
    method: 'DELETE',
    path: `${ROOT}/exact`,
    where: 'primary',
    command: request => ({
      type: 'delete-intention',
      ...exactArg(request),
    }),
    permissions: writePermissions,
    answer: () => true,
  }),
  read({
    path: `${ROOT}/match`,
    arg: matchArg,
    permissions: ({ names }) => names.map(name => canRead('intention', name.Name)),
    query: matchingIntentions,
    answer: (lists, _presentation, { names }) => ({
      json: byName(
        names.map(name => name.Name),
        lists,
      ),
    }),
  }),
  read({
    path: `${ROOT}/check`,
    arg: request => ({
      source: { ...serviceParam(request, 'source'), Peer: '' },
      destination: serviceParam(request, 'destination'),
    }),
    permissions: ({ destination }) => [canRead('service', destination.Name)],
    query: callDecision,
    answer: ({ allowed }) => ({ json: { Allowed: allowed } }),
  }),
  write({
    method: 'POST',
    path: ROOT,
    where: 'primary',
    command: create,
    permissions: writePermissions,
    answer: (_applied, command) => ({ ID: command.type === 'set-intention' ? command.source.LegacyID : undefined }),
  }),
  read({
    path: `${ROOT}/:id`,
    arg: request => ({ id: request.params.id ?? '', ...request.tenancy }),
    permissions: () => [canRead('intention')],
    query: intentionById,
    answer: answerOne,
  }),
  write({
    method: 'PUT',
    path: `${ROOT}/:id`,
    where: 'primary',
    command: update,
    permissions: writePermissions,
    answer: () => true,
  }),
  write({
    method: 'DELETE',
    path: `${ROOT}/:id`,
    where: 'primary',
    command: request => ({
      type: 'delete-intention-by-id',
      id: request.params.id ?? '',
      partition: request.tenancy.Partition,
      namespace: request.tenancy.Namespace,
    }),
    permissions: writePermissions,
    answer: () => true,
  }),
]

function exactArg(request: RouteRequest) {
  const { destination } = callParams(request)
  return { source: sourceParam(request, destination), destination }
}

function answerOne(intention: Intention | undefined): ReadAnswer | Fault {
  return intention === undefined ? new Fault('not-found', 'Intention not found') : { json: intention }
}

function matchArg(request: RouteRequest): MatchArg {
  const by = request.query.get('by')
  if (by !== 'source' && by !== 'destination') {
    const problem =
      by === null || by === ''
        ? "required query parameter 'by' not set"
        : "'by' parameter must be one of 'source' or 'destination'"
    throw new Fault('rejected', problem)
  }
  const names = request.query.getAll('name').filter(name => name !== '')
  if (names.length === 0) throw new Fault('rejected', "required query parameter 'name' not set")
  return { by, names: names.map(name => parseServiceId('name', name, request.tenancy)) }
}

/** Names such as `__proto__` are ordinary keys. */
function byName(names: readonly string[], lists: readonly (readonly Intention[])[]) {
  const record: Record<string, readonly Intention[] | null> = Object.create(null)
  for (const [i, name] of names.entries()) record[name] = lists[i]?.length ? lists[i] : null
  return record
}

function setExact(request: RouteRequest): SetIntentionCommand {
  const { destination, source } = decodeExactIntention(request)
  return { type: 'set-intention', destination, source, isNew: false, datacenter: request.datacenter }
}

function create(request: RouteRequest): SetIntentionCommand {
  const { destination, source, meta } = decodeLegacyIntention(request)
  const at = rfc3339(request.now)
  const legacy = { LegacyID: request.freshId, LegacyMeta: meta ?? {}, LegacyCreateTime: at, LegacyUpdateTime: at }
  const { datacenter } = request
  return { type: 'set-intention', destination, source: { ...source, ...legacy }, isNew: true, datacenter }
}

function update(request: RouteRequest): UpdateIntentionCommand {
  const { destination, source, meta } = decodeLegacyIntention(request)
  const legacy = { LegacyMeta: meta ?? {}, LegacyUpdateTime: rfc3339(request.now) }
  return {
    type: 'update-intention',
    id: request.params.id ?? '',
    partition: request.tenancy.Partition,
    destination,
    source: { ...source, ...legacy },
    datacenter: request.datacenter,
  }
}

function writePermissions(command: Command): readonly Permission[] {
  return [canWrite('intention', 'destination' in command ? command.destination.Name : '')]
}
