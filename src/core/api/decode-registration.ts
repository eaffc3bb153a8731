// The bodies of /v1/catalog/register and deregister, and the commands they become.

import { bool, duration, type Infer, int, list, map, object, opaque, string, withDefault } from '../../lib/schema.ts'
import { sparse } from '../entries/sparse.ts'
import { checkType } from '../local/expand-check.ts'
import { taggedAddresses } from '../model/address.ts'
import { type HealthCheck, probeFields, STATUSES, type Status } from '../model/check.ts'
import { Fault } from '../model/fault.ts'
import type { CatalogNode } from '../model/node.ts'
import { proxyConfig } from '../model/proxy-config.ts'
import type { Unindexed } from '../model/row.ts'
import { SERVICE_KINDS, type ServiceInstance, weights } from '../model/service.ts'
import { checkService } from '../model/service-rules.ts'
import type { Tenancy } from '../model/tenancy.ts'
import type { DeregisterCommand, RegisterCommand } from '../store/commands.ts'
import type { RouteRequest } from './define-route.ts'
import { bodyTenancy, decodeBody, describeDecodeIssues } from './request-body.ts'
import { requirePrintable } from './request-params.ts'

const READ_ONLY = ['CreateIndex', 'ModifyIndex']

const text = withDefault(string(), '')
const tenancy = { Namespace: string(), Partition: string() }

const catalogService = object(
  {
    ...tenancy,
    Kind: withDefault(string({ allowed: SERVICE_KINDS }), ''),
    ID: text,
    Service: text,
    Tags: withDefault(list(string()), []),
    Meta: withDefault(map(string()), {}),
    Port: withDefault(int({ min: 0, max: 65535 }), 0),
    Address: text,
    SocketPath: text,
    TaggedAddresses: withDefault(taggedAddresses, {}),
    Weights: withDefault(weights, { Passing: 1, Warning: 1 }),
    EnableTagOverride: withDefault(bool(), false),
    Proxy: withDefault(proxyConfig, { MeshGateway: {}, Expose: {} }),
    Connect: withDefault(object({ Native: withDefault(bool(), false) }), { Native: false }),
    PeerName: text,
  },
  { ignored: READ_ONLY },
)

/** What a check runs, as far as the catalog shows it. */
const checkDefinition = sparse(
  {
    ...probeFields,
    OutputMaxSize: int(),
    DeregisterCriticalServiceAfter: duration(),
  },
  { ignored: ['IntervalDuration', 'TimeoutDuration', 'DeregisterCriticalServiceAfterDuration'] },
)

const catalogCheck = object(
  {
    ...tenancy,
    Node: text,
    CheckID: text,
    Name: text,
    Status: text,
    Notes: text,
    Output: text,
    ServiceID: text,
    ServiceName: text,
    ServiceTags: list(string()),
    Type: text,
    Interval: text,
    Timeout: text,
    ExposedPort: withDefault(int({ min: 0, max: 65535 }), 0),
    PeerName: text,
    Definition: withDefault(checkDefinition, {}),
  },
  { ignored: READ_ONLY },
)

const registration = object({
  ...tenancy,
  ID: text,
  Node: text,
  Address: text,
  Datacenter: text,
  TaggedAddresses: withDefault(map(string()), {}),
  NodeMeta: withDefault(map(string()), {}),
  SkipNodeUpdate: withDefault(bool(), false),
  Service: catalogService,
  Check: catalogCheck,
  Checks: withDefault(list(catalogCheck), []),
  Locality: opaque(),
  PeerName: text,
})

type Registration = Infer<typeof registration>
type CatalogService = Infer<typeof catalogService>
type CatalogCheck = Infer<typeof catalogCheck>

const UUID = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/

/** The command of a registration. Throws a Fault that names what is wrong. */
export function decodeRegistration(request: RouteRequest): RegisterCommand {
  const body = decodeBody(registration, request)
  const node = nodeOf(body, request)
  const outer = bodyTenancy(body, request)
  const services = body.Service === undefined ? [] : [serviceOf(body.Service, node, outer)]
  const checks = [...(body.Check === undefined ? [] : [body.Check]), ...body.Checks]
  return {
    type: 'register',
    node,
    skipNodeUpdate: body.SkipNodeUpdate,
    services,
    checks: checks.map(check => checkOf(check, node, services[0], outer)),
  }
}

