// Partition, namespace and peer: part of every key and name, though a plain installation only knows `default` and no peer.

export const DEFAULT_PARTITION = 'default'
export const DEFAULT_NAMESPACE = 'default'

/** Stands for every namespace of a partition, where a list is asked for. */
export const ANY_NAMESPACE = '*'

/** True when a row of this namespace is among those asked for. */
export function isInNamespace(namespace: string, asked: string): boolean {
  return asked === ANY_NAMESPACE || namespace === asked
}

/** Where a thing lives. */
export interface Tenancy {
  readonly Partition: string
  readonly Namespace: string
}

/** True when a thing lives where somebody looks. */
export function isOfTenancy(row: Tenancy, asked: Tenancy): boolean {
  return row.Partition === asked.Partition && isInNamespace(row.Namespace, asked.Namespace)
}

export const DEFAULT_TENANCY: Tenancy = { Partition: DEFAULT_PARTITION, Namespace: DEFAULT_NAMESPACE }

/** A service as others name it. `Peer` is '' for services of this cluster. */
export interface ServiceName extends Tenancy {
  readonly Name: string
  readonly Peer: string
}

/** A local service of the default tenancy unless `tenancy` or `peer` say otherwise. */
export function serviceName(name: string, tenancy: Tenancy = DEFAULT_TENANCY, peer = ''): ServiceName {
  return { Name: name, Partition: tenancy.Partition, Namespace: tenancy.Namespace, Peer: peer }
}

// A control character cannot occur in a name, so joined keys never collide.
const SEPARATOR = '\u001f'

/** Joins parts into one table or index key. */
export function joinKey(...parts: readonly string[]): string {
  return parts.join(SEPARATOR)
}

/** The parts a key was joined from. */
export function splitKey(key: string): readonly string[] {
  return key.split(SEPARATOR)
}

/** The index key of a service name. */
export function serviceKey(name: ServiceName): string {
  return `${name.Partition}${SEPARATOR}${name.Namespace}${SEPARATOR}${name.Peer}${SEPARATOR}${name.Name}`
}
