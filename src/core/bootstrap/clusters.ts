// The clusters that exist before the control plane has said anything: the agent itself, and what metrics need.

import type { JsonObject, JsonValue } from '../../lib/json-value.ts'
import type { BootstrapInput, IpAddress } from './bootstrap-input.ts'
import type { ProxySettings } from './proxy-settings.ts'

/** The agent that the xDS stream goes to. */
export const LOCAL_AGENT = 'local_agent'
/** Envoy's own admin interface. */
export const SELF_ADMIN = 'self_admin'
/** A local process that merges metrics. */
export const PROMETHEUS_BACKEND = 'prometheus_backend'
/** The listener that leads to the telemetry collector. */
export const COLLECTOR = 'consul_telemetry_collector_loopback'

type Target = IpAddress | { readonly socketPath: string }

/** All static clusters, the agent's first and the operator's own last. */
export function staticClusters(input: BootstrapInput, settings: ProxySettings): readonly JsonObject[] {
  const { prometheus, telemetryCollectorSocket } = input
  const backendPort = settings.prometheusBind ? prometheus.backendPort : undefined
  const needsAdmin =
    settings.statsBind || input.ready || settings.readyBind || (settings.prometheusBind && backendPort === undefined)
  return [
    localAgent(input.grpc),
    ...(needsAdmin ? [http1Cluster(SELF_ADMIN, input.admin)] : []),
    ...(backendPort === undefined
      ? []
      : [http1Cluster(PROMETHEUS_BACKEND, { address: '127.0.0.1', port: backendPort })]),
    ...(telemetryCollectorSocket ? [collector(telemetryCollectorSocket)] : []),
    ...settings.extraClusters,
  ]
}

function localAgent({ target, caPem }: BootstrapInput['grpc']): JsonObject {
  return {
    name: LOCAL_AGENT,
    ignore_health_on_host_removal: false,
    connect_timeout: '1s',
    type: 'STATIC',
    ...(caPem === undefined ? {} : { transport_socket: trust(caPem) }),
    ...protocolOptions('http2_protocol_options'),
    loadAssignment: assignment(LOCAL_AGENT, target),
  }
}

function trust(caPem: string): JsonObject {
  return {
    name: 'tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      common_tls_context: { validation_context: { trusted_ca: { inline_string: caPem } } },
    },
  }
}

function http1Cluster(name: string, target: Target): JsonObject {
  return {
    name,
    ignore_health_on_host_removal: false,
    connect_timeout: '5s',
    type: 'STATIC',
    ...protocolOptions('http_protocol_options'),
    loadAssignment: assignment(name, target),
  }
}

function collector(socketPath: string): JsonObject {
  return {
    name: COLLECTOR,
    type: 'STATIC',
    ...protocolOptions('http2_protocol_options'),
    loadAssignment: assignment(COLLECTOR, { socketPath }),
  }
}

function protocolOptions(protocol: 'http_protocol_options' | 'http2_protocol_options'): JsonObject {
  const extension = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
  const options = { '@type': `type.googleapis.com/${extension}`, explicit_http_config: { [protocol]: {} } }
  return { typed_extension_protocol_options: { [extension]: options } }
}

function assignment(clusterName: string, target: Target): JsonValue {
  const address =
    'socketPath' in target
      ? { pipe: { path: target.socketPath } }
      : { socket_address: { address: target.address, port_value: target.port } }
  return { clusterName, endpoints: [{ lbEndpoints: [{ endpoint: { address } }] }] }
}