function nodeOf(body: Registration, request: RouteRequest): Unindexed<CatalogNode> {
  if (body.PeerName !== '') throw rejected('cannot register requests with PeerName in them')
  if (body.Node === '') throw rejected('Must provide node')
  if (body.Address === '' && !body.SkipNodeUpdate) {
    throw rejected('Must provide address if SkipNodeUpdate is not set')
  }
  if (body.ID !== '' && !UUID.test(body.ID)) throw rejected(`Bad node ID: "${body.ID}" is not a UUID`)
  requirePrintable('Node', body.Node)
  return {
    ID: body.ID.toLowerCase(),
    Node: body.Node,
    Address: body.Address,
    Datacenter: request.datacenter,
    Partition: bodyTenancy(body, request).Partition,
    PeerName: '',
    TaggedAddresses: body.TaggedAddresses,
    Meta: body.NodeMeta,
  }
}

function serviceOf(body: CatalogService, node: Unindexed<CatalogNode>, outer: Tenancy): Unindexed<ServiceInstance> {
  if (body.PeerName !== '') throw rejected('cannot register services with PeerName in them')
  if (body.Service === '') throw rejected('Must provide service name (Service.Service) when service ID is provided')
  const { Partition, Namespace } = innerTenancy('Service', body, node, outer)
  const service = {
    Node: node.Node,
    Kind: body.Kind,
    ID: body.ID === '' ? body.Service : body.ID,
    Service: body.Service,
    Partition,
    Namespace,
    PeerName: '',
    Tags: body.Tags,
    Meta: body.Meta,
    Address: body.Address,
    Port: body.Port,
    SocketPath: body.SocketPath,
    TaggedAddresses: body.TaggedAddresses,
    // Clients that know of no weights send zeros.
    Weights: body.Weights.Passing === 0 ? { Passing: 1, Warning: 1 } : body.Weights,
    EnableTagOverride: body.EnableTagOverride,
    Proxy: body.Proxy,
    Connect: body.Connect,
  }
  const issues = checkService(service)
  if (issues.length > 0) throw rejected(`Invalid service: ${describeDecodeIssues(issues)}`)
  return service
}

function checkOf(
  body: CatalogCheck,
  node: Unindexed<CatalogNode>,
  service: Unindexed<ServiceInstance> | undefined,
  outer: Tenancy,
): Unindexed<HealthCheck> {
  const CheckID = body.CheckID === '' ? body.Name : body.CheckID
  if (CheckID === '') throw rejected('Must provide CheckID or Name for a check')
  requirePrintable('CheckID', CheckID)
  requirePrintable('ServiceID', body.ServiceID)
  if (body.Node !== '' && body.Node.toLowerCase() !== node.Node.toLowerCase()) {
    throw rejected(`Node '${body.Node}' for check '${CheckID}' doesn't match register request node '${node.Node}'`)
  }
  const own = service !== undefined && service.ID === body.ServiceID ? service : undefined
  const { Partition, Namespace } = innerTenancy('Check', body, node, service ?? outer)
  return {
    Node: node.Node,
    CheckID,
    Name: body.Name,
    Status: statusOf(body.Status),
    Notes: body.Notes,
    Output: body.Output,
    ServiceID: body.ServiceID,
    ServiceName: own?.Service ?? body.ServiceName,
    ServiceTags: own?.Tags ?? body.ServiceTags ?? [],
    Type: body.Type || checkType(body.Definition),
    Interval: body.Interval,
    Timeout: body.Timeout,
    ExposedPort: body.ExposedPort,
    Partition,
    Namespace,
    PeerName: '',
    Definition: body.Definition,
  }
}

/** What is on a node is in the node's partition; its namespace is its own, else that of the registration. */
function innerTenancy(
  field: string,
  body: { readonly Partition?: string; readonly Namespace?: string },
  node: Unindexed<CatalogNode>,
  outer: Tenancy,
): Tenancy {
  if (body.Partition && body.Partition !== node.Partition) {
    throw rejected(`${field}.Partition: "${body.Partition}" is not the partition of its node, "${node.Partition}"`)
  }
  return { Partition: node.Partition, Namespace: body.Namespace || outer.Namespace }
}

function statusOf(text: string): Status {
  if (text === '') return 'critical'
  const status = STATUSES.find(each => each === text)
  if (status === undefined) throw rejected(`Invalid check status "${text}"; allowed are ${STATUSES.join(', ')}`)
  return status
}

const deregistration = object({
  ...tenancy,
  Datacenter: text,
  Node: text,
  Address: text,
  ServiceID: text,
  CheckID: text,
  PeerName: text,
})

/** The command of a deregistration. */
export function decodeDeregistration(request: RouteRequest): DeregisterCommand {
  const body = decodeBody(deregistration, request)
  if (body.Node === '') throw rejected('Must provide node')
  const { Partition, Namespace } = bodyTenancy(body, request)
  return {
    type: 'deregister',
    node: body.Node,
    partition: Partition,
    namespace: Namespace,
    peer: body.PeerName,
    serviceId: body.ServiceID,
    checkId: body.CheckID,
  }
}

function rejected(message: string): Fault {
  return new Fault('rejected', message)
}
