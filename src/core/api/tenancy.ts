// /v1/partition(s) and /v1/namespace(s).

import { map, object, string, withDefault } from '../../lib/schema.ts'
import { rfc3339 } from '../../lib/x509/time.ts'
import { canRead, canWrite } from '../acl/permission.ts'
import { Fault } from '../model/fault.ts'
import { type Namespace, namespaceKey, type Partition } from '../model/partition.ts'
import { namespace, namespaces, partition, partitions } from '../queries/tenancy.ts'
import type { Command } from '../store/commands.ts'
import type { State } from '../store/view.ts'
import { type Route, type RouteRequest, read, write } from './define-route.ts'
import { decodeBody } from './request-body.ts'
import { pathParam } from './request-params.ts'

const READ_ONLY = ['CreateIndex', 'ModifyIndex', 'DeletedAt', 'ACLs', 'DisableGossip']

const partitionBody = object(
  { Name: withDefault(string(), ''), Description: withDefault(string(), '') },
  { ignored: READ_ONLY },
)

const namespaceBody = object(
  {
    Name: withDefault(string(), ''),
    Partition: string(),
    Description: withDefault(string(), ''),
    Meta: withDefault(map(string()), {}),
  },
  { ignored: READ_ONLY },
)

const operator = () => [canWrite('operator')]

export const tenancyRoutes: readonly Route[] = [
  read({
    path: '/v1/partitions',
    arg: () => undefined,
    permissions: () => [canRead('operator')],
    query: partitions,
    answer: rows => ({ json: rows }),
  }),
  read({
    path: '/v1/partition/:name',
    arg: request => pathParam(request, 'name', 'partition name'),
    permissions: () => [canRead('operator')],
    query: partition,
    answer: (row, _, name) => (row ? { json: row } : new Fault('not-found', `Partition not found: "${name}"`)),
  }),
  write({
    method: 'PUT',
    path: '/v1/partition',
    where: 'here',
    command: request => setPartition(request, undefined),
    permissions: operator,
    answer: storedPartition,
  }),
  write({
    method: 'PUT',
    path: '/v1/partition/:name',
    where: 'here',
    command: request => setPartition(request, pathParam(request, 'name', 'partition name')),
    permissions: operator,
    answer: storedPartition,
  }),
  write({
    method: 'DELETE',
    path: '/v1/partition/:name',
    where: 'here',
    command: request => ({
      type: 'delete-partition',
      name: pathParam(request, 'name', 'partition name'),
      at: rfc3339(request.now),
    }),
    permissions: operator,
    answer: () => undefined,
  }),

  read({
    path: '/v1/namespaces',
    arg: request => request.tenancy.Partition,
    permissions: () => [canRead('operator')],
    query: namespaces,
    answer: rows => ({ json: rows }),
  }),
  read({
    path: '/v1/namespace/:name',
    arg: request => ({
      partition: request.tenancy.Partition,
      name: pathParam(request, 'name', 'namespace name'),
    }),
    permissions: () => [canRead('operator')],
    query: namespace,
    answer: (row, _, { name }) => (row ? { json: row } : new Fault('not-found', `Namespace not found: "${name}"`)),
  }),
  write({
    method: 'PUT',
    path: '/v1/namespace',
    where: 'here',
    command: request => setNamespace(request, undefined),
    permissions: operator,
    answer: storedNamespace,
  }),
  write({
    method: 'PUT',
    path: '/v1/namespace/:name',
    where: 'here',
    command: request => setNamespace(request, pathParam(request, 'name', 'namespace name')),
    permissions: operator,
    answer: storedNamespace,
  }),
  write({
    method: 'DELETE',
    path: '/v1/namespace/:name',
    where: 'here',
    command: request => ({
      type: 'delete-namespace',
      partition: request.tenancy.Partition,
      name: pathParam(request, 'name', 'namespace name'),
      at: rfc3339(request.now),
    }),
    permissions: operator,
    answer: () => undefined,
  }),
]

function setPartition(request: RouteRequest, path: string | undefined): Command {
  const body = decodeBody(partitionBody, request)
  const Name = nameOf(body.Name, path)
  return { type: 'set-partition', partition: { Name, Description: body.Description } }
}

function setNamespace(request: RouteRequest, path: string | undefined): Command {
  const { Partition: named, Description, Meta, Name: written } = decodeBody(namespaceBody, request)
  const Name = nameOf(written, path)
  return {
    type: 'set-namespace',
    namespace: { Name, Partition: named || request.tenancy.Partition, Description, Meta },
  }
}

/** An update is addressed by its path; a name in the body must be the same. */
function nameOf(written: string, path: string | undefined): string {
  if (path === undefined || written === '' || written === path) return path ?? written
  throw new Fault('invalid', `Name: "${written}" is not the name in the path, "${path}"`)
}

function storedPartition(_applied: boolean, command: Command, state: State): Partition | undefined {
  return command.type === 'set-partition' ? state.get('partitions', command.partition.Name) : undefined
}

function storedNamespace(_applied: boolean, command: Command, state: State): Namespace | undefined {
  if (command.type !== 'set-namespace') return undefined
  return state.get('namespaces', namespaceKey(command.namespace.Partition, command.namespace.Name))
}
