// The configuration of a sidecar, worked out once a change: everything central merged in, every free-form option read, and who
// may call its service.

import type { Issue } from '../../../lib/schema.ts'
import type { EntryOfKind } from '../../entries/index.ts'
import { isHttp } from '../../envoy/protocol.ts'
import type { Rules } from '../../intentions/rules.ts'
import type { ProxyConfig, Upstream } from '../../model/proxy-config.ts'
import { nameOf, type ServiceInstance } from '../../model/service.ts'
import { spiffeUri } from '../../model/spiffe.ts'
import type { ServiceName } from '../../model/tenancy.ts'
import { meshOf } from '../../queries/config-entry.ts'
import { destinationRules } from '../../queries/destination-rules.ts'
import { trustDomain } from '../../queries/mesh-roots.ts'
import { exportPeers } from '../../queries/peer-exports.ts'
import type { PeerTrust } from '../../queries/peer-trust.ts'
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
  /** Peers whose workloads may come to the service. */
  readonly peers: readonly PeerTrust[]
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
      peers: view.derive(exportPeers, ownService(service)),
      mesh: meshOf(view, service.Partition),
      exposed: [...exposedPaths(proxy), ...(proxy.Expose.Checks ? exposedChecks(view, service) : [])],
      upstreams,
      issues: [
        ...options.issues,
        ...sidecarHatchIssues(options),
        ...upstreams.flatMap(upstream => [
          ...upstream.options.issues,
          ...upstreamHatchIssues(upstream),
          ...modesWithoutEffect(upstream),
        ]),
        ...listed.flatMap(upstream => unsupportedUpstream(upstream) ?? []),
        ...unsupportedOptions(proxy),
        ...(problem === '' ? [] : [{ path: 'intentions', message: problem }]),
      ],
    }
  },
})

function rulesOf(view: View, service: ServiceInstance, options: SidecarOptions) {
  return view.derive(destinationRules, { service: ownService(service), layer: isHttp(options.protocol) ? 'l7' : 'l4' })
}

/** The service it speaks for. */
function ownService(service: ServiceInstance): ServiceName {
  return { ...nameOf(service), Name: service.Proxy.DestinationServiceName ?? '' }
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
  if (upstream.DestinationType !== 'prepared_query') return undefined
  return { path: `Upstreams[${upstream.DestinationName}]`, message: 'prepared queries are not supported' }
}

/** A peer's instances are known by its gateways only, so there is nothing to dial directly. */
function modesWithoutEffect({ definition }: UpstreamConfig): readonly Issue[] {
  if (!definition.DestinationPeer || definition.MeshGateway.Mode !== 'none') return []
  const message = 'mesh gateway mode "none" means "remote" towards a peer, whose services are behind its mesh gateways'
  return [{ path: `Upstreams[${definition.DestinationName}].MeshGateway`, message }]
}
