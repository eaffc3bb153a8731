// Where Envoy asks for a resource: always the aggregated stream it is already on.

import { ApiVersion, type ConfigSource, ConfigSourceSchema } from '../../gen/envoy/config/core/v3/config_source_pb.ts'
import { create } from './create-message.ts'
import { protoDuration } from './duration.ts'

/** `fetchTimeoutMs` bounds the wait for the first answer; 0 waits for ever, undefined leaves Envoy's default. */
export function adsSource(fetchTimeoutMs: number | undefined): ConfigSource {
  return create(ConfigSourceSchema, {
    configSourceSpecifier: { case: 'ads', value: {} },
    resourceApiVersion: ApiVersion.V3,
    initialFetchTimeout: fetchTimeoutMs === undefined ? undefined : protoDuration(fetchTimeoutMs),
  })
}
