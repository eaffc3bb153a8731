// The message types that may stand inside an `Any`: what escape hatches can use, and what prints as JSON.

import { createRegistry, type Registry } from '@bufbuild/protobuf'
import { file_envoy_config_cluster_v3_cluster as cluster } from '../../gen/envoy/config/cluster/v3/cluster_pb.ts'
import { file_envoy_config_endpoint_v3_endpoint as endpoint } from '../../gen/envoy/config/endpoint/v3/endpoint_pb.ts'
import { file_envoy_config_listener_v3_listener as listener } from '../../gen/envoy/config/listener/v3/listener_pb.ts'
import { file_envoy_config_route_v3_route as route } from '../../gen/envoy/config/route/v3/route_pb.ts'
import { file_envoy_config_trace_v3_http_tracer as traceHttpTracer } from '../../gen/envoy/config/trace/v3/http_tracer_pb.ts'
import { file_envoy_config_trace_v3_opentelemetry as traceOpentelemetry } from '../../gen/envoy/config/trace/v3/opentelemetry_pb.ts'
import { file_envoy_config_trace_v3_zipkin as traceZipkin } from '../../gen/envoy/config/trace/v3/zipkin_pb.ts'
import { file_envoy_extensions_access_loggers_file_v3_file as accessLoggersFileFile } from '../../gen/envoy/extensions/access_loggers/file/v3/file_pb.ts'
import { file_envoy_extensions_access_loggers_grpc_v3_als as accessLoggersGrpcAls } from '../../gen/envoy/extensions/access_loggers/grpc/v3/als_pb.ts'
import { file_envoy_extensions_access_loggers_open_telemetry_v3_logs_service as accessLoggersOpenTelemetryLogsService } from '../../gen/envoy/extensions/access_loggers/open_telemetry/v3/logs_service_pb.ts'
import { file_envoy_extensions_access_loggers_stream_v3_stream as accessLoggersStreamStream } from '../../gen/envoy/extensions/access_loggers/stream/v3/stream_pb.ts'
import { file_envoy_extensions_clusters_aggregate_v3_cluster as clustersAggregateCluster } from '../../gen/envoy/extensions/clusters/aggregate/v3/cluster_pb.ts'
import { file_envoy_extensions_filters_http_ext_authz_v3_ext_authz as httpExtAuthzExtAuthz } from '../../gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.ts'
import { file_envoy_extensions_filters_http_grpc_http1_bridge_v3_config as httpGrpcHttp1BridgeConfig } from '../../gen/envoy/extensions/filters/http/grpc_http1_bridge/v3/config_pb.ts'
import { file_envoy_extensions_filters_http_grpc_stats_v3_config as httpGrpcStatsConfig } from '../../gen/envoy/extensions/filters/http/grpc_stats/v3/config_pb.ts'
import { file_envoy_extensions_filters_http_header_to_metadata_v3_header_to_metadata as httpHeaderToMetadataHeaderToMetadata } from '../../gen/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.ts'
import { file_envoy_extensions_filters_http_jwt_authn_v3_config as httpJwtAuthnConfig } from '../../gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.ts'
import { file_envoy_extensions_filters_http_local_ratelimit_v3_local_rate_limit as httpLocalRatelimitLocalRateLimit } from '../../gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.ts'
import { file_envoy_extensions_filters_http_lua_v3_lua as httpLuaLua } from '../../gen/envoy/extensions/filters/http/lua/v3/lua_pb.ts'
import { file_envoy_extensions_filters_http_rbac_v3_rbac as httpRbacRbac } from '../../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.ts'
import { file_envoy_extensions_filters_http_router_v3_router as httpRouterRouter } from '../../gen/envoy/extensions/filters/http/router/v3/router_pb.ts'
import { file_envoy_extensions_filters_http_wasm_v3_wasm as httpWasmWasm } from '../../gen/envoy/extensions/filters/http/wasm/v3/wasm_pb.ts'
import { file_envoy_extensions_filters_listener_http_inspector_v3_http_inspector as listenerHttpInspectorHttpInspector } from '../../gen/envoy/extensions/filters/listener/http_inspector/v3/http_inspector_pb.ts'
import { file_envoy_extensions_filters_listener_original_dst_v3_original_dst as listenerOriginalDstOriginalDst } from '../../gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.ts'
import { file_envoy_extensions_filters_listener_tls_inspector_v3_tls_inspector as listenerTlsInspectorTlsInspector } from '../../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.ts'
import { file_envoy_extensions_filters_network_connection_limit_v3_connection_limit as networkConnectionLimitConnectionLimit } from '../../gen/envoy/extensions/filters/network/connection_limit/v3/connection_limit_pb.ts'
import { file_envoy_extensions_filters_network_ext_authz_v3_ext_authz as networkExtAuthzExtAuthz } from '../../gen/envoy/extensions/filters/network/ext_authz/v3/ext_authz_pb.ts'
import { file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager as networkHttpConnectionManagerHttpConnectionManager } from '../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import { file_envoy_extensions_filters_network_local_ratelimit_v3_local_rate_limit as networkLocalRatelimitLocalRateLimit } from '../../gen/envoy/extensions/filters/network/local_ratelimit/v3/local_rate_limit_pb.ts'
import { file_envoy_extensions_filters_network_rbac_v3_rbac as networkRbacRbac } from '../../gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.ts'
import { file_envoy_extensions_filters_network_sni_cluster_v3_sni_cluster as networkSniClusterSniCluster } from '../../gen/envoy/extensions/filters/network/sni_cluster/v3/sni_cluster_pb.ts'
import { file_envoy_extensions_filters_network_tcp_proxy_v3_tcp_proxy as networkTcpProxyTcpProxy } from '../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts'
import { file_envoy_extensions_filters_network_wasm_v3_wasm as networkWasmWasm } from '../../gen/envoy/extensions/filters/network/wasm/v3/wasm_pb.ts'
import { file_envoy_extensions_transport_sockets_raw_buffer_v3_raw_buffer as transportSocketsRawBufferRawBuffer } from '../../gen/envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer_pb.ts'
import { file_envoy_extensions_transport_sockets_tls_v3_secret as secret } from '../../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts'
import { file_envoy_extensions_transport_sockets_tls_v3_tls as transportSocketsTlsTls } from '../../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts'
import { file_envoy_extensions_transport_sockets_tls_v3_tls_spiffe_validator_config as transportSocketsTlsTlsSpiffeValidatorConfig } from '../../gen/envoy/extensions/transport_sockets/tls/v3/tls_spiffe_validator_config_pb.ts'
import { file_envoy_extensions_upstreams_http_v3_http_protocol_options as upstreamsHttpHttpProtocolOptions } from '../../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts'

