// /v1/config: config entries. Written in the primary datacenter, read everywhere.

import { decode, describeIssues } from '../../lib/schema.ts'
import type { Permission } from '../acl/permission.ts'
import type { EntryKind, NewEntry } from '../entries/define-entry.ts'
import { type ConfigEntry, decodeEntry, ENTRY_KINDS, entryJson, entryKind } from '../entries/index.ts'
import { Fault } from '../model/fault.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION, type Tenancy } from '../model/tenancy.ts'
import { entriesOfKind, storedEntry } from '../queries/config-entries.ts'
import type { Command, DeleteEntryCommand, SetEntryCommand } from '../store/commands.ts'
import { type Place, type Route, type RouteRequest, read, write } from './define-route.ts'
import { SERVICE_DEFAULTS_FIELDS } from './filter-fields.ts'
import { bodyText, describeDecodeIssues } from './request-body.ts'
import { casParam, requirePrintable } from './request-params.ts'

export const configRoutes: readonly Route[] = [
  write({
    method: 'PUT',
    path: '/v1/config',
    where: placeOf,
    command: setEntry,
    permissions: writePermissions,
    answer: applied => applied,
  }),
  read({
    path: '/v1/config/:kind',
    spansNamespaces: true,
    arg: request => ({ ...request.tenancy, ...placeOfKind(request), kind: listedKind(request) }),
    permissions: ({ kind }) => readPermissions(kind, ''),
    rows: SERVICE_DEFAULTS_FIELDS,
    query: entriesOfKind,
    answer: (entries, { keep, showsTenancy }) => ({
      json: entries.filter(keep).map(entry => entryJson(entry, showsTenancy)),
    }),
  }),
  read({
    path: '/v1/config/:kind/*',
    arg: request => ({ ...request.tenancy, ...placeOfKind(request), kind: kindOf(request), name: nameOf(request) }),
    permissions: ({ kind, name }) => readPermissions(kind, name),
    query: storedEntry,
    answer(entry, { showsTenancy }, { kind, name }) {
      if (entry !== undefined) return { json: entryJson(entry, showsTenancy) }
      return new Fault('not-found', `Config entry not found for "${kind}" / "${name}"`)
    },
  }),
  write({
    method: 'DELETE',
    path: '/v1/config/:kind/*',
    where: placeOf,
    command: deleteEntry,
    permissions: writePermissions,
    answer: (applied, command) => (hasCas(command) ? applied : {}),
  }),
]

/** Entries of the default partition belong to the primary datacenter; those of other partitions to their own. */
function placeOf(request: RouteRequest): Place {
  return tenancyOf(request).Partition === DEFAULT_PARTITION ? 'primary' : 'here'
}

/** Where an entry lives: what it says itself, else what the request says. */
function tenancyOf({ body, tenancy }: RouteRequest): Tenancy {
  const isOfPartition = entryKind(bodyText(body, 'Kind') ?? '')?.scope === 'partition'
  return {
    Partition: bodyText(body, 'Partition') ?? tenancy.Partition,
    Namespace: bodyText(body, 'Namespace') ?? (isOfPartition ? DEFAULT_NAMESPACE : tenancy.Namespace),
  }
}

/** Kinds about whole partitions are the same in whichever namespace one looks. */
function placeOfKind({ params }: RouteRequest): Partial<Tenancy> {
  return entryKind(params.kind ?? '')?.scope === 'partition' ? { Namespace: DEFAULT_NAMESPACE } : {}
}

function kindOf(request: RouteRequest): string {
  const kind = request.params.kind ?? ''
  if (entryKind(kind) !== undefined) return kind
  throw new Fault('invalid', `invalid config entry kind: ${kind}; known are ${knownKinds()}`)
}

/** The kind of a list. Only service-defaults can be filtered. */
function listedKind(request: RouteRequest): string {
  const kind = kindOf(request)
  if (kind === 'service-defaults' || !request.query.get('filter')) return kind
  throw new Fault('rejected', `filtering not supported for config entry kind=${kind}`)
}

function nameOf(request: RouteRequest): string {
  const name = request.params['*'] ?? ''
  if (name === '') throw new Fault('not-found', `Must provide both a kind and a name: ${request.params.kind ?? ''}/`)
  return name
}

/** Two steps with two statuses: what cannot be decoded is 400; what breaks a rule of its kind is 500, as in Consul. */
function setEntry(request: RouteRequest): SetEntryCommand {
  const { body } = request
  const definition = definitionFor(body)
  const readable = decode(definition.schema, body, { weak: true })
  if (!readable.ok) throw undecodable(describeDecodeIssues(readable.issues))
  const decoded = decodeEntry({ ...Object(body), ...tenancyOf(request) })
  if (!decoded.ok) throw new Fault('rejected', describeIssues(decoded.issues), { issues: decoded.issues })
  requirePrintable('Name', decoded.value.Name)
  const cas = casParam(request)
  const command = { type: 'set-entry', entry: decoded.value, datacenter: request.datacenter } as const
  return cas === undefined ? command : { ...command, cas }
}

function definitionFor(body: unknown): EntryKind {
  if (body === undefined) throw undecodable('EOF: the request has no body')
  const kind = bodyText(body, 'Kind')
  if (kind === undefined) throw undecodable('Payload does not contain a kind/Kind key at the top level')
  const definition = entryKind(kind)
  if (definition === undefined) throw undecodable(`invalid config entry kind: ${kind}; known are ${knownKinds()}`)
  return definition
}

function undecodable(message: string): Fault {
  return new Fault('invalid', `Request decoding failed: ${message}`)
}

function knownKinds(): string {
  return ENTRY_KINDS.map(each => each.kind).join(', ')
}

function deleteEntry(request: RouteRequest): DeleteEntryCommand {
  const { Partition: partition, Namespace: namespace } = { ...request.tenancy, ...placeOfKind(request) }
  const { datacenter } = request
  const command = {
    type: 'delete-entry',
    kind: kindOf(request),
    name: nameOf(request),
    partition,
    namespace,
    datacenter,
  } as const
  const cas = casParam(request)
  return cas === undefined ? command : { ...command, cas }
}

function hasCas(command: Command): boolean {
  return command.type === 'delete-entry' && command.cas !== undefined
}

function readPermissions(kind: string, name: string): readonly Permission[] {
  const definition = entryKind(kind)
  return definition === undefined ? [] : [definition.read(name)]
}

function writePermissions(command: Command): readonly Permission[] {
  if (command.type === 'delete-entry') {
    const definition = entryKind(command.kind)
    return definition === undefined ? [] : [definition.write(command.name)]
  }
  if (command.type !== 'set-entry') throw new Error(`no config command: ${command.type}`)
  const { entry } = command
  const definition = entryKind(entry.Kind)
  if (definition === undefined) return []
  // Found under the entry's own kind, so writeAlso takes exactly such entries.
  const also = definition.writeAlso as ((entry: NewEntry<ConfigEntry>) => readonly Permission[]) | undefined
  return [definition.write(entry.Name), ...(also?.(entry) ?? [])]
}
