// The discovery chain of a service as one kind of caller sees it, compiled once for all callers that ask for the same.

import { type CompileResult, compileChain } from '../chain/assemble.ts'
import type { ChainOverrides } from '../chain/customization.ts'
import type { Entries } from '../chain/entries.ts'
import { joinKey } from '../model/tenancy.ts'
import { defineQuery, type State } from '../store/view.ts'
import { configEntry, proxyDefaultsOf } from './config-entry.ts'
import { trustDomain } from './mesh-roots.ts'

export interface ChainArg {
  readonly service: string
  readonly namespace: string
  readonly partition: string
  /** Where the chain is evaluated: the datacenter the upstream names, else the caller's. */
  readonly datacenter: string
  readonly overrides: ChainOverrides
}

/** The compiled chain, or why the entries make none. */
export const upstreamChain = defineQuery<ChainArg, CompileResult>({
  name: 'upstream-chain',
  key: chainKey,
  run: (view, arg) => compileChain({ ...arg, trustDomain: view.derive(trustDomain, undefined) }, entriesOf(view)),
})

/** All that a chain depends on besides the entries. */
export function chainKey({ service, namespace, partition, datacenter, overrides }: ChainArg): string {
  const { meshGatewayMode = '', protocol = '', connectTimeoutMs = '' } = overrides
  return joinKey(partition, namespace, service, datacenter, meshGatewayMode, protocol, String(connectTimeoutMs))
}

/** The store's entries, as the chain compiler asks for them. */
export function entriesOf(state: State): Entries {
  return {
    router: service => configEntry(state, 'service-router', service.Name, service),
    splitter: service => configEntry(state, 'service-splitter', service.Name, service),
    resolver: service => configEntry(state, 'service-resolver', service.Name, service),
    serviceDefaults: service => configEntry(state, 'service-defaults', service.Name, service),
    proxyDefaults: partition => proxyDefaultsOf(state, partition),
  }
}
