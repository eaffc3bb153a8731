// proxy-defaults: what every proxy of a partition starts from. There is one, named `global`.

import { type Issue, list, opaque, string, withDefault } from '../../lib/schema.ts'
import { canWrite, OPEN } from '../acl/permission.ts'
import { meshGatewayConfig } from '../model/mesh-gateway-mode.ts'
import {
  type AccessLogs,
  accessLogs,
  exposeConfig,
  PROXY_MODES,
  transparentProxyConfig,
} from '../model/proxy-config.ts'
import { defineEntry, type EntryOf, type NewEntry } from './define-entry.ts'
import { checkExtensions, envoyExtension } from './envoy-extensions.ts'
import { failoverPolicy } from './failover-policy.ts'
import { sparse } from './sparse.ts'

const fields = {
  Mode: string({ allowed: PROXY_MODES }),
  TransparentProxy: withDefault(sparse(transparentProxyConfig.fields), {}),
  MutualTLSMode: string({ allowed: ['', 'strict', 'permissive'] }),
  Config: opaque(),
  MeshGateway: withDefault(sparse(meshGatewayConfig.fields), {}),
  Expose: withDefault(sparse(exposeConfig.fields), {}),
  AccessLogs: withDefault(sparse(accessLogs.fields), {}),
  EnvoyExtensions: list(envoyExtension),
  FailoverPolicy: failoverPolicy,
} as const

export type ProxyDefaults = EntryOf<'proxy-defaults', typeof fields>

export const proxyDefaults = defineEntry({
  kind: 'proxy-defaults',
  scope: 'partition',
  fixedName: 'global',
  fields,
  shown: { Config: null },
  check,
  read: () => OPEN,
  write: () => canWrite('mesh'),
})

function check(entry: NewEntry<ProxyDefaults>): Issue[] {
  return [
    ...checkConfig(entry.Config ?? {}),
    ...checkAccessLogs(entry.AccessLogs),
    ...checkExtensions(entry.EnvoyExtensions ?? []),
  ]
}

/** Keys of `Config` that every proxy reads; what they must be. Numbers may be written as text. */
const WELL_KNOWN: ReadonlyMap<string, 'text' | 'number'> = new Map([
  ['protocol', 'text'],
  ['bind_address', 'text'],
  ['bind_port', 'number'],
  ['local_connect_timeout_ms', 'number'],
  ['local_request_timeout_ms', 'number'],
  ['local_idle_timeout_ms', 'number'],
  ['max_inbound_connections', 'number'],
  ['balance_inbound_connections', 'text'],
  ['max_request_headers_kb', 'number'],
  ['xds_fetch_timeout_ms', 'number'],
  ['connect_timeout_ms', 'number'],
  ['envoy_telemetry_collector_bind_socket_dir', 'text'],
])

const SOCKET_DIR_KEY = 'envoy_telemetry_collector_bind_socket_dir'
// A socket path has 104 bytes at most on some systems, and the file name below the folder takes up to 46 of them.
const SOCKET_DIR_LENGTH = 57

function checkConfig(config: Readonly<Record<string, unknown>>): Issue[] {
  return Object.entries(config).flatMap(([key, value]) => {
    const path = `Config["${key}"]`
    const folded = key.toLowerCase()
    if (WELL_KNOWN.get(folded) === 'text' && typeof value !== 'string') {
      return [{ path, message: `expected a string, got ${JSON.stringify(value)}` }]
    }
    if (WELL_KNOWN.get(folded) === 'number' && !isNumeric(value)) {
      return [{ path, message: `expected a number, got ${JSON.stringify(value)}` }]
    }
    if (folded === SOCKET_DIR_KEY && String(value).length > SOCKET_DIR_LENGTH) {
      return [{ path, message: `is longer than ${SOCKET_DIR_LENGTH} characters` }]
    }
    return []
  })
}

function isNumeric(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
}

function checkAccessLogs(logs: AccessLogs): Issue[] {
  const issues: Issue[] = []
  const report = (field: string, message: string) => issues.push({ path: `AccessLogs.${field}`, message })
  const toFile = logs.Type === 'file'
  if (toFile && !logs.Path) report('Path', 'path must be specified when using file type access logs')
  if (!toFile && logs.Path) report('Path', 'path is only valid for file type access logs')
  if (logs.JSONFormat && logs.TextFormat)
    report('TextFormat', 'cannot specify both access log JSONFormat and TextFormat')
  if (logs.JSONFormat && !isJsonObject(logs.JSONFormat))
    report('JSONFormat', 'invalid access log json: not a JSON object')
  return issues
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
