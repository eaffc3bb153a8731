// The configuration of a sidecar with everything central merged in and every free-form option read, worked out once a change.

import type { Issue } from '../../../lib/schema.ts'
import type { ChainOverrides } from '../../chain/customization.ts'
import { envoyId } from '../../envoy/names.ts'
import type { ProxyConfig, Upstream } from '../../model/proxy-config.ts'
import type { ServiceInstance } from '../../model/service.ts'
import { serviceConfig } from '../../queries/service-config.ts'
import type { ChainArg } from '../../queries/upstream-chain.ts'
import { defineQuery } from '../../store/view.ts'
import { type SidecarOptions, sidecarOptions } from './options.ts'
import { type UpstreamOptions, upstreamOptions } from './upstream-options.ts'

export interface SidecarConfig {
  readonly proxy: ProxyConfig
  readonly options: SidecarOptions
  readonly upstreams: readonly UpstreamConfig[]
  readonly issues: readonly Issue[]
}

export interface UpstreamConfig {
  /** How the upstream is called in Envoy. */
  readonly id: string
  readonly definition: Upstream
  readonly options: UpstreamOptions
  readonly chain: ChainArg
}

/** By instance key; undefined when there is no such instance. */
export const sidecarConfig = defineQuery<string, SidecarConfig | undefined>({
  name: 'sidecar-config',
  key: key => key,
  run(view, key) {
    const service = view.get('services', key)
    const proxy = view.derive(serviceConfig, key)
    if (service === undefined || proxy === undefined) return undefined
    const options = sidecarOptions(proxy)
    const listed = (proxy.Upstreams ?? []).filter(upstream => unsupported(upstream) === undefined)
    const upstreams = listed.map(upstream => upstreamConfig(upstream, service, view.self.datacenter))
    const refused = (proxy.Upstreams ?? []).flatMap(upstream => unsupported(upstream) ?? [])
    const issues = [...options.issues, ...upstreams.flatMap(upstream => upstream.options.issues), ...refused]
    return { proxy, options, upstreams, issues }
  },
})

function upstreamConfig(definition: Upstream, service: ServiceInstance, datacenter: string): UpstreamConfig {
  const options = upstreamOptions(definition)
  const namespace = definition.DestinationNamespace || service.Namespace
  const partition = definition.DestinationPartition || service.Partition
  const name = definition.DestinationName
  return {
    id: envoyId({ name, namespace, partition, peer: '', datacenter: definition.Datacenter ?? '' }),
    definition,
    options,
    chain: {
      service: name,
      namespace,
      partition,
      datacenter: definition.Datacenter || datacenter,
      overrides: overridesOf(definition, options),
    },
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

function unsupported(upstream: Upstream): Issue | undefined {
  const path = `Upstreams[${upstream.DestinationName}]`
  if (upstream.DestinationType === 'prepared_query') return { path, message: 'prepared queries are not supported' }
  return upstream.DestinationPeer ? { path, message: 'services of peers are not supported' } : undefined
}
