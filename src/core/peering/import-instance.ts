// One instance as a peer sent it, made into rows. Only what the catalog shows and proxies need is taken over: no proxy settings, no
// upstreams, no kinds other than services and the proxies made up for them.

import type { Status } from '../model/check.ts'
import type { PeerMeta, ServiceInstance } from '../model/service.ts'
import { parseSpiffe } from '../model/spiffe.ts'
import type { ImportedInstance } from '../store/import-commands.ts'
import { MAX } from './import-limits.ts'
import type { WireCheck, WireInstance, WireNode, WireService } from './wire/service.ts'

export type ReadInstance =
  | { readonly ok: true; readonly instance: ImportedInstance }
  | { readonly ok: false; readonly message: string }

/** Reads an instance of a service; the message names the field that is wrong. */
export function importInstance(wire: WireInstance, service: string, ownTrustDomain: string): ReadInstance {
  const { Node, Service, Checks } = wire
  if (Node === undefined || Service === undefined) return { ok: false, message: 'Node or Service is missing' }
  const wrong =
    nodeProblem(Node) ??
    serviceProblem(Service, service) ??
    peerMetaProblem(Service.Connect?.PeerMeta, ownTrustDomain) ??
    checksProblem(Checks)
  if (wrong !== undefined) return { ok: false, message: wrong }
  const row = serviceRow(Node.Node, Service)
  return {
    ok: true,
    instance: { node: nodeRow(Node), service: row, checks: Checks.map(check => checkRow(check, row.ID)) },
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f]/

function isName(value: string): boolean {
  return value !== '' && isText(value)
}

function isText(value: string): boolean {
  return value.length <= MAX.name && !CONTROL.test(value)
}

function nodeProblem(node: WireNode): string | undefined {
  if (!isName(node.Node)) return 'Node.Node is not a name'
  if (!isName(node.Address)) return 'Node.Address is not an address'
  if (!isText(node.ID) || !isText(node.Datacenter)) return 'Node.ID or Node.Datacenter is too long'
  return pairsProblem('Node.Meta', node.Meta) ?? pairsProblem('Node.TaggedAddresses', node.TaggedAddresses)
}

function serviceProblem(service: WireService, name: string): string | undefined {
  if (service.Service !== name) return 'Service.Service is another service'
  if (!isName(service.ID)) return 'Service.ID is not an id'
  if (service.Kind !== '' && service.Kind !== 'connect-proxy') return 'Service.Kind is neither a service nor a proxy'
  if (!isText(service.Address) || !isText(service.SocketPath)) return 'Service.Address or SocketPath is too long'
  if (!isPort(service.Port)) return 'Service.Port is not a port'
  if (service.Tags.length > MAX.tags || !service.Tags.every(isText)) return 'Service.Tags has too many or too long tags'
  const namespace = service.EnterpriseMeta?.Namespace ?? ''
  if (!isText(namespace)) return 'Service.EnterpriseMeta.Namespace is not a name'
  if (service.Kind === 'connect-proxy' && !isName(service.Proxy?.DestinationServiceName ?? '')) {
    return 'Service.Proxy.DestinationServiceName is missing'
  }
  if (!isText(service.Proxy?.DestinationServiceID ?? '')) return 'Service.Proxy.DestinationServiceID is too long'
  return pairsProblem('Service.Meta', service.Meta) ?? addressesProblem(service)
}

function pairsProblem(field: string, pairs: ReadonlyMap<string, string>): string | undefined {
  if (pairs.size > MAX.pairs) return `${field} has more than ${MAX.pairs} pairs`
  for (const [key, value] of pairs) {
    if (!isText(key) || value.length > MAX.value) return `${field} has a key or a value that is too long`
  }
  return undefined
}

function addressesProblem({ TaggedAddresses }: WireService): string | undefined {
  if (TaggedAddresses.size > MAX.names) return `Service.TaggedAddresses has more than ${MAX.names} addresses`
  for (const [key, address] of TaggedAddresses) {
    if (!isText(key) || !isText(address?.Address ?? '') || !isPort(address?.Port ?? 0)) {
      return 'Service.TaggedAddresses has an address that is none'
    }
  }
  return undefined
}

const SNI = /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,253}[A-Za-z0-9_])?$/