const FILES = [
  accessLoggersFileFile,
  accessLoggersGrpcAls,
  accessLoggersOpenTelemetryLogsService,
  accessLoggersStreamStream,
  clustersAggregateCluster,
  httpExtAuthzExtAuthz,
  httpGrpcHttp1BridgeConfig,
  httpGrpcStatsConfig,
  httpHeaderToMetadataHeaderToMetadata,
  httpJwtAuthnConfig,
  httpLocalRatelimitLocalRateLimit,
  httpLuaLua,
  httpRbacRbac,
  httpRouterRouter,
  httpWasmWasm,
  listenerHttpInspectorHttpInspector,
  listenerOriginalDstOriginalDst,
  listenerTlsInspectorTlsInspector,
  networkConnectionLimitConnectionLimit,
  networkExtAuthzExtAuthz,
  networkHttpConnectionManagerHttpConnectionManager,
  networkLocalRatelimitLocalRateLimit,
  networkRbacRbac,
  networkSniClusterSniCluster,
  networkTcpProxyTcpProxy,
  networkWasmWasm,
  transportSocketsRawBufferRawBuffer,
  transportSocketsTlsTls,
  transportSocketsTlsTlsSpiffeValidatorConfig,
  upstreamsHttpHttpProtocolOptions,
  cluster,
  listener,
  route,
  endpoint,
  secret,
  traceHttpTracer,
  traceOpentelemetry,
  traceZipkin,
]

let registry: Registry | undefined

/** All types of Envoy's API that this program knows, made on first use. */
export function envoyTypes(): Registry {
  registry ??= createRegistry(...FILES)
  return registry
}
