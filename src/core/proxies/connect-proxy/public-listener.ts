// Part of a sidecar: the listener that other proxies dial, and the application behind it.

import type { Cluster } from '../../../gen/envoy/config/cluster/v3/cluster_pb.ts'
import type { TransportSocket } from '../../../gen/envoy/config/core/v3/base_pb.ts'
import type { Filter } from '../../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import type { Listener } from '../../../gen/envoy/config/listener/v3/listener_pb.ts'
import type { RBAC } from '../../../gen/envoy/config/rbac/v3/rbac_pb.ts'
import type { HttpConnectionManager_Tracing as HcmTracing } from '../../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import { logSinks } from '../../envoy/access-log.ts'
import { pipeAddress, socketAddress } from '../../envoy/address.ts'
import { makeCluster } from '../../envoy/cluster.ts'
import { connectionLimitFilter, filterChain, networkRbacFilter, tcpProxyFilter } from '../../envoy/filter.ts'
import { httpConnectionManager } from '../../envoy/http-connection-manager.ts'
import { clientIdentityFilter, httpRbacFilter } from '../../envoy/http-filter.ts'
import { makeListener } from '../../envoy/listener.ts'
import { makeOwnResource } from '../../envoy/make-resource.ts'
import { listenerName } from '../../envoy/names.ts'
import { isHttp, isHttp2 } from '../../envoy/protocol.ts'
import { rbacRules } from '../../envoy/rbac.ts'
import type { RequestNormalization } from '../../envoy/request-normalization.ts'
import type { Resource } from '../../envoy/resource.ts'
import { singleRoute } from '../../envoy/route.ts'
import { downstreamTls, type TlsIdentity, type TrustBundle } from '../../envoy/tls.ts'
import { type TlsDirection, tlsParams } from '../../envoy/tls-params.ts'
import type { Rules } from '../../intentions/rules.ts'
import type { AccessLogs, ProxyConfig } from '../../model/proxy-config.ts'
import { guardListener } from './custom-listener.ts'
import { fromHatch, HATCHES } from './hatches.ts'
import type { SidecarOptions } from './options.ts'

const NAME = 'public_listener'
const LOCAL_APP = 'local_app'
const ANY_ADDRESS = '0.0.0.0'
const LOOPBACK = '127.0.0.1'
const CLIENT_HEADER = 'x-forwarded-client-cert'

export interface PublicListener {
  readonly address: string
  readonly port: number
  readonly options: SidecarOptions
  readonly identity: TlsIdentity
  /** Empty unless others than this cluster's workloads may come: then theirs and ours. */
  readonly trust: readonly TrustBundle[]
  readonly params: TlsDirection | undefined
  readonly rules: Rules
  readonly tracing: HcmTracing | undefined
  readonly accessLogs: AccessLogs | undefined
  readonly normalization: RequestNormalization
  /** Do not pass the client's identity on to the application. */
  readonly hideClient: boolean
}

/** The listener, or what the user wrote in its place; TLS and the rules are in both. */
export function publicListener(part: PublicListener): Resource {
  return makeOwnResource('listener', () => {
    const { options, identity, trust, params } = part
    const tls = downstreamTls({ identity, trust, params: tlsParams(params), protocol: options.protocol })
    const rules = rbacRules(part.rules)
    const custom = fromHatch(HATCHES.listener, options.publicListenerJson)
    if (custom === undefined) return ownListener(part, { tls, rules })
    const layer = isHttp(options.protocol) ? 'l7' : 'l4'
    return guardListener(custom, { tls, rules, layer })
  })
}

/** What guards a listener, whoever wrote it. */
interface Guard {
  readonly tls: TransportSocket
  readonly rules: RBAC
}

function ownListener(part: PublicListener, { tls, rules }: Guard): Listener {
  const address = part.options.bindAddress ?? (part.address || ANY_ADDRESS)
  const port = part.options.bindPort ?? part.port
  return makeListener({
    name: listenerName(NAME, address, port),
    address: socketAddress(address, port),
    direction: 'inbound',
    filterChains: [filterChain({ filters: inboundFilters(part, rules), tls })],
    accessLogs: logSinks(part.accessLogs).listener,
    exactBalance: part.options.exactBalance,
  })
}

/** Who may connect is decided before anything else; for HTTP it is decided for each request. */
function inboundFilters(part: PublicListener, rules: RBAC): readonly Filter[] {
  const { maxInboundConnections: limit, protocol } = part.options
  const limits = limit > 0 ? [connectionLimitFilter(limit)] : []
  if (isHttp(protocol)) return [...limits, inboundHttp(part, rules)]
  const accessLogs = logSinks(part.accessLogs).filters
  return [networkRbacFilter(rules), ...limits, tcpProxyFilter({ cluster: LOCAL_APP, statPrefix: NAME, accessLogs })]
}

function inboundHttp(part: PublicListener, rules: RBAC): Filter {
  const { options, hideClient } = part
  const passesClient = !hideClient && options.protocol !== 'grpc'
  // Behind a gateway only the header says which peer's workload it is, and the rules have to see it.
  const keepsClient = passesClient || part.trust.length > 0
  return httpConnectionManager({
    statPrefix: NAME,
    protocol: options.protocol,
    routes: {
      by: 'inline',
      config: singleRoute({
        name: NAME,
        virtualHost: NAME,
        cluster: LOCAL_APP,
        timeoutMs: options.localRequestTimeoutMs,
        idleTimeoutMs: options.localIdleTimeoutMs,
        removedHeaders: keepsClient && hideClient ? [CLIENT_HEADER] : [],
      }),
    },
    filters: [httpRbacFilter(rules), ...(passesClient ? [clientIdentityFilter()] : [])],
    tracing: part.tracing,
    forwardClientCert: keepsClient ? 'append' : undefined,
    maxRequestHeadersKb: options.maxRequestHeadersKb,
    normalization: part.normalization,
    accessLogs: logSinks(part.accessLogs).filters,
  })
}

/** The application behind the sidecar, or the cluster the user wrote for it. */
export function localApp(proxy: ProxyConfig, options: SidecarOptions): Resource {
  return makeOwnResource('cluster', () => {
    return fromHatch(HATCHES.cluster, options.localClusterJson) ?? ownLocalApp(proxy, options)
  })
}

function ownLocalApp(proxy: ProxyConfig, options: SidecarOptions): Cluster {
  const { LocalServiceSocketPath: path, LocalServiceAddress, LocalServicePort } = proxy
  const address = path ? pipeAddress(path) : socketAddress(LocalServiceAddress || LOOPBACK, LocalServicePort ?? 0)
  const limit = options.maxInboundConnections
  return makeCluster({
    name: LOCAL_APP,
    endpoints: { by: 'static', address },
    connectTimeoutMs: options.localConnectTimeoutMs,
    limits: limit > 0 ? { maxConnections: limit } : undefined,
    protocol: isHttp2(options.protocol) ? 'downstream' : undefined,
  })
}
