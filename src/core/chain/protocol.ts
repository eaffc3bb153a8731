// The protocol of a service, and what it allows.

import { DEFAULT_NAMESPACE } from '../model/tenancy.ts'
import type { Entries, ServiceId } from './entries.ts'

/** The protocol of a service: its service-defaults, else the partition's proxy-defaults, else tcp. */
export function serviceProtocol(entries: Entries, service: ServiceId): string {
  return entries.serviceDefaults(service)?.Protocol || meshProtocol(entries, service.Partition) || 'tcp'
}

function meshProtocol(entries: Entries, partition: string): string | undefined {
  const config = entries.proxyDefaults(partition)?.Config ?? {}
  const found = Object.entries(config).find(([key]) => key.toLowerCase() === 'protocol')?.[1]
  return typeof found === 'string' ? found.toLowerCase() : undefined
}

/** True for the protocols whose requests can be routed, split and judged one by one. */
export function isHttpLike(protocol: string): boolean {
  return protocol === 'http' || protocol === 'http2' || protocol === 'grpc'
}

/** A service as messages name it: the bare name in the default namespace. */
export function displayName(service: ServiceId): string {
  return service.Namespace === DEFAULT_NAMESPACE ? service.Name : `${service.Namespace}/${service.Name}`
}
