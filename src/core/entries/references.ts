// Which services of this cluster an entry sends traffic to. Peers' services are not ours to check or to authorise.

import { canRead, type Permission } from '../acl/permission.ts'
import type { ServiceName, Tenancy } from '../model/tenancy.ts'

/** A service of this cluster. */
export type ServiceId = Omit<ServiceName, 'Peer'>

interface Reference {
  readonly Service?: string
  readonly Namespace?: string
  readonly Partition?: string
  readonly Peer?: string
}

interface Referrer extends Tenancy {
  readonly Name: string
}

/** The services that `destinations` of an entry name; what they leave out is the entry's own. */
export function referencedServices(entry: Referrer, destinations: readonly Reference[]): ServiceId[] {
  return destinations
    .filter(destination => destination.Peer === undefined)
    .map(destination => ({
      Name: destination.Service ?? entry.Name,
      Namespace: destination.Namespace ?? entry.Namespace,
      Partition: destination.Partition ?? entry.Partition,
    }))
}

/** Who sends traffic to another service must be able to read that service. */
export function readsOf(entry: Referrer, services: readonly ServiceId[]): Permission[] {
  const names = new Set(services.map(service => service.Name))
  names.delete(entry.Name)
  return [...names].map(name => canRead('service', name))
}
