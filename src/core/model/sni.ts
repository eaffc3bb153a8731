// Server names on the wire. An SNI is also the name of the Envoy cluster it reaches.

import { DEFAULT_PARTITION } from './tenancy.ts'

export interface SniTarget {
  readonly service: string
  readonly subset?: string | undefined
  readonly namespace: string
  readonly partition: string
  readonly datacenter: string
}

/**
 * The SNI of a service: `[<subset>.]<svc>.<ns>.<dc>.internal.<td>`. The label is `internal` in the default partition and
 * `internal-v1`, with the partition before the datacenter, in any other. Labels are neither lower-cased nor escaped.
 */
export function serviceSni(target: SniTarget, trustDomain: string): string {
  const subset = target.subset ? `${target.subset}.` : ''
  const namespace = target.namespace || 'default'
  return `${subset}${target.service}.${namespace}.${gatewaySni(target.partition, target.datacenter, trustDomain)}`
}

/** The SNI under which the mesh gateways of a datacenter and partition are reached. */
export function gatewaySni(partition: string, datacenter: string, trustDomain: string): string {
  return isDefault(partition)
    ? `${datacenter}.internal.${trustDomain}`
    : `${partition}.${datacenter}.internal-v1.${trustDomain}`
}

/** The SNI of any server of a datacenter (WAN federation through gateways). `domain` has no trailing dot. */
export function serverSni(datacenter: string, domain: string): string {
  return `server.${datacenter}.${domain}`
}

/** The SNI of one server of a datacenter. */
export function nodeServerSni(node: string, datacenter: string, domain: string): string {
  return `${node}.${serverSni(datacenter, domain)}`
}

/** The SNI, and the name in the certificate, of a datacenter's servers as peers of another cluster dial them. */
export function peeringServerName(datacenter: string, trustDomain: string): string {
  return `server.${datacenter}.peering.${trustDomain}`
}

/** The trust domain in such a name; undefined when it is none. */
export function trustDomainOfServerName(name: string): string | undefined {
  return /^server\.[^.]+\.peering\.(.+)$/.exec(name)?.[1]
}

/** How an exporter names a service for one importing peer; `peer` is the exporter's name for the importer. */
export function peeredSni(target: Omit<SniTarget, 'datacenter' | 'subset'>, peer: string, trustDomain: string): string {
  const { service, namespace, partition } = target
  return `${service}.${namespace || 'default'}.${partition || DEFAULT_PARTITION}.${peer}.external.${trustDomain}`
}

/** The importer's cluster name for a peer's service; `peer` is the importer's name for the exporter. */
export function peeredClusterName(service: string, namespace: string, peer: string, remoteTrustDomain: string): string {
  return `${service}.${namespace || 'default'}.${peer}.external.${remoteTrustDomain}`
}

/** The string form of "where gateways live": `<dc>`, or `<partition>.<dc>`. */
export function gatewayKey(partition: string, datacenter: string): string {
  return isDefault(partition) ? datacenter : `${partition}.${datacenter}`
}

function isDefault(partition: string): boolean {
  return partition === '' || partition === DEFAULT_PARTITION
}
