// The configuration of one upstream of a sidecar, and what is known about where it leads.

import type { CompiledChain } from '../../chain/chain.ts'
import type { ChainOverrides } from '../../chain/customization.ts'
import { envoyId } from '../../envoy/names.ts'
import type { Resource } from '../../envoy/resource.ts'
import type { Upstream } from '../../model/proxy-config.ts'
import type { ServiceInstance } from '../../model/service.ts'
import { joinKey } from '../../model/tenancy.ts'
import { isExportedTo } from '../../queries/partition-exports.ts'
import { type ChainArg, chainKey, upstreamChain } from '../../queries/upstream-chain.ts'
import { defineQuery, type View } from '../../store/view.ts'
import { chainEndpoints } from '../parts/chain-endpoints.ts'
import { chainRoute } from '../parts/chain-route.ts'
import { type UpstreamOptions, upstreamOptions } from './upstream-options.ts'

export interface UpstreamConfig {
  /** How the upstream is called in Envoy. */
  readonly id: string
  readonly definition: Upstream
  readonly options: UpstreamOptions
  readonly chain: ChainArg
  /** Where the sidecar is. */
  readonly partition: string
  /** All that decides where the upstream leads, put into one string so that asking costs nothing more. */
  readonly key: string
}

/** Where an upstream leads. */
export type UpstreamState =
  | {
      readonly ok: true
      readonly chain: CompiledChain
      readonly endpoints: readonly Resource[]
      /** Undefined where the listener has the routes inside, or has no use for any. */
      readonly route: Resource | undefined
      /** Targets in other partitions that do not export them to the sidecar's; nothing is behind them. */
      readonly notExported: readonly string[]
    }
  | { readonly ok: false; readonly problem: string }

/** Shared by all sidecars whose upstream is configured alike. */
export const upstreamState = defineQuery<UpstreamConfig, UpstreamState>({
  name: 'upstream-state',
  key: config => config.key,
  run(view, { chain, id, partition }) {
    const compiled = view.derive(upstreamChain, chain)
    if (!compiled.ok) return { ok: false, problem: compiled.message }
    const endpoints = view.derive(chainEndpoints, { chain, partition })
    const route = view.derive(chainRoute, { chain, name: id, partition })
    return {
      ok: true,
      chain: compiled.chain,
      endpoints,
      route,
      notExported: notExported(view, compiled.chain, partition),
    }
  },
  equal: sameState,
})

function notExported(view: View, chain: CompiledChain, partition: string): readonly string[] {
  return Object.values(chain.Targets).flatMap(({ Service, Namespace, Partition, Peer }) => {
    if (Peer || Partition === partition) return []
    const isExported = isExportedTo(view, { Name: Service, Namespace, Partition, Peer: '' }, partition)
    return isExported ? [] : [`${Partition}/${Namespace}/${Service}`]
  })
}

function sameState(a: UpstreamState, b: UpstreamState): boolean {
  if (!a.ok || !b.ok) return !a.ok && !b.ok && a.problem === b.problem
  const sameExports = a.notExported.join() === b.notExported.join()
  return a.chain === b.chain && a.endpoints === b.endpoints && a.route === b.route && sameExports
}

export function upstreamConfig(definition: Upstream, service: ServiceInstance, datacenter: string): UpstreamConfig {
  const options = upstreamOptions(definition)
  const namespace = definition.DestinationNamespace || service.Namespace
  const partition = definition.DestinationPartition || service.Partition
  const name = definition.DestinationName
  const id = envoyId({ name, namespace, partition, peer: '', datacenter: definition.Datacenter ?? '' })
  const chain: ChainArg = {
    service: name,
    namespace,
    partition,
    datacenter: definition.Datacenter || datacenter,
    overrides: overridesOf(definition, options),
  }
  return {
    id,
    definition,
    options,
    chain,
    partition: service.Partition,
    key: joinKey(id, service.Partition, chainKey(chain)),
  }
}

function overridesOf(definition: Upstream, options: UpstreamOptions): ChainOverrides {
  const mode = definition.MeshGateway.Mode
  return {
    ...(mode ? { meshGatewayMode: mode } : {}),
    ...(options.protocol === '' ? {} : { protocol: options.protocol }),
    ...(options.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: options.connectTimeoutMs }),
  }
}