/** A peer may only lead callers to itself: names of this cluster are refused wherever they stand. */
function peerMetaProblem(meta: PeerMeta | undefined, ownTrustDomain: string): string | undefined {
  if (meta === undefined) return undefined
  if (meta.SNI.length > MAX.names || meta.SpiffeID.length > MAX.names * MAX.names)
    return 'Connect.PeerMeta has too many names'
  for (const sni of meta.SNI) {
    const isOwn = ownTrustDomain !== '' && sni.toLowerCase().endsWith(`.${ownTrustDomain}`)
    if (!SNI.test(sni) || !sni.includes('.external.') || isOwn)
      return "Connect.PeerMeta.SNI is not a name of the peer's services"
  }
  for (const id of meta.SpiffeID) {
    const identity = id.length <= MAX.value ? parseSpiffe(id) : undefined
    if (identity === undefined || identity.trustDomain.toLowerCase() === ownTrustDomain) {
      return "Connect.PeerMeta.SpiffeID is not an identity of the peer's"
    }
  }
  return isText(meta.Protocol) ? undefined : 'Connect.PeerMeta.Protocol is too long'
}

function checksProblem(checks: readonly WireCheck[]): string | undefined {
  if (checks.length > MAX.checks) return `more than ${MAX.checks} checks`
  const isFine = checks.every(check => isName(check.CheckID) && isText(check.Name) && isText(check.Type))
  return isFine ? undefined : 'Checks has a CheckID, Name or Type that is none'
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65535
}

function nodeRow(node: WireNode): ImportedInstance['node'] {
  return {
    ID: node.ID,
    Node: node.Node,
    Address: node.Address,
    Datacenter: node.Datacenter,
    TaggedAddresses: record(node.TaggedAddresses, value => value),
    Meta: record(node.Meta, value => value),
  }
}

const MAX_WEIGHT = 65535

function serviceRow(node: string, service: WireService): ImportedInstance['service'] {
  const proxy = service.Proxy
  return {
    Node: node,
    Kind: service.Kind === 'connect-proxy' ? 'connect-proxy' : '',
    ID: service.ID,
    Service: service.Service,
    Namespace: service.EnterpriseMeta?.Namespace || 'default',
    Tags: service.Tags,
    Meta: record(service.Meta, value => value),
    Address: service.Address,
    Port: service.Port,
    SocketPath: service.SocketPath,
    TaggedAddresses: record(service.TaggedAddresses, value => ({
      Address: value?.Address ?? '',
      Port: value?.Port ?? 0,
    })),
    Weights: weightsOf(service),
    EnableTagOverride: service.EnableTagOverride,
    Proxy: {
      ...(proxy?.DestinationServiceName ? { DestinationServiceName: proxy.DestinationServiceName } : {}),
      ...(proxy?.DestinationServiceID ? { DestinationServiceID: proxy.DestinationServiceID } : {}),
      MeshGateway: {},
      Expose: {},
    },
    Connect: connectOf(service),
  }
}

function weightsOf({ Weights }: WireService): ServiceInstance['Weights'] {
  if (Weights === undefined) return { Passing: 1, Warning: 1 }
  const within = (weight: number) => Math.min(Math.max(weight, 0), MAX_WEIGHT)
  return { Passing: within(Weights.Passing), Warning: within(Weights.Warning) }
}

/** Instances that speak mTLS themselves cannot be dialled from here: only the proxies made up for them can. */
function connectOf({ Kind, Connect }: WireService): ServiceInstance['Connect'] {
  const meta = Connect?.PeerMeta
  return Kind === '' || meta === undefined ? { Native: false } : { Native: false, PeerMeta: meta }
}

function checkRow(check: WireCheck, serviceId: string): ImportedInstance['checks'][number] {
  return {
    // A check of the node is one of each instance here, and must not be taken for that of another.
    CheckID: check.ServiceID === '' ? `${serviceId}:${check.CheckID}` : check.CheckID,
    Name: check.Name,
    Status: statusOf(check.Status),
    Notes: check.Notes.slice(0, MAX.output),
    Output: check.Output.slice(0, MAX.output),
    Type: check.Type,
  }
}

/** What is in maintenance takes no traffic, and a status nobody knows is no reason to send any. */
function statusOf(status: string): Status {
  return status === 'passing' || status === 'warning' ? status : 'critical'
}

/** Keys come from a stranger: `__proto__` is a key like any other. */
function record<V, T>(map: ReadonlyMap<string, V>, pick: (value: V) => T): Readonly<Record<string, T>> {
  return Object.fromEntries([...map].map(([key, value]) => [key, pick(value)]))
}
