// Where an Envoy sends its statistics.

import type { JsonObject } from '../../lib/json-value.ts'
import type { BootstrapInput } from './bootstrap-input.ts'
import { COLLECTOR } from './clusters.ts'
import type { ProxySettings } from './proxy-settings.ts'

/** How often statistics go to the telemetry collector unless configured. */
export const COLLECTOR_FLUSH_INTERVAL = '60s'

/** All sinks: StatsD, DogStatsD, the operator's own, the telemetry collector. */
export function statsSinks(input: BootstrapInput, settings: ProxySettings): readonly JsonObject[] {
  const { statsd, dogstatsd, extraStatsSinks } = settings
  return [
    ...(statsd ? [sink('statsd', 'StatsdSink', statsd)] : []),
    ...(dogstatsd ? [sink('dog_statsd', 'DogStatsdSink', dogstatsd)] : []),
    ...extraStatsSinks,
    ...(input.telemetryCollectorSocket ? [collectorSink()] : []),
  ]
}

function sink(name: string, message: string, target: NonNullable<ProxySettings['dogstatsd']>): JsonObject {
  const address =
    'socketPath' in target
      ? { pipe: { path: target.socketPath } }
      : { socket_address: { address: target.address, port_value: target.port } }
  return {
    name: `envoy.stat_sinks.${name}`,
    typedConfig: { '@type': `type.googleapis.com/envoy.config.metrics.v3.${message}`, address },
  }
}

function collectorSink(): JsonObject {
  return {
    name: 'envoy.stat_sinks.metrics_service',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.config.metrics.v3.MetricsServiceConfig',
      transport_api_version: 'V3',
      grpc_service: { envoy_grpc: { cluster_name: COLLECTOR } },
      emit_tags_as_labels: true,
    },
  }
}
