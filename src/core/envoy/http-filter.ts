// HTTP filters: what runs for every request inside an HTTP connection manager.

import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import type { RBAC as Rules } from '../../gen/envoy/config/rbac/v3/rbac_pb.ts'
import { ConfigSchema as GrpcHttp1BridgeSchema } from '../../gen/envoy/extensions/filters/http/grpc_http1_bridge/v3/config_pb.ts'
import { FilterConfigSchema as GrpcStatsSchema } from '../../gen/envoy/extensions/filters/http/grpc_stats/v3/config_pb.ts'
import { ConfigSchema as HeaderToMetadataSchema } from '../../gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.ts'
import { RBACSchema } from '../../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.ts'
import { RouterSchema } from '../../gen/envoy/extensions/filters/http/router/v3/router_pb.ts'
import {
  type HttpFilter,
  HttpFilterSchema,
} from '../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import { anyOf } from './any.ts'
import { create } from './create-message.ts'

/** An HTTP filter of any type. */
export function httpFilter<D extends DescMessage>(name: string, schema: D, message: MessageShape<D>): HttpFilter {
  return create(HttpFilterSchema, { name, configType: { case: 'typedConfig', value: anyOf(schema, message) } })
}

const router = httpFilter('envoy.filters.http.router', RouterSchema, create(RouterSchema))

/** Sends the request where its route says; always the last filter. */
export function routerFilter(): HttpFilter {
  return router
}

const grpc: readonly HttpFilter[] = [
  httpFilter(
    'envoy.filters.http.grpc_stats',
    GrpcStatsSchema,
    create(GrpcStatsSchema, { perMethodStatSpecifier: { case: 'statsForAllMethods', value: { value: true } } }),
  ),
  httpFilter('envoy.filters.http.grpc_http1_bridge', GrpcHttp1BridgeSchema, create(GrpcHttp1BridgeSchema)),
]

/** What gRPC services get in front of everything else: statistics by method, and a bridge for HTTP/1 clients. */
export function grpcFilters(): readonly HttpFilter[] {
  return grpc
}

/** Admits only requests that the rules allow; others get a 403. */
export function httpRbacFilter(rules: Rules): HttpFilter {
  return httpFilter('envoy.filters.http.rbac', RBACSchema, create(RBACSchema, { rules }))
}

// The client's identity as its certificate shows it, one capture for each label.
const CLIENT_URI = '.*URI=spiffe://([^/]+.[^/]+)(?:/ap/([^/]+))?/ns/([^/]+)/dc/([^/]+)/svc/([^/;,]+).*'

const CLIENT_LABELS = ['trust-domain', 'partition', 'namespace', 'datacenter', 'service'] as const

const clientIdentity = httpFilter(
  'envoy.filters.http.header_to_metadata',
  HeaderToMetadataSchema,
  create(HeaderToMetadataSchema, {
    requestRules: CLIENT_LABELS.map((key, i) => ({
      header: 'x-forwarded-client-cert',
      onHeaderPresent: {
        metadataNamespace: 'consul',
        key,
        regexValueRewrite: { pattern: { regex: CLIENT_URI }, substitution: `\\${i + 1}` },
      },
    })),
  }),
)

/** Notes the labels of the client's SPIFFE identity as metadata `consul`, for access logs and extensions. */
export function clientIdentityFilter(): HttpFilter {
  return clientIdentity
}
