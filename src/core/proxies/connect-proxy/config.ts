// The configuration of a sidecar, worked out once a change: everything central merged in, every free-form option read, and who
// may call its service.

import type { Issue } from '../../../lib/schema.ts'
import type { EntryOfKind } from '../../entries/index.ts'
import { isHttp } from '../../envoy/protocol.ts'
import type { Rules } from '../../intentions/rules.ts'
import type { ProxyConfig, Upstream } from '../../model/proxy-config.ts'
import { nameOf, type ServiceInstance } from '../../model/service.ts'
import { spiffeUri } from '../../model/spiffe.ts'
import { meshOf } from '../../queries/config-entry.ts'
import { destinationRules } from '../../queries/destination-rules.ts'
import { trustDomain } from '../../queries/mesh-roots.ts'
import { serviceConfig } from '../../queries/service-config.ts'
import { defineQuery, type View } from '../../store/view.ts'
import { exposedChecks } from './exposed-checks.ts'
import type { ExposedPath } from './exposed-path.ts'
import { sidecarHatchIssues, upstreamHatchIssues } from './hatches.ts'
import { type SidecarOptions, sidecarOptions } from './options.ts'
import { type UpstreamConfig, upstreamConfig } from './upstream-config.ts'

export interface SidecarConfig {
  readonly address: string
  readonly port: number
  readonly proxy: ProxyConfig
  readonly options: SidecarOptions
  /** SPIFFE URI of the service it speaks for. */
  readonly identity: string
  readonly rules: Rules
  readonly mesh: EntryOfKind<'mesh'> | undefined
  readonly exposed: readonly ExposedPath[]
  readonly upstreams: readonly UpstreamConfig[]
  /** What of all this is left out, and why. */
  readonly issues: readonly Issue[]
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
    const listed = proxy.Upstreams ?? []
    const usable = listed.filter(upstream => unsupportedUpstream(upstream) === undefined)
    const upstreams = usable.map(upstream => upstreamConfig(upstream, service, view.self.datacenter))
    const { rules, problem } = rulesOf(view, service, options)
    return {
      address: service.Address,
      port: service.Port,
      proxy,
      options,
      identity: identityOf(view, service),
      rules,
      mesh: meshOf(view, service.Partition),
      exposed: [...exposedPaths(proxy), ...(proxy.Expose.Checks ? exposedChecks(view, service) : [])],
      upstreams,
      issues: [
        ...options.issues,
        ...sidecarHatchIssues(options),
        ...upstreams.flatMap(upstream => [...upstream.options.issues, ...upstreamHatchIssues(upstream)]),
        ...listed.flatMap(upstream => unsupportedUpstream(upstream) ?? []),
        ...unsupportedOptions(proxy),
        ...(problem === '' ? [] : [{ path: 'intentions', message: problem }]),
      ],
    }
  },
})

function rulesOf(view: View, service: ServiceInstance, options: SidecarOptions) {
  const name = { ...nameOf(service), Name: service.Proxy.DestinationServiceName ?? '' }
  return view.derive(destinationRules, { service: name, layer: isHttp(options.protocol) ? 'l7' : 'l4' })
}

function identityOf(view: View, service: ServiceInstance): string {
  return spiffeUri({
    kind: 'service',
    trustDomain: view.derive(trustDomain, undefined),
    partition: service.Partition,
    namespace: service.Namespace,
    datacenter: view.self.datacenter,
    service: service.Proxy.DestinationServiceName ?? '',
  })
}

function exposedPaths(proxy: ProxyConfig): readonly ExposedPath[] {
  return (proxy.Expose.Paths ?? []).map(({ Path = '', ListenerPort = 0, LocalPathPort = 0, Protocol }) => {
    const protocol = Protocol === 'http2' ? 'http2' : 'http'
    return { path: Path, listenerPort: ListenerPort, localPort: LocalPathPort, protocol }
  })
}

function unsupportedOptions(proxy: ProxyConfig): readonly Issue[] {
  const transparent = {
    path: 'Mode',
    message: 'transparent mode is not supported; only the upstreams listed are configured',
  }
  const extensions = (proxy.EnvoyExtensions ?? []).map(({ Name }, i) => {
    return { path: `EnvoyExtensions[${i}]`, message: `"${Name}" is not supported and is left out` }
  })
  return [...(proxy.Mode === 'transparent' ? [transparent] : []), ...extensions]
}

function unsupportedUpstream(upstream: Upstream): Issue | undefined {
  const path = `Upstreams[${upstream.DestinationName}]`
  if (upstream.DestinationType === 'prepared_query') return { path, message: 'prepared queries are not supported' }
  return upstream.DestinationPeer ? { path, message: 'services of peers are not supported' } : undefined
}
