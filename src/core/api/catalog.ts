// /v1/catalog: what is registered.

import { canRead, canWrite, OPEN, type Permission } from '../acl/permission.ts'
import {
  catalogConnectInstances,
  catalogInstances,
  catalogNodes,
  datacenters,
  gatewayServices,
  type InstanceOnNode,
  type InstancesArg,
  type NodeArg,
  nodeServices,
  servicesFound,
  taggedNames,
} from '../queries/catalog.ts'
import type { Command, DeregisterCommand, RegisterCommand } from '../store/commands.ts'
import { decodeDeregistration, decodeRegistration } from './decode-registration.ts'
import { type Presentation, type ReadAnswer, type Route, type RouteRequest, read, write } from './define-route.ts'
import { encodeNode } from './encode-node.ts'
import { encodeService, encodeServiceNode } from './encode-service.ts'
import { NODE_FIELDS, SERVICE_FIELDS, SERVICE_NODE_FIELDS } from './filter-fields.ts'
import { bodyText } from './request-body.ts'
import { nodeMetaParam, pathParam, pathService, peerParam } from './request-params.ts'

export const catalogRoutes: readonly Route[] = [
  write({
    method: 'PUT',
    path: '/v1/catalog/register',
    where: 'here',
    datacenter: request => bodyText(request.body, 'Datacenter'),
    command: decodeRegistration,
    permissions: registrationPermissions,
    answer: () => true,
  }),
  write({
    method: 'PUT',
    path: '/v1/catalog/deregister',
    where: 'here',
    datacenter: request => bodyText(request.body, 'Datacenter'),
    command: decodeDeregistration,
    permissions: registrationPermissions,
    answer: () => true,
  }),
  read({
    path: '/v1/catalog/datacenters',
    arg: () => undefined,
    permissions: () => [OPEN],
    query: datacenters,
    answer: json => ({ json }),
    index: 'none',
  }),
  read({
    path: '/v1/catalog/nodes',
    arg: request => ({
      partition: request.tenancy.Partition,
      peer: peerParam(request),
      nodeMeta: nodeMetaParam(request),
    }),
    permissions: () => [canRead('node')],
    rows: NODE_FIELDS,
    query: catalogNodes,
    answer: (nodes, { keep, showsTenancy }) => ({
      json: nodes.filter(keep).map(node => encodeNode(node, showsTenancy)),
    }),
  }),
  read({
    path: '/v1/catalog/services',
    spansNamespaces: true,
    arg: request => ({
      ...request.tenancy,
      peer: peerParam(request),
      nodeMeta: nodeMetaParam(request),
      isFiltered: Boolean(request.query.get('filter')),
    }),
    permissions: () => [canRead('service')],
    rows: SERVICE_NODE_FIELDS,
    query: servicesFound,
    answer(found, { keep, showsTenancy }) {
      if ('names' in found) return { json: recordOf(found.names) }
      const kept = found.instances.filter(instance => keep(encodeServiceNode(instance, showsTenancy)))
      return { json: recordOf(taggedNames(kept.map(({ Service }) => Service))) }
    },
  }),
  read({
    path: '/v1/catalog/service/:service',
    arg: instancesArg,
    permissions: arg => [canRead('service', arg.name.Name)],
    rows: SERVICE_NODE_FIELDS,
    query: catalogInstances,
    answer: answerInstances,
  }),
  read({
    path: '/v1/catalog/connect/:service',
    arg: instancesArg,
    permissions: arg => [canRead('service', arg.name.Name)],
    rows: SERVICE_NODE_FIELDS,
    query: catalogConnectInstances,
    answer: answerInstances,
  }),
  read({
    path: '/v1/catalog/node/:node',
    arg: nodeArg,
    permissions: arg => [canRead('node', arg.node)],
    rows: SERVICE_FIELDS,
    query: nodeServices,
    answer(found, { keep, showsTenancy }) {
      if (found === undefined) return { json: null }
      const services = found.Services.filter(keep).map(
        service => [service.ID, encodeService(service, showsTenancy)] as const,
      )
      return { json: { Node: encodeNode(found.Node, showsTenancy), Services: recordOf(services) } }
    },
  }),
  read({
    path: '/v1/catalog/node-services/:node',
    arg: nodeArg,
    permissions: arg => [canRead('node', arg.node)],
    rows: SERVICE_FIELDS,
    query: nodeServices,
    answer(found, { keep, showsTenancy }) {
      if (found === undefined) return { json: { Node: null, Services: null } }
      const services = found.Services.filter(keep).map(service => encodeService(service, showsTenancy))
      return { json: { Node: encodeNode(found.Node, showsTenancy), Services: services } }
    },
  }),
  read({
    path: '/v1/catalog/gateway-services/:gateway',
    arg: request => ({ gateway: pathParam(request, 'gateway', 'gateway name') }),
    permissions: ({ gateway }) => [canRead('service', gateway)],
    query: gatewayServices,
    answer: json => ({ json }),
  }),
]

/** The parameters of a question about one service's instances. */
export function instancesArg(request: RouteRequest): InstancesArg {
  return {
    name: pathService(request),
    tags: request.query.getAll('tag'),
    nodeMeta: nodeMetaParam(request),
    isMerged: mergedParam(request),
  }
}

/** The parameters of a question about one node. */
export function nodeArg(request: RouteRequest): NodeArg {
  return {
    ...request.tenancy,
    node: pathParam(request, 'node', 'node name'),
    peer: peerParam(request),
    isMerged: mergedParam(request),
  }
}

/** `?merge-central-config`, by its presence. */
function mergedParam(request: RouteRequest): boolean {
  return request.query.has('merge-central-config')
}

function answerInstances(instances: readonly InstanceOnNode[], { keep, showsTenancy }: Presentation): ReadAnswer {
  return { json: instances.map(instance => encodeServiceNode(instance, showsTenancy)).filter(keep) }
}

/** A JSON object from entries; names such as `__proto__` are ordinary. */
function recordOf<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  const record: Record<string, T> = Object.create(null)
  for (const [key, value] of entries) record[key] = value
  return record
}

function registrationPermissions(command: Command): readonly Permission[] {
  switch (command.type) {
    case 'register':
      return registerPermissions(command)
    case 'deregister':
      return deregisterPermissions(command)
    default:
      throw new Error(`no registration: ${command.type}`)
  }
}

function registerPermissions({ node, services, checks }: RegisterCommand): readonly Permission[] {
  const named = services.flatMap(service => {
    const destination = service.Proxy.DestinationServiceName
    return destination === undefined ? [service.Service] : [service.Service, destination]
  })
  const checked = checks.filter(check => check.ServiceID !== '').map(check => check.ServiceName)
  return [canWrite('node', node.Node), ...[...new Set([...named, ...checked])].map(name => canWrite('service', name))]
}

function deregisterPermissions({ node }: DeregisterCommand): readonly Permission[] {
  return [canWrite('node', node)]
}
