import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { JsonObject } from '../../lib/json-value.ts'
import { buildBootstrap } from './bootstrap.ts'
import type { BootstrapInput } from './bootstrap-input.ts'

const sidecar: BootstrapInput = {
  proxyId: 'web-sidecar-proxy',
  cluster: 'web',
  sourceService: 'web',
  namespace: 'default',
  partition: 'default',
  datacenter: 'dc1',
  token: '',
  admin: { address: '127.0.0.1', port: 19000, accessLogPath: '/dev/null' },
  grpc: { target: { address: '127.0.0.1', port: 8502 } },
  config: {},
  env: {},
  omitDeprecatedTags: false,
  prometheus: { scrapePath: '/metrics' },
}

const everything: BootstrapInput = {
  ...sidecar,
  nodeName: 'node-1',
  token: 'c9a52720-bf6c-4aa6-b8bc-66881a5ade95',
  admin: { address: '127.0.0.1', port: 19001, accessLogPath: '/dev/null' },
  accessLogs: { Enabled: true, Type: 'file', Path: '/var/log/envoy.log', TextFormat: '%START_TIME% %PATH%\n' },
  grpc: { target: { socketPath: '/run/xds.sock' } },
  config: {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to the environment, in the spelling of the setting.
    envoy_statsd_url: 'udp://${HOST_IP}:8125',
    envoy_dogstatsd_url: 'unix:///run/datadog.sock',
    envoy_stats_tags: ['Env=prod', 'canary', 'consul.source.service=renamed'],
    envoy_stats_flush_interval: '10s',
    envoy_extra_stats_sinks_json: '{"name": "sink_a"}, {"name": "sink_b"}',
    envoy_tracing_json: '{"http": {"name": "envoy.tracers.zipkin"}}',
    envoy_extra_static_clusters_json: '{"name": "extra_cluster"}',
    envoy_extra_static_listeners_json: '{"name": "extra_listener"}',
    envoy_prometheus_bind_addr: '0.0.0.0:9102',
    envoy_stats_bind_addr: '[::1]:9103',
  },
  env: { HOST_IP: '10.0.0.7' },
  omitDeprecatedTags: true,
  prometheus: {
    backendPort: 20100,
    scrapePath: '/scrape',
    tls: { certFile: '/tls/cert.pem', keyFile: '/tls/key.pem', ca: { file: '/tls/ca.pem' } },
  },
  ready: { address: '10.0.0.7', port: 8446 },
  telemetryCollectorSocket: '/run/collector.sock',
}

function build(input: BootstrapInput): JsonObject {
  const result = buildBootstrap(input)
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result.bootstrap
}

/** Follows a path of keys and indexes. */
function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inside, key) => (inside as Record<string | number, unknown>)[key], value)
}

function issuesOf(config: JsonObject, env = {}): readonly string[] {
  const result = buildBootstrap({ ...sidecar, config, env })
  return result.ok ? [] : result.issues.map(issue => `${issue.path}: ${issue.message}`)
}

