// All that a sidecar needs for the traffic that comes to its service.

import type { Resource } from '../../envoy/resource.ts'
import type { CertificateFill } from '../../envoy/resource-template.ts'
import type { MeshRoots } from '../../queries/mesh-roots.ts'
import type { PartCache } from '../part-cache.ts'
import type { SidecarConfig } from './config.ts'
import { exposedCluster, exposedListener } from './exposed-path.ts'
import { fromHatch, HATCHES } from './hatches.ts'
import { localApp, publicListener } from './public-listener.ts'

export interface Inbound {
  readonly clusters: readonly Resource[]
  readonly listeners: readonly Resource[]
}

/** Who the sidecar is and whom it trusts. */
export interface InboundIdentity {
  readonly own: CertificateFill
  readonly roots: MeshRoots
}

export function inboundResources(config: SidecarConfig, identity: InboundIdentity, parts: PartCache): Inbound {
  const exposed = exposedResources(config, parts)
  const listener = publicListenerPart(config, identity, parts)
  const proxy = parts.keep('proxy', config.proxy)
  const options = parts.keep('options', config.options)
  const app = parts.use('local-app', [proxy, options], () => localApp(proxy, options))
  return parts.use('inbound', [app, listener, exposed], () => ({
    clusters: [app, ...exposed.clusters],
    listeners: [listener, ...exposed.listeners],
  }))
}

function publicListenerPart(config: SidecarConfig, { own, roots }: InboundIdentity, parts: PartCache): Resource {
  const { address, port, mesh, rules } = config
  const peers = parts.keep('peers', config.peers)
  const options = parts.keep('options', config.options)
  const incoming = parts.keep('incoming', mesh?.TLS?.Incoming)
  const http = parts.keep('mesh-http', mesh?.HTTP)
  const accessLogs = parts.keep('access-logs', config.proxy.AccessLogs)
  const inputs = [address, port, options, own, roots, peers, incoming, http, accessLogs, rules]
  return parts.use('public-listener', inputs, () =>
    publicListener({
      address,
      port,
      options,
      own,
      roots: roots.pems,
      trust: peers.length === 0 ? [] : [{ trustDomain: roots.trustDomain, roots: roots.pems }, ...peers],
      params: incoming,
      rules,
      tracing: fromHatch(HATCHES.tracing, options.listenerTracingJson),
      accessLogs,
      normalization: http?.Incoming?.RequestNormalization ?? {},
      hideClient: http?.SanitizeXForwardedClientCert ?? false,
    }),
  )
}

function exposedResources(config: SidecarConfig, parts: PartCache): Inbound {
  const { address } = config
  const servicePort = config.proxy.LocalServicePort ?? 0
  const paths = parts.keep('exposed-paths', config.exposed)
  const options = parts.keep('options', config.options)
  const accessLogs = parts.keep('access-logs', config.proxy.AccessLogs)
  return parts.use('exposed', [paths, address, servicePort, options, accessLogs], () => {
    const context = { address, servicePort, options, accessLogs }
    return {
      clusters: paths.flatMap(path => exposedCluster(path, context) ?? []),
      listeners: paths.map(path => exposedListener(path, context)),
    }
  })
}
