// Access logs of listeners, HTTP connection managers and TCP proxies, as proxy-defaults asks for them.

import type { JsonObject } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import { type AccessLog, AccessLogSchema } from '../../gen/envoy/config/accesslog/v3/accesslog_pb.ts'
import {
  type SubstitutionFormatString,
  SubstitutionFormatStringSchema,
} from '../../gen/envoy/config/core/v3/substitution_format_string_pb.ts'
import { FileAccessLogSchema } from '../../gen/envoy/extensions/access_loggers/file/v3/file_pb.ts'
import {
  StderrAccessLogSchema,
  StdoutAccessLogSchema,
} from '../../gen/envoy/extensions/access_loggers/stream/v3/stream_pb.ts'
import { DEFAULT_ACCESS_LOG_FORMAT, textLogFormat } from '../model/access-log-format.ts'
import type { AccessLogs } from '../model/proxy-config.ts'
import { anyOf } from './any.ts'
import { create } from './create-message.ts'

/** What each kind of place logs. */
export interface LogSinks {
  /** For HTTP connection managers and TCP proxies: one line for each request or connection. */
  readonly filters: readonly AccessLog[]
  /** For listeners: connections that no filter chain took. */
  readonly listener: readonly AccessLog[]
}

export const noLogs: LogSinks = { filters: [], listener: [] }

/** The access logs of a proxy. */
export function logSinks(config: AccessLogs | undefined): LogSinks {
  if (config?.Enabled !== true) return noLogs
  const typedConfig = sink(config)
  const filters = [makeLog('Consul Listener Filter Log', typedConfig)]
  if (config.DisableListenerLogs === true) return { filters, listener: [] }
  const unmatched = { filterSpecifier: { case: 'responseFlagFilter' as const, value: { flags: ['NR'] } } }
  const listener = create(AccessLogSchema, {
    name: 'Consul Listener Log',
    filter: unmatched,
    configType: { case: 'typedConfig', value: typedConfig },
  })
  return { filters, listener: [listener] }
}

function makeLog(name: string, typedConfig: Any): AccessLog {
  return create(AccessLogSchema, { name, configType: { case: 'typedConfig', value: typedConfig } })
}

function sink(config: AccessLogs): Any {
  const accessLogFormat = { case: 'logFormat' as const, value: logFormat(config) }
  switch (config.Type) {
    case 'stderr':
      return anyOf(StderrAccessLogSchema, create(StderrAccessLogSchema, { accessLogFormat }))
    case 'file':
      return anyOf(FileAccessLogSchema, create(FileAccessLogSchema, { path: config.Path ?? '', accessLogFormat }))
    default:
      return anyOf(StdoutAccessLogSchema, create(StdoutAccessLogSchema, { accessLogFormat }))
  }
}

function logFormat(config: AccessLogs): SubstitutionFormatString {
  if (config.TextFormat) {
    const inlineString = textLogFormat(config.TextFormat)
    return create(SubstitutionFormatStringSchema, {
      format: { case: 'textFormatSource', value: { specifier: { case: 'inlineString', value: inlineString } } },
    })
  }
  return create(SubstitutionFormatStringSchema, {
    format: { case: 'jsonFormat', value: jsonFormat(config.JSONFormat) ?? DEFAULT_ACCESS_LOG_FORMAT },
  })
}

/** The user's object; undefined when there is none. Entries are stored only when theirs is JSON. */
function jsonFormat(text: string | undefined): JsonObject | undefined {
  if (!text) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    // JSON.parse makes nothing but JSON values.
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as JsonObject) : undefined
  } catch {
    return undefined
  }
}
