// The access log of Envoy's admin interface: a file unless proxy-defaults configures access logs.

import type { JsonObject, JsonValue } from '../../lib/json-text.ts'
import type { AccessLogs } from '../model/proxy-config.ts'

const NOWHERE = '/dev/null'

/** The entry under `admin.access_log`. A path given on purpose wins over the configured logs. */
export function adminAccessLog(path: string, logs: AccessLogs | undefined): JsonObject {
  if (!logs?.Enabled || path !== NOWHERE) return entry('file', 'file.v3.FileAccessLog', { path })
  const format = logFormat(logs)
  switch (logs.Type ?? '') {
    case 'file':
      return entry('file', 'file.v3.FileAccessLog', { path: logs.Path ?? NOWHERE, log_format: format })
    case 'stderr':
      return entry('stderr', 'stream.v3.StderrAccessLog', { log_format: format })
    default:
      return entry('stdout', 'stream.v3.StdoutAccessLog', { log_format: format })
  }
}

function entry(logger: string, message: string, config: JsonObject): JsonObject {
  return {
    name: `envoy.access_loggers.${logger}`,
    typed_config: { '@type': `type.googleapis.com/envoy.extensions.access_loggers.${message}`, ...config },
  }
}

function logFormat(logs: AccessLogs): JsonObject {
  if (logs.TextFormat) return { text_format_source: { inline_string: logs.TextFormat } }
  return { json_format: parseFormat(logs.JSONFormat) ?? DEFAULT_FORMAT }
}

function parseFormat(text: string | undefined): JsonValue | undefined {
  if (!text) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What is logged of a request or connection unless configured; the values are Envoy's command operators. */
const DEFAULT_FORMAT = {
  start_time: '%START_TIME%',
  route_name: '%ROUTE_NAME%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  connection_termination_details: '%CONNECTION_TERMINATION_DETAILS%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  duration: '%DURATION%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
  user_agent: '%REQ(USER-AGENT)%',
  request_id: '%REQ(X-REQUEST-ID)%',
  authority: '%REQ(:AUTHORITY)%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_cluster: '%UPSTREAM_CLUSTER%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
  upstream_transport_failure_reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
}
