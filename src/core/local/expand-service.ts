// From a service definition to what the agent registers: the instance, its sidecar if it has one, and all their checks.

import type { Issue } from '../../lib/schema.ts'
import { ipOctets } from '../../lib/x509/ip.ts'
import type { ServiceAddress } from '../model/address.ts'
import type { CheckDefinition } from '../model/check.ts'
import type { LocalCheck, LocalService, Origin } from '../model/local.ts'
import type { ProxyConfig } from '../model/proxy-config.ts'
import type { Unindexed } from '../model/row.ts'
import type { ServiceDefinition, ServiceInstance, SidecarDefinition } from '../model/service.ts'
import { checkService } from '../model/service-rules.ts'
import { DEFAULT_NAMESPACE } from '../model/tenancy.ts'
import { checkCheckDefinition, expandCheck } from './expand-check.ts'

type LocalId = Pick<ServiceInstance, 'Partition' | 'Namespace' | 'ID'>

/** What expansion needs to know of the agent. */
export interface ExpandContext {
  readonly node: string
  readonly partition: string
  readonly origin: Origin
  readonly scripts: boolean
  /** Ports sidecars may get, both ends included. */
  readonly sidecarPorts: { readonly min: number; readonly max: number }
  /** The port that this local service has now. */
  portOf(service: LocalId): number | undefined
  /** True when a local service other than this one uses the port. */
  isPortTaken(port: number, service: LocalId): boolean
}

export interface Expanded {
  /** The service, followed by its sidecar if it has one. */
  readonly services: readonly Unindexed<LocalService>[]
  readonly checks: readonly Unindexed<LocalCheck>[]
}

export type Expansion =
  | { readonly ok: true; readonly expanded: Expanded }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** Expands and checks a definition. Nothing is registered here. */
export function expandService(definition: ServiceDefinition, context: ExpandContext): Expansion {
  const own = expandOne(definition, context, '')
  if (!own.ok) return own
  const sidecar = definition.Connect?.SidecarService
  if (sidecar === undefined) return own

  const full = sidecarOf(definition, sidecar, context)
  if ('issues' in full) return { ok: false, issues: full.issues }
  const beside = expandOne(full.definition, context, definition.ID || definition.Name || '')
  if (!beside.ok) {
    return {
      ok: false,
      issues: beside.issues.map(issue => ({ ...issue, path: `Connect.SidecarService.${issue.path}` })),
    }
  }
  return {
    ok: true,
    expanded: {
      services: [...own.expanded.services, ...beside.expanded.services],
      checks: [...own.expanded.checks, ...beside.expanded.checks],
    },
  }
}

function expandOne(
  definition: ServiceDefinition | SidecarDefinition,
  context: ExpandContext,
  parent: string,
): Expansion {
  const checks = [...(definition.Check ? [definition.Check] : []), ...(definition.Checks ?? [])].filter(isFilled)
  const instance = instanceOf(definition, context)
  const issues = [
    ...(instance.Service === '' ? [{ path: '', message: 'Missing service name' }] : []),
    ...checkPartition(instance.Partition, context.partition),
    ...checkService(instance, 'Name'),
    ...checkSidecar(definition),
    ...checkChecks(definition, context),
  ]
  if (issues.length > 0) return { ok: false, issues }

  const owner = {
    ServiceID: instance.ID,
    ServiceName: instance.Service,
    ServiceTags: instance.Tags,
    Namespace: instance.Namespace,
    Partition: instance.Partition,
    origin: context.origin,
    token: definition.Token ?? '',
  }
  const service = { Instance: instance, Origin: context.origin, ParentID: parent, Token: definition.Token ?? '' }
  const numbered = checks.length > 1
  const rows = checks.map((check, i) => expandCheck(check, owner, numbered ? i + 1 : undefined))
  return { ok: true, expanded: { services: [service], checks: rows } }
}

/** Everything registered with an agent is on its node, and a node is in one partition. */
function checkPartition(named: string, own: string): Issue[] {
  if (named === own) return []
  const way = 'register it with an agent there, or by /v1/catalog/register'
  return [{ path: 'Partition', message: `this agent is in partition "${own}", not in "${named}"; ${way}` }]
}

function checkSidecar(definition: ServiceDefinition | SidecarDefinition): Issue[] {
  if (!('Connect' in definition) || definition.Connect?.SidecarService === undefined) return []
  if (definition.Kind !== '') {
    return [{ path: 'Connect.SidecarService', message: `A ${definition.Kind} cannot have a sidecar service defined` }]
  }
  if (!definition.Connect.Native) return []
  return [{ path: 'Connect', message: 'Native and SidecarService exclude each other' }]
}

function checkChecks(definition: ServiceDefinition | SidecarDefinition, context: ExpandContext): Issue[] {
  const named = [
    ...(definition.Check ? [[definition.Check, 'Check'] as const] : []),
    ...(definition.Checks ?? []).map((check, i) => [check, `Checks[${i}]`] as const),
  ]
  return named
    .filter(([check]) => isFilled(check))
    .flatMap(([check, path]) => checkCheckDefinition(check, path, context.scripts))
}

/** Clients send an empty definition where they mean none. */
function isFilled(check: CheckDefinition): boolean {
  return Object.keys(check).length > 0
}

