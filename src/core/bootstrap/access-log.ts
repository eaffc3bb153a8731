// The access log of Envoy's admin interface: a file unless proxy-defaults configures access logs.

import type { JsonObject, JsonValue } from '../../lib/json-value.ts'
import { DEFAULT_ACCESS_LOG_FORMAT, textLogFormat } from '../model/access-log-format.ts'
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
  if (logs.TextFormat) return { text_format_source: { inline_string: textLogFormat(logs.TextFormat) } }
  return { json_format: parseFormat(logs.JSONFormat) ?? DEFAULT_ACCESS_LOG_FORMAT }
}

function parseFormat(text: string | undefined): JsonValue | undefined {
  if (!text) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
