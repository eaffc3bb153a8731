// The configuration an Envoy starts with: who it is, where its control plane listens, what it reports. Everything else
// comes from the control plane. Built from resolved values only; looking them up is the command line's business.

import type { JsonObject, JsonValue } from '../../lib/json-value.ts'
import type { Issue } from '../../lib/schema.ts'
import { adminAccessLog } from './access-log.ts'
import type { BootstrapInput } from './bootstrap-input.ts'
import { LOCAL_AGENT, staticClusters } from './clusters.ts'
import { staticListeners } from './listeners.ts'
import { prometheusSecrets } from './prometheus-tls.ts'
import { type ProxySettings, readProxySettings } from './proxy-settings.ts'
import { statsConfig } from './stats-config.ts'
import { COLLECTOR_FLUSH_INTERVAL, statsSinks } from './stats-sinks.ts'
import { renderTemplate } from './template.ts'

export type BootstrapResult =
  | { readonly ok: true; readonly bootstrap: JsonObject }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** The bootstrap of a proxy, with keys in the order `consul connect envoy -bootstrap` prints them. */
export function buildBootstrap(input: BootstrapInput): BootstrapResult {
  const { settings, issues } = readProxySettings(input.config, input.env)
  if (issues.length > 0) return { ok: false, issues }
  return settings.template === '' ? { ok: true, bootstrap: assemble(input, settings) } : fromTemplate(input, settings)
}

function assemble(input: BootstrapInput, settings: ProxySettings): JsonObject {
  const sinks = statsSinks(input, settings)
  const flush = settings.statsFlushInterval || (input.telemetryCollectorSocket ? COLLECTOR_FLUSH_INTERVAL : '')
  return {
    admin: {
      access_log: [adminAccessLog(input.admin.accessLogPath, input.accessLogs)],
      address: socketAddress(input.admin),
    },
    node: {
      cluster: input.cluster,
      id: input.proxyId,
      metadata: {
        ...(input.nodeName ? { node_name: input.nodeName } : {}),
        namespace: input.namespace,
        partition: input.partition,
      },
    },
    layered_runtime: {
      layers: [{ name: 'base', static_layer: { 're2.max_program_size.error_level': 1048576 } }],
    },
    static_resources: staticResources(input, settings),
    ...(sinks.length > 0 ? { stats_sinks: sinks } : {}),
    ...(flush ? { stats_flush_interval: flush } : {}),
    stats_config: statsConfig(input, settings),
    ...(settings.tracing ? { tracing: settings.tracing } : {}),
    dynamic_resources: dynamicResources(input.token),
  }
}

function staticResources(input: BootstrapInput, settings: ProxySettings): JsonObject {
  const listeners = staticListeners(input, settings)
  const secrets = prometheusSecrets(input.prometheus.tls)
  return {
    clusters: staticClusters(input, settings),
    ...(listeners.length > 0 ? { listeners } : {}),
    ...(secrets.length > 0 ? { secrets } : {}),
  }
}

function dynamicResources(token: string): JsonObject {
  const source = { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' }
  return {
    lds_config: source,
    cds_config: source,
    ads_config: {
      api_type: 'DELTA_GRPC',
      transport_api_version: 'V3',
      grpc_services: {
        initial_metadata: [{ key: 'x-consul-token', value: token }],
        envoy_grpc: { cluster_name: LOCAL_AGENT },
      },
    },
  }
}

function socketAddress({ address, port }: { readonly address: string; readonly port: number }): JsonObject {
  return { socket_address: { address, port_value: port } }
}

/** A bootstrap by the operator's own template, which sees what the built-in one is made of. */
function fromTemplate(input: BootstrapInput, settings: ProxySettings): BootstrapResult {
  const rendered = renderTemplate(settings.template, templateValues(input, settings))
  if (!rendered.ok) return refuse(rendered.message)
  const bootstrap = parseObject(rendered.text)
  return bootstrap ? { ok: true, bootstrap } : refuse('does not render to a JSON object')
}

function refuse(message: string): BootstrapResult {
  return { ok: false, issues: [{ path: 'envoy_bootstrap_json_tpl', message }] }
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

/** The values a template may name, under the names that Consul's templates use. */
function templateValues(input: BootstrapInput, settings: ProxySettings): ReadonlyMap<string, string> {
  const { admin, grpc, prometheus } = input
  const listed = (list: readonly JsonValue[]) => list.map(element => JSON.stringify(element)).join(',')
  return new Map([
    ['ProxyCluster', input.cluster],
    ['ProxyID', input.proxyId],
    ['ProxySourceService', input.sourceService],
    ['NodeName', input.nodeName ?? ''],
    ['Namespace', input.namespace],
    ['Partition', input.partition],
    ['Datacenter', input.datacenter],
    ['AdminAccessLogPath', admin.accessLogPath],
    ['AdminAccessLogConfig', JSON.stringify(adminAccessLog(admin.accessLogPath, input.accessLogs))],
    ['AdminBindAddress', admin.address],
    ['AdminBindPort', String(admin.port)],
    ['LocalAgentClusterName', LOCAL_AGENT],
    ['Token', input.token],
    ['GRPC.AgentAddress', 'address' in grpc.target ? grpc.target.address : ''],
    ['GRPC.AgentPort', 'address' in grpc.target ? String(grpc.target.port) : ''],
    ['GRPC.AgentSocket', 'socketPath' in grpc.target ? grpc.target.socketPath : ''],
    ['GRPC.AgentTLS', grpc.caPem === undefined ? '' : 'true'],
    ['AgentCAPEM', JSON.stringify(grpc.caPem ?? '').slice(1, -1)],
    ['StaticClustersJSON', listed(staticClusters(input, settings).slice(1))],
    ['StaticListenersJSON', listed(staticListeners(input, settings))],
    ['StaticSecretsJSON', listed(prometheusSecrets(prometheus.tls))],
    ['StatsSinksJSON', listed(statsSinks(input, settings))],
    ['StatsConfigJSON', JSON.stringify(statsConfig(input, settings))],
    ['StatsFlushInterval', settings.statsFlushInterval],
    ['TracingConfigJSON', settings.tracing ? JSON.stringify(settings.tracing) : ''],
    ['PrometheusBackendPort', prometheus.backendPort === undefined ? '' : String(prometheus.backendPort)],
    ['PrometheusScrapePath', prometheus.scrapePath],
  ])
}
