// The discovery chain of a service as one kind of caller sees it, compiled once for all callers that ask for the same.

import { type CompileResult, compileChain } from '../chain/assemble.ts'
import type { ChainOverrides } from '../chain/customization.ts'
import type { Entries, ServiceId } from '../chain/entries.ts'
import type { EntryKindName } from '../entries/index.ts'
import { joinKey } from '../model/tenancy.ts'
import { defineQuery, type View } from '../store/view.ts'
import { configEntry, defaultSamenessGroupOf, proxyDefaultsOf, samenessGroupOf } from './config-entry.ts'
import { trustDomain } from './mesh-roots.ts'
import { exportsAnything, isExportedTo } from './partition-exports.ts'

export interface ChainArg {
  readonly service: string
  readonly namespace: string
  readonly partition: string
  /** Where the chain is evaluated: the datacenter the upstream names, else the caller's. */
  readonly datacenter: string
  readonly overrides: ChainOverrides
  /** The partition that asks: of others it sees what they export to it. The service's own unless given. */
  readonly consumer?: string
}

/** The compiled chain, or why the entries make none. */
export const upstreamChain = defineQuery<ChainArg, CompileResult>({
  name: 'upstream-chain',
  key: chainKey,
  run(view, arg) {
    const entries = entriesOf(view, arg.consumer ?? arg.partition)
    return compileChain({ ...arg, trustDomain: view.derive(trustDomain, undefined) }, entries)
  },
})

/** All that a chain depends on besides the entries. */
export function chainKey({ service, namespace, partition, datacenter, overrides, consumer }: ChainArg): string {
  const { meshGatewayMode = '', protocol = '', connectTimeoutMs = '' } = overrides
  const way = [meshGatewayMode, protocol, String(connectTimeoutMs)]
  return joinKey(consumer ?? partition, partition, namespace, service, datacenter, ...way)
}

/** The store's entries, as the chain compiler asks for them on behalf of a partition. */
export function entriesOf(view: View, consumer: string): Entries {
  const isHidden = (service: ServiceId) => !isExportedTo(view, service, consumer)
  const of = <K extends EntryKindName>(kind: K, service: ServiceId) =>
    isHidden(service) ? undefined : configEntry(view, kind, service.Name, service)
  return {
    router: service => of('service-router', service),
    splitter: service => of('service-splitter', service),
    resolver: service => of('service-resolver', service),
    serviceDefaults: service => of('service-defaults', service),
    proxyDefaults: partition =>
      exportsAnything(view, partition, consumer) ? proxyDefaultsOf(view, partition) : undefined,
    samenessGroup: (name, partition) =>
      exportsAnything(view, partition, consumer) ? samenessGroupOf(view, name, partition) : undefined,
    defaultSamenessGroup: partition =>
      exportsAnything(view, partition, consumer) ? defaultSamenessGroupOf(view, partition) : undefined,
    isHidden,
  }
}