describe('buildBootstrap', () => {
  test.each([
    ['sidecar', sidecar],
    [
      'mesh-gateway-over-tls',
      {
        ...sidecar,
        proxyId: 'mesh-gateway',
        cluster: 'mesh-gateway',
        sourceService: 'mesh-gateway',
        grpc: { target: { address: '10.5.0.2', port: 8503 }, caPem: '-----BEGIN CERTIFICATE-----\nAAAA\n' },
      },
    ],
    ['everything', everything],
  ] satisfies [string, BootstrapInput][])('is as recorded for %s', async (name, input) => {
    await expect(stringify(build(input), { lineWidth: 0, aliasDuplicateObjects: false })).toMatchFileSnapshot(
      `goldens/${name}.golden.yaml`,
    )
  })

  test('puts its keys in the documented order', () => {
    expect(Object.keys(build(everything))).toEqual([
      'admin',
      'node',
      'layered_runtime',
      'static_resources',
      'stats_sinks',
      'stats_flush_interval',
      'stats_config',
      'tracing',
      'dynamic_resources',
    ])
  })

  test('sends metrics to the admin interface where there is no backend', () => {
    const bootstrap = build({ ...sidecar, config: { envoy_prometheus_bind_addr: '127.0.0.1:9102' } })
    const clusters = at(bootstrap, 'static_resources', 'clusters') as { name: string }[]
    expect(clusters.map(cluster => cluster.name)).toEqual(['local_agent', 'self_admin'])
    expect(at(bootstrap, 'static_resources')).not.toHaveProperty('secrets')
  })

  test('adds the admin cluster once for several listeners', () => {
    const config = { envoy_prometheus_bind_addr: '127.0.0.1:9102', envoy_stats_bind_addr: '127.0.0.1:9103' }
    const ready = { envoy_ready_bind_address: '127.0.0.1', envoy_ready_bind_port: 9104 }
    const bootstrap = build({ ...sidecar, config: { ...config, ...ready } })
    const clusters = at(bootstrap, 'static_resources', 'clusters') as { name: string }[]
    const listeners = at(bootstrap, 'static_resources', 'listeners') as { name: string }[]
    expect(clusters.map(cluster => cluster.name)).toEqual(['local_agent', 'self_admin'])
    expect(listeners.map(listener => listener.name)).toEqual([
      'envoy_prometheus_metrics_listener',
      'envoy_metrics_listener',
      'envoy_ready_listener',
    ])
  })

  test('replaces the whole stats_config on request', () => {
    const bootstrap = build({ ...sidecar, config: { envoy_stats_config_json: '{"stats_tags": []}' } })
    expect(bootstrap.stats_config).toEqual({ stats_tags: [] })
  })

  test('flushes for the telemetry collector every minute unless configured', () => {
    const input = { ...sidecar, telemetryCollectorSocket: '/run/c.sock' }
    expect(build(input).stats_flush_interval).toBe('60s')
    expect(build({ ...input, config: { envoy_stats_flush_interval: '5s' } }).stats_flush_interval).toBe('5s')
  })

  test('reads keys in any letter case, and an address out of the environment', () => {
    const bootstrap = build({
      ...sidecar,
      config: { Envoy_StatsD_URL: '$STATSD' },
      env: { STATSD: 'udp://127.0.0.1:9125' },
    })
    expect(at(bootstrap, 'stats_sinks', 0, 'name')).toBe('envoy.stat_sinks.statsd')
    const address = at(bootstrap, 'stats_sinks', 0, 'typedConfig', 'address', 'socket_address')
    expect(address).toEqual({ address: '127.0.0.1', port_value: 9125 })
  })

  test('logs the admin interface as proxy-defaults configures access logs', () => {
    const log = (input: Partial<BootstrapInput>) => at(build({ ...sidecar, ...input }), 'admin', 'access_log', 0)
    expect(log({ accessLogs: { Enabled: false, Type: 'stdout' } })).toMatchObject({
      name: 'envoy.access_loggers.file',
      typed_config: { path: '/dev/null' },
    })
    expect(log({ accessLogs: { Enabled: true } })).toMatchObject({
      name: 'envoy.access_loggers.stdout',
      typed_config: { log_format: { json_format: { start_time: '%START_TIME%' } } },
    })
    expect(log({ accessLogs: { Enabled: true, Type: 'stderr', JSONFormat: '{"t": "%START_TIME%"}' } })).toMatchObject({
      name: 'envoy.access_loggers.stderr',
      typed_config: { log_format: { json_format: { t: '%START_TIME%' } } },
    })
    const admin = { ...sidecar.admin, accessLogPath: '/tmp/admin.log' }
    expect(log({ accessLogs: { Enabled: true }, admin })).toMatchObject({ typed_config: { path: '/tmp/admin.log' } })
  })

  test.each([
    [
      { envoy_prometheus_bind_addr: 'localhost:9102' },
      'envoy_prometheus_bind_addr: expected ip:port, got "localhost:9102"',
    ],
    [{ envoy_stats_bind_addr: '127.0.0.1' }, 'envoy_stats_bind_addr: expected ip:port, got "127.0.0.1"'],
    [
      { envoy_statsd_url: 'tcp://127.0.0.1:1' },
      'envoy_statsd_url: expected udp://ip:port or unix://path, got "tcp://127.0.0.1:1"',
    ],
    [
      { envoy_statsd_url: 'unix:///x' },
      'envoy_statsd_url: expected udp://ip:port; Unix sockets are for envoy_dogstatsd_url',
    ],
    [{ envoy_statsd_url: '$NOPE' }, 'envoy_statsd_url: refers to the environment variable NOPE, which is not set'],
    [
      { envoy_statsd_url: '$constructor' },
      'envoy_statsd_url: refers to the environment variable constructor, which is not set',
    ],
    [
      { envoy_extra_static_clusters_json: '{' },
      'envoy_extra_static_clusters_json: expected JSON objects, parted by commas',
    ],
    [{ envoy_tracing_json: { a: 1 } }, 'envoy_tracing_json: expected a string'],
    [{ envoy_stats_tags: [{}] }, 'envoy_stats_tags: expected a list of strings'],
    [
      { envoy_ready_bind_address: 'x', envoy_ready_bind_port: 1 },
      'envoy_ready_bind_address: expected an IP address and port, got x and port 1',
    ],
  ])('refuses %j', (config, message) => {
    expect(issuesOf(config)).toEqual([`Proxy.Config.${message}`])
  })

  test('reports every mistake at once', () => {
    expect(issuesOf({ envoy_stats_bind_addr: 'x', envoy_tracing_json: '{' })).toHaveLength(2)
  })
})

describe('bootstrap templates', () => {
  test('see the values of the built-in bootstrap', () => {
    const template = `{
      "node": {"id": "{{ .ProxyID }}", "cluster": "{{ .ProxyCluster }}"},
      {{- if .GRPC.AgentTLS }} "tls": true, {{- else }} "tls": false, {{- end }}
      "agent": "{{ .GRPC.AgentAddress }}:{{ .GRPC.AgentPort }}",
      "clusters": [{{ .StaticClustersJSON }}]
    }`
    const bootstrap = build({ ...sidecar, config: { envoy_bootstrap_json_tpl: template } })
    expect(bootstrap).toEqual({
      node: { id: 'web-sidecar-proxy', cluster: 'web' },
      tls: false,
      agent: '127.0.0.1:8502',
      clusters: [],
    })
  })

  test.each([
    ['{{ .Nope }}', '{{ .Nope }}: there is no value .Nope'],
    ['{{ range .X }}', '{{ range .X }} is not supported'],
    ['{{ if .Token }}', '{{ if }} without {{ end }}'],
    ['{{ end }}', '{{ end }} without {{ if }}'],
    ['not json', 'does not render to a JSON object'],
  ])('refuse %j', (template, message) => {
    expect(issuesOf({ envoy_bootstrap_json_tpl: template })).toEqual([`envoy_bootstrap_json_tpl: ${message}`])
  })
})
