// Names that Consul's conventions give to listeners, routes and statistics. Cluster names are server names: see model/sni.ts.

import { DEFAULT_NAMESPACE, DEFAULT_PARTITION } from '../model/tenancy.ts'

export interface UpstreamId {
  readonly name: string
  readonly namespace: string
  readonly partition: string
  readonly peer: string
  /** '' unless the upstream names a datacenter. */
  readonly datacenter: string
}

/**
 * How an upstream is called in Envoy: `<name>`, with `?dc=<dc>` or `?peer=<peer>` where it names one, and with its partition
 * and namespace in front where they are not the default ones. It names the upstream's listener, its RDS route and virtual host.
 */
export function envoyId(upstream: UpstreamId): string {
  const { name, namespace, partition, peer, datacenter } = upstream
  const suffix = peer !== '' ? `?peer=${peer}` : datacenter !== '' ? `?dc=${datacenter}` : ''
  return `${tenancyPrefix(partition, namespace)}${name}${suffix}`
}

function tenancyPrefix(partition: string, namespace: string): string {
  if (partition !== DEFAULT_PARTITION) return `${partition}/${namespace}/`
  return namespace === DEFAULT_NAMESPACE ? '' : `${namespace}/`
}

/** `<logical name>:<address>:<port>`, an IPv6 address in brackets. */
export function listenerName(logicalName: string, address: string, port: number): string {
  const host = address.includes(':') ? `[${address}]` : address
  return `${logicalName}:${host}:${port}`
}

/** The name of a listener on a unix socket. */
export function pipeListenerName(logicalName: string, path: string): string {
  return `${logicalName}:${path}`
}

/** Envoy keeps ':' for itself in statistics names. */
export function statName(text: string): string {
  return text.replaceAll(':', '_')
}

export interface ChainName {
  readonly ServiceName: string
  readonly Namespace: string
  readonly Partition: string
  readonly Datacenter: string
}

/** `<svc>.<ns>.<ap>.<dc>`: the labels of an upstream's statistics, and the name of its inline virtual host. */
export function upstreamLabels(chain: ChainName): string {
  return `${chain.ServiceName}.${chain.Namespace}.${chain.Partition}.${chain.Datacenter}`
}
