// What a service instance must obey beside its types, the same for the catalog and for agents.

import type { Issue } from '../../lib/schema.ts'
import type { Upstream } from '../model/proxy-config.ts'
import type { Unindexed } from '../model/row.ts'
import { isGateway, type ServiceInstance } from '../model/service.ts'

type Service = Unindexed<ServiceInstance>

const META_LIMITS = { pairs: 64, key: 128, value: 512 }
const META_KEY = /^[A-Za-z0-9_-]+$/
const RESERVED_PREFIX = 'consul-'
/** Meta of mesh gateways that carry the servers' own traffic; the one reserved key people may set. */
export const WAN_FEDERATION_META = 'consul-wan-federation'
const MAX_WEIGHT = 65535
const NO_PORT_NEEDED = new Set(['ingress-gateway', 'api-gateway'])

/** Everything an instance breaks; empty when it is sound. */
export function checkService(service: Service): readonly Issue[] {
  return [
    ...checkAddress(service.Address),
    ...checkWeights(service),
    ...checkMeta(service),
    ...(service.Kind === 'connect-proxy' ? checkProxy(service) : []),
    ...(isGateway(service.Kind) ? checkGateway(service) : []),
  ]
}

/** An address that means "any" is no address to be dialled. */
export function checkAddress(address: string): Issue[] {
  if (address !== '0.0.0.0' && address !== '::' && address !== '[::]') return []
  return [{ path: 'Address', message: `Invalid service address: "${address}" is no address others can dial` }]
}

function checkWeights({ Weights }: Service): Issue[] {
  const issues: Issue[] = []
  for (const field of ['Passing', 'Warning'] as const) {
    const least = field === 'Passing' ? 1 : 0
    if (Weights[field] >= least && Weights[field] <= MAX_WEIGHT) continue
    issues.push({
      path: `Weights.${field}`,
      message: `invalid value ${Weights[field]}; allowed is ${least} to ${MAX_WEIGHT}`,
    })
  }
  return issues
}

function checkMeta({ Meta, Kind }: Service): Issue[] {
  const pairs = Object.entries(Meta)
  const issues: Issue[] = []
  if (pairs.length > META_LIMITS.pairs) {
    issues.push({ path: 'Meta', message: `${pairs.length} pairs are too many; at most ${META_LIMITS.pairs}` })
  }
  for (const [key, value] of pairs) {
    const path = `Meta[${JSON.stringify(key.slice(0, META_LIMITS.key))}]`
    if (key.length > META_LIMITS.key) issues.push({ path, message: `key is longer than ${META_LIMITS.key} characters` })
    if (!META_KEY.test(key)) issues.push({ path, message: 'key may only hold letters, digits, "-" and "_"' })
    if (value.length > META_LIMITS.value) issues.push({ path, message: `value is longer than ${META_LIMITS.value}` })
    const isAllowed = key === WAN_FEDERATION_META && Kind === 'mesh-gateway'
    if (key.startsWith(RESERVED_PREFIX) && !isAllowed) {
      issues.push({ path, message: `key prefix "${RESERVED_PREFIX}" is reserved for internal use` })
    }
  }
  return issues
}

function checkProxy(service: Service): Issue[] {
  const { Proxy: proxy, Port, SocketPath, Connect } = service
  const issues: Issue[] = []
  const destination = proxy.DestinationServiceName ?? ''
  const path = 'Proxy.DestinationServiceName'
  if (destination === '') issues.push({ path, message: 'must be non-empty for Connect proxy services' })
  if (destination === '*') issues.push({ path, message: 'must not be a wildcard ("*") for Connect proxy services' })
  if (Port === 0 && SocketPath === '') {
    issues.push({ path: 'Port', message: 'Port or SocketPath must be set for a Connect proxy' })
  }
  if (Connect.Native) issues.push({ path: 'Connect.Native', message: 'a proxy cannot also be Connect Native' })
  return [...issues, ...checkUpstreams(proxy.Upstreams ?? [], proxy.Mode === 'transparent')]
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
  if (upstream.DestinationName === '') {
    issues.push({ path: `${path}.DestinationName`, message: 'upstream destination name cannot be empty' })
  }
  if (!isTransparent && !upstream.LocalBindPort && !upstream.LocalBindSocketPath) {
    const message = 'upstream local bind port or local socket path must be defined and nonzero'
    issues.push({ path: `${path}.LocalBindPort`, message })
  }
  if (!upstream.DestinationPeer) return issues
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
    if (proxy[field]) issues.push({ path: `Proxy.${field}`, message: `cannot be set for a ${Kind}` })
  }
  if (proxy.Upstreams !== undefined && proxy.Upstreams.length > 0) {
    issues.push({ path: 'Proxy.Upstreams', message: `cannot be set for a ${Kind}` })
  }
  return issues
}
