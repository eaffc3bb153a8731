// What a service instance must obey beside its types: the same rules for agents, their files and the catalog.

import type { Issue } from '../../lib/schema.ts'
import type { ServiceAddress } from './address.ts'
import type { Upstream } from './proxy-config.ts'
import type { Unindexed } from './row.ts'
import { isGateway, type ServiceInstance } from './service.ts'

type Service = Unindexed<ServiceInstance>

const META_LIMITS = { pairs: 64, key: 128, value: 512 }
const META_KEY = /^[A-Za-z0-9_-]+$/
const RESERVED_PREFIX = 'consul-'
/** Meta of mesh gateways that carry the servers' own traffic; the one reserved key people may set. */
const WAN_FEDERATION_META = 'consul-wan-federation'
const MAX_WEIGHT = 65535
const TOO_HEAVY = `DNS Weight must be between 0 and ${MAX_WEIGHT}`
const LEAST_WEIGHT = { Passing: 'greater than 0', Warning: 'greater or equal than 0' }
const NO_PORT_NEEDED = new Set(['ingress-gateway', 'api-gateway'])
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f]/

/** Everything an instance breaks; empty when it is sound. Paths are those of the instance, with its name under `nameField`. */
export function checkService(service: Service, nameField: 'Name' | 'Service' = 'Service'): readonly Issue[] {
  return [
    ...checkName(nameField, service.Service),
    ...checkName('ID', service.ID),
    ...checkAddress('Address', service.Address),
    ...checkTaggedAddresses(service.TaggedAddresses),
    ...checkWeights(service),
    ...checkMeta(service),
    ...(service.Kind === 'connect-proxy' ? checkProxy(service) : []),
    ...(isGateway(service.Kind) ? checkGateway(service) : []),
  ]
}

/** Names become parts of keys, where a control character would end them. */
function checkName(path: string, name: string): Issue[] {
  if (!CONTROL.test(name)) return []
  return [{ path, message: `invalid value ${JSON.stringify(name)}; it may not contain control characters` }]
}

function checkAddress(path: string, address: string): Issue[] {
  if (/\s/.test(address) || CONTROL.test(address)) {
    const message = `Invalid service address: ${JSON.stringify(address)}; it may not contain spaces or control characters`
    return [{ path, message }]
  }
  if (address !== '0.0.0.0' && address !== '::' && address !== '[::]') return []
  return [{ path, message: `Invalid service address: "${address}" reaches nobody; give an address others can dial` }]
}

function checkTaggedAddresses(tagged: Readonly<Record<string, ServiceAddress>>): Issue[] {
  return Object.entries(tagged).flatMap(([tag, { Address }]) =>
    checkAddress(`TaggedAddresses[${JSON.stringify(tag)}].Address`, Address),
  )
}

function checkWeights({ Weights }: Service): Issue[] {
  const issues: Issue[] = []
  for (const field of ['Passing', 'Warning'] as const) {
    const least = field === 'Passing' ? 1 : 0
    if (Weights[field] >= least && Weights[field] <= MAX_WEIGHT) continue
    const rule = Weights[field] > MAX_WEIGHT ? TOO_HEAVY : `${field} must be ${LEAST_WEIGHT[field]}`
    issues.push({ path: `Weights.${field}`, message: `Invalid Weights: ${rule}` })
  }
  return issues
}

function checkMeta({ Meta, Kind }: Service): Issue[] {
  const pairs = Object.entries(Meta)
  const count =
    pairs.length > META_LIMITS.pairs ? [`${pairs.length} pairs are too many; at most ${META_LIMITS.pairs}`] : []
  const issues = pairs.flatMap(([key, value]) => {
    const path = `Meta[${JSON.stringify(key.slice(0, META_LIMITS.key))}]`
    const pair = `Couldn't load metadata pair ('${key}', '${value.slice(0, 64)}')`
    return metaProblems(key, value, Kind).map(problem => ({
      path,
      message: `Invalid Service Meta: ${pair}: ${problem}`,
    }))
  })
  return [...count.map(problem => ({ path: 'Meta', message: `Invalid Service Meta: ${problem}` })), ...issues]
}

function metaProblems(key: string, value: string, kind: ServiceInstance['Kind']): string[] {
  const problems: string[] = []
  if (!META_KEY.test(key)) problems.push('Key contains invalid characters; letters, digits, "-" and "_" are allowed')
  if (key.length > META_LIMITS.key) problems.push(`Key is too long; at most ${META_LIMITS.key} characters`)
  if (value.length > META_LIMITS.value) problems.push(`Value is too long; at most ${META_LIMITS.value} characters`)
  const mayBeReserved = key === WAN_FEDERATION_META && kind === 'mesh-gateway'
  if (key.startsWith(RESERVED_PREFIX) && !mayBeReserved) {
    problems.push(`Key prefix '${RESERVED_PREFIX}' is reserved for internal use`)
  }
  return problems
}

