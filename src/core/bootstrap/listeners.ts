// The listeners an Envoy opens by itself: metrics and readiness, each one path that leads to its admin interface.

import type { JsonObject } from '../../lib/json-value.ts'
import type { BootstrapInput, IpAddress } from './bootstrap-input.ts'
import { PROMETHEUS_BACKEND, SELF_ADMIN } from './clusters.ts'
import { prometheusTransportSocket } from './prometheus-tls.ts'
import type { ProxySettings } from './proxy-settings.ts'

interface ProbeListener {
  /** The listener is `<name>_listener`, its statistics are under `<name>`. */
  readonly name: string
  readonly at: IpAddress
  readonly match: JsonObject
  readonly route: JsonObject
  readonly transportSocket?: JsonObject
}

/** All static listeners, the operator's own last. */
export function staticListeners(input: BootstrapInput, settings: ProxySettings): readonly JsonObject[] {
  const ready = input.ready ?? settings.readyBind
  return [
    ...(settings.prometheusBind ? [prometheus(input, settings.prometheusBind)] : []),
    ...(settings.statsBind ? [stats(settings.statsBind)] : []),
    ...(ready ? [readiness(ready)] : []),
    ...settings.extraListeners,
  ]
}

function prometheus(input: BootstrapInput, at: IpAddress): JsonObject {
  const { backendPort, scrapePath, tls } = input.prometheus
  const transportSocket = prometheusTransportSocket(tls)
  return listener({
    name: 'envoy_prometheus_metrics',
    at,
    match: { path: scrapePath },
    route: {
      cluster: backendPort === undefined ? SELF_ADMIN : PROMETHEUS_BACKEND,
      prefix_rewrite: '/stats/prometheus',
    },
    ...(transportSocket ? { transportSocket } : {}),
  })
}

function stats(at: IpAddress): JsonObject {
  const route = { cluster: SELF_ADMIN, prefix_rewrite: '/stats' }
  return listener({ name: 'envoy_metrics', at, match: { prefix: '/stats' }, route })
}

function readiness(at: IpAddress): JsonObject {
  const route = { cluster: SELF_ADMIN, prefix_rewrite: '/ready' }
  return listener({ name: 'envoy_ready', at, match: { path: '/ready' }, route })
}

function listener({ name, at, match, route, transportSocket }: ProbeListener): JsonObject {
  const filter = {
    name: 'envoy.filters.network.http_connection_manager',
    typedConfig: connectionManager(name, match, route),
  }
  return {
    name: `${name}_listener`,
    address: { socket_address: { address: at.address, port_value: at.port } },
    filter_chains: [{ ...(transportSocket ? { transportSocket } : {}), filters: [filter] }],
  }
}

function connectionManager(statPrefix: string, match: JsonObject, route: JsonObject): JsonObject {
  const notFound = { match: { prefix: '/' }, direct_response: { status: 404 } }
  return {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: statPrefix,
    codec_type: 'HTTP1',
    route_config: {
      name: 'self_admin_route',
      virtual_hosts: [{ name: 'self_admin', domains: ['*'], routes: [{ match, route }, notFound] }],
    },
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
  }
}