function instanceOf(
  definition: ServiceDefinition | SidecarDefinition,
  context: ExpandContext,
): Unindexed<ServiceInstance> {
  const name = definition.Name ?? ''
  return {
    Node: context.node,
    Kind: definition.Kind,
    ID: definition.ID || name,
    Service: name,
    Partition: definition.Partition || context.partition,
    Namespace: definition.Namespace || DEFAULT_NAMESPACE,
    PeerName: '',
    Tags: definition.Tags ?? [],
    Meta: definition.Meta ?? {},
    Address: definition.Address ?? '',
    Port: definition.Port ?? 0,
    SocketPath: definition.SocketPath ?? '',
    TaggedAddresses: { ...familyAddresses(definition), ...definition.TaggedAddresses },
    Weights: definition.Weights ?? { Passing: 1, Warning: 1 },
    EnableTagOverride: definition.EnableTagOverride ?? false,
    Proxy: definition.Proxy ?? { MeshGateway: {}, Expose: {} },
    Connect: { Native: 'Connect' in definition && definition.Connect?.Native === true },
  }
}

/** An address that is an IP is also shown under its family, for clients that look there. */
function familyAddresses(definition: ServiceDefinition | SidecarDefinition): Readonly<Record<string, ServiceAddress>> {
  const { Address = '', Port = 0 } = definition
  const octets = ipOctets(Address)
  if (octets === undefined) return {}
  const family = octets.length === 4 ? 'ipv4' : 'ipv6'
  return { [`lan_${family}`]: { Address, Port }, [`wan_${family}`]: { Address, Port } }
}

type Sidecar = { readonly definition: SidecarDefinition } | { readonly issues: readonly Issue[] }

/** Fills a nested sidecar from its parent: name, id, tags, destination, port, and checks unless it has its own. */
function sidecarOf(parent: ServiceDefinition, sidecar: SidecarDefinition, context: ExpandContext): Sidecar {
  const parentName = parent.Name ?? ''
  const parentId = parent.ID || parentName
  const id = sidecar.ID || `${parentId}-sidecar-proxy`
  const local: LocalId = {
    Partition: parent.Partition || sidecar.Partition || context.partition,
    Namespace: parent.Namespace || sidecar.Namespace || DEFAULT_NAMESPACE,
    ID: id,
  }
  const port = sidecar.Port || context.portOf(local) || (sidecar.SocketPath ? 0 : freePort(local, context))
  if (port === undefined) {
    const { min, max } = context.sidecarPorts
    return {
      issues: [
        { path: 'Connect.SidecarService.Port', message: `no port left between ${min} and ${max} for the sidecar` },
      ],
    }
  }
  const definition: SidecarDefinition = {
    ...sidecar,
    Kind: sidecar.Kind === '' ? 'connect-proxy' : sidecar.Kind,
    ID: id,
    Name: sidecar.Name || `${parentName}-sidecar-proxy`,
    Tags: sidecar.Tags ?? parent.Tags ?? [],
    Meta: sidecar.Meta ?? parent.Meta ?? {},
    Address: sidecar.Address || parent.Address || '',
    Token: sidecar.Token || parent.Token || '',
    EnableTagOverride: sidecar.EnableTagOverride ?? false,
    Port: port,
    ...(parent.Namespace ? { Namespace: parent.Namespace } : {}),
    ...(parent.Partition ? { Partition: parent.Partition } : {}),
    Proxy: sidecarProxy(parent, parentName, parentId, sidecar),
  }
  const hasChecks = sidecar.Check !== undefined || sidecar.Checks !== undefined
  return { definition: hasChecks ? definition : { ...definition, Checks: defaultChecks(parent, parentId, port) } }
}

function sidecarProxy(parent: ServiceDefinition, name: string, id: string, sidecar: SidecarDefinition): ProxyConfig {
  const proxy = sidecar.Proxy ?? { MeshGateway: {}, Expose: {} }
  const named = {
    ...proxy,
    DestinationServiceName: proxy.DestinationServiceName || name,
    DestinationServiceID: proxy.DestinationServiceID || id,
  }
  if (proxy.LocalServiceSocketPath) return named
  if (parent.SocketPath && !proxy.LocalServicePort) return { ...named, LocalServiceSocketPath: parent.SocketPath }
  return {
    ...named,
    LocalServiceAddress: proxy.LocalServiceAddress || '127.0.0.1',
    LocalServicePort: proxy.LocalServicePort || parent.Port || 0,
  }
}

function defaultChecks(parent: ServiceDefinition, parentId: string, port: number): CheckDefinition[] {
  const alias: CheckDefinition = { Name: `Connect Sidecar Aliasing ${parentId}`, AliasService: parentId }
  if (port === 0) return [alias]
  const host = parent.Address || '127.0.0.1'
  return [{ Name: 'Connect Sidecar Listening', TCP: `${host}:${port}`, Interval: '10s' }, alias]
}

function freePort(service: LocalId, context: ExpandContext): number | undefined {
  for (let port = context.sidecarPorts.min; port <= context.sidecarPorts.max; port++) {
    if (!context.isPortTaken(port, service)) return port
  }
  return undefined
}