function checkProxy(service: Service): Issue[] {
  const { Proxy: proxy, Port, SocketPath, Connect } = service
  const issues: Issue[] = []
  const destination = proxy.DestinationServiceName ?? ''
  const path = 'Proxy.DestinationServiceName'
  if (destination === '') issues.push({ path, message: `${path} must be non-empty for Connect proxy services` })
  if (destination === '*') issues.push({ path, message: `${path} must not be a wildcard for Connect proxy services` })
  if (Port === 0 && SocketPath === '') {
    issues.push({ path: 'Port', message: 'Port or SocketPath must be set for a connect-proxy' })
  }
  if (Connect.Native) issues.push({ path: 'Connect.Native', message: 'a proxy cannot also be Connect Native' })
  return [
    ...issues,
    ...checkName(path, destination),
    ...checkAddress('Proxy.LocalServiceAddress', proxy.LocalServiceAddress ?? ''),
    ...checkUpstreams(proxy.Upstreams ?? [], proxy.Mode === 'transparent'),
  ]
}

function checkUpstreams(upstreams: readonly Upstream[], isTransparent: boolean): Issue[] {
  const seen = new Map<string, string>()
  return upstreams.flatMap((upstream, i) => {
    const path = `Proxy.Upstreams[${i}]`
    const issues = checkUpstream(upstream, path, isTransparent)
    for (const [key, what] of claims(upstream)) {
      const other = seen.get(key)
      if (other !== undefined) issues.push({ path, message: `${what} is already used by ${other}` })
      else seen.set(key, path)
    }
    return issues
  })
}

function checkUpstream(upstream: Upstream, path: string, isTransparent: boolean): Issue[] {
  const issues: Issue[] = []
  const { DestinationName: name } = upstream
  if (name === '') {
    issues.push({ path: `${path}.DestinationName`, message: 'upstream destination name cannot be empty' })
  }
  if (name === '*' && !isTransparent) {
    issues.push({ path: `${path}.DestinationName`, message: 'a wildcard needs Proxy.Mode "transparent"' })
  }
  if (!isTransparent && !upstream.LocalBindPort && !upstream.LocalBindSocketPath) {
    const message = 'upstream local bind port or local socket path must be defined and nonzero'
    issues.push({ path: `${path}.LocalBindPort`, message })
  }
  issues.push(...checkName(`${path}.DestinationName`, name), ...checkPeer(upstream, path))
  return issues
}

function checkPeer(upstream: Upstream, path: string): Issue[] {
  if (!upstream.DestinationPeer) return []
  const issues: Issue[] = []
  if (upstream.Datacenter) {
    issues.push({ path: `${path}.Datacenter`, message: 'cannot be set together with DestinationPeer' })
  }
  if (upstream.DestinationType === 'prepared_query') {
    issues.push({ path: `${path}.DestinationType`, message: 'cannot be prepared_query when DestinationPeer is set' })
  }
  return issues
}

/** What no two upstreams of a proxy may share: the destination, and the place it listens on. */
function claims(upstream: Upstream): readonly (readonly [string, string])[] {
  const { DestinationType, DestinationName, DestinationNamespace = '', DestinationPartition = '' } = upstream
  const { DestinationPeer = '', Datacenter = '', LocalBindPort, LocalBindSocketPath } = upstream
  const parts = [
    DestinationType,
    DestinationPartition,
    DestinationNamespace,
    DestinationPeer,
    DestinationName,
    Datacenter,
  ]
  const destination = [`to ${JSON.stringify(parts)}`, `destination "${DestinationName}"`] as const
  if (LocalBindSocketPath) return [destination, [`on ${LocalBindSocketPath}`, `socket "${LocalBindSocketPath}"`]]
  if (!LocalBindPort) return [destination]
  const address = `${upstream.LocalBindAddress || '127.0.0.1'}:${LocalBindPort}`
  return [destination, [`on ${address}`, `local address ${address}`]]
}

const NOT_FOR_GATEWAYS = [
  'DestinationServiceName',
  'DestinationServiceID',
  'LocalServiceAddress',
  'LocalServicePort',
  'LocalServiceSocketPath',
] as const

function checkGateway({ Kind, Port, Proxy: proxy }: Service): Issue[] {
  const issues: Issue[] = []
  if (Port === 0 && !NO_PORT_NEEDED.has(Kind)) {
    issues.push({ path: 'Port', message: `Port must be non-zero for a ${Kind}` })
  }
  for (const field of NOT_FOR_GATEWAYS) {
    if (proxy[field]) issues.push({ path: `Proxy.${field}`, message: notForGateway(field, Kind) })
  }
  if (proxy.Upstreams !== undefined && proxy.Upstreams.length > 0) {
    issues.push({ path: 'Proxy.Upstreams', message: notForGateway('Upstreams', Kind) })
  }
  return issues
}

function notForGateway(field: string, kind: ServiceInstance['Kind']): string {
  return `The Proxy.${field} configuration is invalid for a ${kind}`
}
