// Part of a sidecar: paths of the application that callers outside the mesh may reach, without TLS and without intentions,
// such as what health checks and metrics collectors ask for.

import type { FilterChainMatch } from '../../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import { logSinks } from '../../envoy/access-log.ts'
import { socketAddress } from '../../envoy/address.ts'
import { makeCluster } from '../../envoy/cluster.ts'
import { filterChain, sourceMatch } from '../../envoy/filter.ts'
import { httpConnectionManager } from '../../envoy/http-connection-manager.ts'
import { makeListener } from '../../envoy/listener.ts'
import { makeResource } from '../../envoy/make-resource.ts'
import { listenerName } from '../../envoy/names.ts'
import { isHttp2, type Protocol } from '../../envoy/protocol.ts'
import type { Resource } from '../../envoy/resource.ts'
import { singleRoute } from '../../envoy/route.ts'
import type { AccessLogs } from '../../model/proxy-config.ts'
import { DEFAULT_CONNECT_TIMEOUT_MS } from '../parts/timeouts.ts'
import type { SidecarOptions } from './options.ts'

const LOCAL_APP = 'local_app'
const ANY_ADDRESS = '0.0.0.0'
const LOOPBACK = '127.0.0.1'

export interface ExposedPath {
  readonly path: string
  readonly listenerPort: number
  readonly localPort: number
  readonly protocol: Protocol
  /** Who may ask; everybody unless given. */
  readonly from?: readonly AddressRange[]
}

export interface AddressRange {
  readonly address: string
  readonly bits: number
}

export interface ExposedContext {
  /** The proxy's own address; '' for any. */
  readonly address: string
  /** The port of the application: paths on it go to the same cluster as the mesh's traffic. */
  readonly servicePort: number
  readonly options: SidecarOptions
  readonly accessLogs: AccessLogs | undefined
}

/** The listener of one path. */
export function exposedListener(exposed: ExposedPath, context: ExposedContext): Resource {
  const address = context.address || ANY_ADDRESS
  const { path, listenerPort: port, protocol } = exposed
  const label = path.replace(/[^a-zA-Z0-9]/g, '')
  const name = `exposed_path_filter_${label}_${port}`
  const logs = logSinks(context.accessLogs)
  const manager = httpConnectionManager({
    statPrefix: name,
    protocol,
    routes: {
      by: 'inline',
      config: singleRoute({ name, virtualHost: name, cluster: clusterName(exposed, context), path }),
    },
    maxRequestHeadersKb: context.options.maxRequestHeadersKb,
    accessLogs: logs.filters,
  })
  const listener = makeListener({
    name: listenerName(`exposed_path_${label}`, address, port),
    address: socketAddress(address, port),
    direction: 'inbound',
    filterChains: [filterChain({ match: matchOf(exposed), filters: [manager] })],
    accessLogs: logs.listener,
  })
  return makeResource('listener', listener)
}

/** The cluster of a path that has a port of its own; undefined when it is the application's. */
export function exposedCluster(exposed: ExposedPath, context: ExposedContext): Resource | undefined {
  const name = clusterName(exposed, context)
  if (name === LOCAL_APP) return undefined
  const cluster = makeCluster({
    name,
    endpoints: { by: 'static', address: socketAddress(LOOPBACK, exposed.localPort) },
    connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS,
    protocol: isHttp2(exposed.protocol) ? 'http2' : undefined,
  })
  return makeResource('cluster', cluster)
}

function clusterName({ localPort }: ExposedPath, { servicePort }: ExposedContext): string {
  return localPort === servicePort ? LOCAL_APP : `exposed_cluster_${localPort}`
}

function matchOf({ from }: ExposedPath): FilterChainMatch | undefined {
  return from === undefined ? undefined : sourceMatch(from)
}
