// Part of a sidecar: the listener that other proxies dial, and the application behind it.

import type { Cluster } from '../../../gen/envoy/config/cluster/v3/cluster_pb.ts'
import type { Address } from '../../../gen/envoy/config/core/v3/address_pb.ts'
import type { TransportSocket } from '../../../gen/envoy/config/core/v3/base_pb.ts'
import type { Filter } from '../../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import type { Listener } from '../../../gen/envoy/config/listener/v3/listener_pb.ts'
import type { RBAC } from '../../../gen/envoy/config/rbac/v3/rbac_pb.ts'
import type { HttpConnectionManager_Tracing as HcmTracing } from '../../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import { logSinks } from '../../envoy/access-log.ts'
import { pipeAddress, socketAddress } from '../../envoy/address.ts'
import { makeCluster } from '../../envoy/cluster.ts'
import { contentDigest } from '../../envoy/content-digest.ts'
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
import type { CertificateFill, OwnCertificate, SocketPlace } from '../../envoy/resource-template.ts'
import { singleRoute } from '../../envoy/route.ts'
import { Templates } from '../../envoy/templates.ts'
import { downstreamTls, type TrustBundle } from '../../envoy/tls.ts'
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
  readonly own: CertificateFill
  /** PEM of the roots that clients are verified by. */
  readonly roots: readonly string[]
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
  const { options } = part
  const custom = fromHatch(HATCHES.listener, options.publicListenerJson)
  if (custom !== undefined) {
    const layer = isHttp(options.protocol) ? 'l7' : 'l4'
    return makeOwnResource('listener', () => guardListener(custom, { ...guardOf(part, part.own), layer }))
  }
  const bind = { address: options.bindAddress ?? (part.address || ANY_ADDRESS), port: options.bindPort ?? part.port }
  const values = { name: listenerName(NAME, bind.address, bind.port), bind }
  return listeners.form(listenerKey(part), values, (some, own) => ownListener(part, some, own)).resource(part.own)
}

/** What tells the listeners of most sidecars apart, but for certificates. */
type ListenerValues = { readonly name: string; readonly bind: SocketPlace }

const listeners = new Templates<ListenerValues>('listener')

function listenerKey({ options, rules, ...part }: PublicListener): string {
  const { bindAddress, bindPort, issues, ...shown } = options
  const { trust, params, accessLogs, normalization, hideClient } = part
  const roots = contentDigest(part.roots)
  return JSON.stringify([shown, contentDigest(rules), roots, trust, params, accessLogs, normalization, hideClient])
}

function guardOf({ options, roots, trust, params, rules }: PublicListener, own: OwnCertificate): Guard {
  const identity = { ...own, roots }
  const tls = downstreamTls({ identity, trust, params: tlsParams(params), protocol: options.protocol })
  return { tls, rules: rbacRules(rules) }
}

/** What guards a listener, whoever wrote it. */
interface Guard {
  readonly tls: TransportSocket
  readonly rules: RBAC
}

function ownListener(part: PublicListener, { name, bind }: ListenerValues, own: OwnCertificate): Listener {
  const { tls, rules } = guardOf(part, own)
  return makeListener({
    name,
    address: socketAddress(bind.address, bind.port),
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
  const custom = fromHatch(HATCHES.cluster, options.localClusterJson)
  if (custom !== undefined) return makeOwnResource('cluster', () => custom)
  const { LocalServiceSocketPath: path, LocalServiceAddress, LocalServicePort } = proxy
  if (path) return makeOwnResource('cluster', () => localCluster(pipeAddress(path), options))
  const { localConnectTimeoutMs, maxInboundConnections, protocol } = options
  const key = JSON.stringify([localConnectTimeoutMs, maxInboundConnections, protocol])
  const application = { address: LocalServiceAddress || LOOPBACK, port: LocalServicePort ?? 0 }
  const make = ({ application: { address, port } }: LocalValues) => localCluster(socketAddress(address, port), options)
  return applications.form(key, { application }, make).resource()
}

type LocalValues = { readonly application: SocketPlace }

const applications = new Templates<LocalValues>('cluster')

function localCluster(address: Address, options: SidecarOptions): Cluster {
  const limit = options.maxInboundConnections
  return makeCluster({
    name: LOCAL_APP,
    endpoints: { by: 'static', address },
    connectTimeoutMs: options.localConnectTimeoutMs,
    limits: limit > 0 ? { maxConnections: limit } : undefined,
    protocol: isHttp2(options.protocol) ? 'downstream' : undefined,
  })
}
