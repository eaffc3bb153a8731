// Follows what one peer is to be sent, and tells of each resource that has changed, and of nothing else.

import type { ServiceId } from '../../core/entries/references.ts'
import { exportedInstances, exportedProxies } from '../../core/peering/export.ts'
import { servicesExportedTo } from '../../core/peering/exported-services.ts'
import { ownBundle, serverAddressesMessage } from '../../core/peering/own-resources.ts'
import { proxiesOf, resourceId } from '../../core/peering/resource-id.ts'
import type { Outgoing } from '../../core/peering/session-sending.ts'
import { ExportedServiceListMessage, ExportedServiceMessage, RESOURCE_IDS } from '../../core/peering/wire/peerstream.ts'
import type { Store, Watch } from '../../core/store/store.ts'
import type { Query } from '../../core/store/view.ts'

export interface ExportFollowerOptions {
  readonly store: Store
  readonly partition: string
  /** Our name for the peer. */
  readonly peer: string
  onResource(resource: Outgoing): void
  /** The services that the peer is told of. */
  onServices(names: readonly string[]): void
  /** What is exported cannot be read; nothing more is told. */
  onFailure(error: unknown): void
}

/** Work done at one go before others get a turn, milliseconds. */
const SLICE_MS = 5

const EMPTY_SERVICE = ExportedServiceMessage.encode({ Nodes: [] })

export class ExportFollower {
  readonly #options: ExportFollowerOptions
  readonly #watches = new Map<string, { readonly watch: Watch<unknown>; look(): void }>()
  readonly #services = new Map<string, ServiceId>()
  readonly #dirty = new Set<string>()
  #scheduled = false
  #closed = false

  constructor(options: ExportFollowerOptions) {
    this.#options = options
    const { partition, peer } = options
    this.#follow('bundle', ownBundle, partition, bytes => {
      if (bytes !== undefined) this.#tell({ kind: 'bundle', id: RESOURCE_IDS.bundle, bytes })
    })
    this.#follow('addresses', serverAddressesMessage, undefined, bytes => {
      if (bytes !== undefined) this.#tell({ kind: 'addresses', id: RESOURCE_IDS.addresses, bytes })
    })
    this.#follow('list', servicesExportedTo, { partition, peer }, services => this.#takeServices(services))
  }

  close(): void {
    this.#closed = true
    for (const { watch } of this.#watches.values()) watch.close()
    this.#watches.clear()
  }

  #follow<A, R>(key: string, query: Query<A, R>, arg: A, take: (value: R) => void): void {
    const watch = this.#options.store.watch(query, arg, () => this.#mark(key))
    this.#watches.set(key, { watch, look: () => take(watch.current().value) })
    this.#mark(key)
  }

  #mark(key: string): void {
    this.#dirty.add(key)
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    setImmediate(() => this.#work())
  }

  #work(): void {
    this.#scheduled = false
    const end = performance.now() + SLICE_MS
    for (const key of this.#dirty) {
      if (this.#closed) return
      this.#dirty.delete(key)
      if (!this.#look(key)) return
      if (performance.now() < end || this.#dirty.size === 0) continue
      this.#scheduled = true
      setImmediate(() => this.#work())
      return
    }
  }

  /** False when that has failed: an error in a timer would end the process. */
  #look(key: string): boolean {
    try {
      this.#watches.get(key)?.look()
      return true
    } catch (error) {
      this.close()
      this.#options.onFailure(error)
      return false
    }
  }

  #takeServices(services: readonly ServiceId[]): void {
    const names = services.map(resourceId)
    const now = new Set(names)
    for (const [id] of this.#services) if (!now.has(id)) this.#drop(id)
    this.#tell({ kind: 'list', id: RESOURCE_IDS.list, bytes: ExportedServiceListMessage.encode({ Services: names }) })
    this.#options.onServices(names)
    for (const service of services) if (!this.#services.has(resourceId(service))) this.#add(service)
  }

  #add(service: ServiceId): void {
    const id = resourceId(service)
    const proxyId = resourceId(proxiesOf(service))
    this.#services.set(id, service)
    this.#follow(`service ${id}`, exportedInstances, service, bytes => this.#tell({ kind: 'service', id, bytes }))
    let wasSent = false
    this.#follow(`proxies ${id}`, exportedProxies, { ...service, peer: this.#options.peer }, bytes => {
      // A service that has left the mesh while it is exported has no proxies any more.
      if (bytes !== undefined || wasSent) this.#tell({ kind: 'service', id: proxyId, bytes: bytes ?? EMPTY_SERVICE })
      wasSent = bytes !== undefined
    })
  }

  #drop(id: string): void {
    const service = this.#services.get(id)
    this.#services.delete(id)
    for (const key of [`service ${id}`, `proxies ${id}`]) {
      this.#watches.get(key)?.watch.close()
      this.#watches.delete(key)
      this.#dirty.delete(key)
    }
    if (service === undefined) return
    this.#tell({ kind: 'service', id, bytes: undefined })
    this.#tell({ kind: 'service', id: resourceId(proxiesOf(service)), bytes: undefined })
  }

  #tell(resource: Outgoing): void {
    this.#options.onResource(resource)
  }
}
