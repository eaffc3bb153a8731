// What the chain needs to know of config entries. The store passes its tables; a test passes an object.

import type { ExportedServices } from '../entries/exported-services.ts'
import type { Mesh } from '../entries/mesh.ts'
import type { ProxyDefaults } from '../entries/proxy-defaults.ts'
import type { ServiceId } from '../entries/references.ts'
import type { SamenessGroup } from '../entries/sameness-group.ts'
import type { ServiceDefaults } from '../entries/service-defaults.ts'
import type { ServiceIntentions } from '../entries/service-intentions.ts'
import type { ServiceResolver } from '../entries/service-resolver.ts'
import type { ServiceRouter } from '../entries/service-router.ts'
import type { ServiceSplitter } from '../entries/service-splitter.ts'
import type { Unindexed } from '../model/row.ts'

export type { ServiceId }

/** The entries a chain is compiled from. */
export interface Entries {
  router(service: ServiceId): Unindexed<ServiceRouter> | undefined
  splitter(service: ServiceId): Unindexed<ServiceSplitter> | undefined
  resolver(service: ServiceId): Unindexed<ServiceResolver> | undefined
  serviceDefaults(service: ServiceId): Unindexed<ServiceDefaults> | undefined
  proxyDefaults(partition: string): Unindexed<ProxyDefaults> | undefined
  /** A group of a partition, by name. */
  samenessGroup(name: string, partition: string): Unindexed<SamenessGroup> | undefined
  /** The group of a partition that services fail over to when nothing else is said. */
  defaultSamenessGroup(partition: string): Unindexed<SamenessGroup> | undefined
  /** True for a service that its partition does not show to the one that asks; none of its entries are seen then. */
  isHidden(service: ServiceId): boolean
}

/** The entries that rules across entries look at. */
export interface EntryGraph extends Entries {
  intentions(service: ServiceId): Unindexed<ServiceIntentions> | undefined
  mesh(partition: string): Unindexed<Mesh> | undefined
  exportedServices(partition: string): Unindexed<ExportedServices> | undefined
  samenessGroups(partition: string): readonly Unindexed<SamenessGroup>[]
  /** Every service that has a router, splitter, resolver or intentions; more than once does no harm. */
  services(): Iterable<ServiceId>
}
