// Part of a mesh gateway: how its listeners recognise connections for exported services, and what becomes of them.

import type { FilterChain } from '../../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import type { LogSinks } from '../../envoy/access-log.ts'
import { filterChain, serverNameMatch, tcpProxyFilter } from '../../envoy/filter.ts'
import { httpConnectionManager } from '../../envoy/http-connection-manager.ts'
import { opaqueConfig } from '../../envoy/opaque-config.ts'
import { isHttp, type Protocol, protocolOf } from '../../envoy/protocol.ts'
import { downstreamTls } from '../../envoy/tls.ts'
import { instanceKey } from '../../model/service.ts'
import { peeredSni } from '../../model/sni.ts'
import { joinKey, type ServiceName, serviceKey } from '../../model/tenancy.ts'
import { trustDomain } from '../../queries/mesh-roots.ts'
import { type ExportShardArg, exportedInShard, exportPeers } from '../../queries/peer-exports.ts'
import type { PeerTrust } from '../../queries/peer-trust.ts'
import { serviceConfig } from '../../queries/service-config.ts'
import { defineQuery, type View } from '../../store/view.ts'
import { exportedChainOf, exportedRouteName, exportedTargets } from './exported-target.ts'
import type { GatewayIdentity } from './gateway-identity.ts'

export interface ExportedChain {
  readonly service: ServiceName
  readonly datacenter: string
  /** The names under which the peers ask for it, one for each. */
  readonly serverNames: readonly string[]
  readonly to: ExportedTcp | ExportedHttp
}

interface ExportedTcp {
  readonly kind: 'tcp'
  readonly cluster: string
}

interface ExportedHttp {
  readonly kind: 'http'
  readonly protocol: Protocol
  /** Where its routes lead. */
  readonly clusters: readonly string[]
  /** The peers whose workloads are let in. */
  readonly peers: readonly PeerTrust[]
  readonly maxRequestHeadersKb: number | undefined
}

/** The chains of the exported services in a shard that lead somewhere. */
export const exportedChains = defineQuery<ExportShardArg, readonly ExportedChain[]>({
  name: 'mesh-gateway-exported-chains',
  key: arg => joinKey(arg.partition, String(arg.shard)),
  run: (view, arg) => view.derive(exportedInShard, arg).flatMap(service => view.derive(exportedChain, service) ?? []),
})

const exportedChain = defineQuery<ServiceName, ExportedChain | undefined>({
  name: 'mesh-gateway-exported-chain',
  key: serviceKey,
  run(view, service) {
    const peers = view.derive(exportPeers, service)
    const to = destinationOf(view, service, peers)
    if (to === undefined || peers.length === 0) return undefined
    const domain = view.derive(trustDomain, undefined)
    const { Name, Namespace: namespace, Partition: partition } = service
    const serverNames = peers.map(({ peer }) => peeredSni({ service: Name, namespace, partition }, peer, domain))
    return { service, datacenter: view.self.datacenter, serverNames, to }
  },
})

function destinationOf(view: View, service: ServiceName, peers: readonly PeerTrust[]): ExportedChain['to'] | undefined {
  const chain = exportedChainOf(view, service)
  const clusters = view.derive(exportedTargets, service).map(target => target.name)
  const [cluster] = clusters
  if (chain === undefined || cluster === undefined) return undefined
  const protocol = protocolOf(chain.Protocol)
  if (!isHttp(protocol)) return { kind: 'tcp', cluster }
  return { kind: 'http', protocol, clusters, peers, maxRequestHeadersKb: headersLimit(view, service) }
}

/** What the first instance of the service admits. */
function headersLimit(view: View, service: ServiceName): number | undefined {
  const [first] = view.list('services', 'connect', serviceKey(service))
  const proxy = first && view.derive(serviceConfig, instanceKey(first))
  return opaqueConfig(proxy?.Config, '').integer('max_request_headers_kb')
}

export interface ExportContext {
  /** Undefined while there is none, and then HTTP services are left out. */
  readonly identity: GatewayIdentity | undefined
  readonly fetchTimeoutMs: number | undefined
  readonly maxRequestHeadersKb: number | undefined
  readonly logs: LogSinks
}

/** The filter chain of an exported service for those of its names in `serverNames`. */
export function exportedFilterChain(
  chain: ExportedChain,
  serverNames: readonly string[],
  context: ExportContext,
): FilterChain | undefined {
  const { service, datacenter, to } = chain
  const labels = `${service.Name}.${service.Namespace}.${service.Partition}.${datacenter}`
  const statPrefix = `mesh_gateway_local_peered.${labels}`
  const match = serverNameMatch(serverNames)
  const accessLogs = context.logs.filters
  if (to.kind === 'tcp') {
    return filterChain({ match, filters: [tcpProxyFilter({ cluster: to.cluster, statPrefix, accessLogs })] })
  }
  if (context.identity === undefined) return undefined
  const manager = httpConnectionManager({
    statPrefix,
    protocol: to.protocol,
    routes: { by: 'rds', name: exportedRouteName(service), fetchTimeoutMs: context.fetchTimeoutMs },
    // Whatever a caller says about itself, what counts is the certificate that it shows here.
    forwardClientCert: 'sanitize-set',
    maxRequestHeadersKb: to.maxRequestHeadersKb ?? context.maxRequestHeadersKb,
    accessLogs,
  })
  const { tls: identity, incoming: params } = context.identity
  // Nobody of this cluster comes this way: the gateway would lend him its name in front of the service.
  const tls = downstreamTls({ identity, params, protocol: 'tcp', trust: to.peers })
  return filterChain({ match, filters: [manager], tls })
}
