// The HTTP connection manager: the network filter that understands requests.

import type { AccessLog } from '../../gen/envoy/config/accesslog/v3/accesslog_pb.ts'
import type { Filter } from '../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import type { RouteConfiguration } from '../../gen/envoy/config/route/v3/route_pb.ts'
import {
  HttpConnectionManager_ForwardClientCertDetails as ForwardDetails,
  type HttpConnectionManager_Tracing as HcmTracing,
  HttpConnectionManagerSchema,
  type HttpFilter,
} from '../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import { adsSource } from './config-source.ts'
import { create } from './create-message.ts'
import { networkFilter } from './filter.ts'
import { grpcFilters, routerFilter } from './http-filter.ts'
import { statName } from './names.ts'
import { isHttp2, type Protocol } from './protocol.ts'
import { type RequestNormalization, requestNormalization } from './request-normalization.ts'

export interface HttpManagerOptions {
  readonly statPrefix: string
  readonly protocol: Protocol
  readonly routes: RouteSource
  /** Filters between those that the protocol brings and the router, in order. */
  readonly filters?: readonly HttpFilter[]
  /** Sampling of traces; nothing is sampled unless given. */
  readonly tracing?: HcmTracing | undefined
  readonly forwardClientCert?: keyof typeof FORWARD | undefined
  readonly maxRequestHeadersKb?: number | undefined
  readonly normalization?: RequestNormalization | undefined
  readonly accessLogs: readonly AccessLog[]
}

/** Routes of a route configuration resource, or routes carried along. */
export type RouteSource =
  | { readonly by: 'rds'; readonly name: string; readonly fetchTimeoutMs: number | undefined }
  | { readonly by: 'inline'; readonly config: RouteConfiguration }

const FORWARD = {
  append: ForwardDetails.APPEND_FORWARD,
  'sanitize-set': ForwardDetails.SANITIZE_SET,
} as const

export function httpConnectionManager(options: HttpManagerOptions): Filter {
  const { protocol, forwardClientCert, normalization } = options
  const message = create(HttpConnectionManagerSchema, {
    statPrefix: statName(options.statPrefix),
    routeSpecifier: routeSpecifier(options.routes),
    httpFilters: [...(protocol === 'grpc' ? grpcFilters() : []), ...(options.filters ?? []), routerFilter()],
    http2ProtocolOptions: isHttp2(protocol) ? {} : undefined,
    tracing: options.tracing ?? { randomSampling: { value: 0 } },
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    maxRequestHeadersKb: options.maxRequestHeadersKb || undefined,
    accessLog: [...options.accessLogs],
    ...(forwardClientCert === undefined ? {} : forwardedDetails(forwardClientCert)),
    ...(normalization === undefined ? {} : requestNormalization(normalization)),
  })
  return networkFilter('envoy.filters.network.http_connection_manager', HttpConnectionManagerSchema, message)
}

function routeSpecifier(routes: RouteSource) {
  if (routes.by === 'inline') return { case: 'routeConfig', value: routes.config } as const
  const configSource = adsSource(routes.fetchTimeoutMs)
  return { case: 'rds', value: { routeConfigName: routes.name, configSource } } as const
}

function forwardedDetails(how: keyof typeof FORWARD) {
  return {
    forwardClientCertDetails: FORWARD[how],
    setCurrentClientCertDetails: { subject: true, cert: true, chain: true, dns: true, uri: true },
  }
}
