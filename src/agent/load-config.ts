// From files, folders and flags to one configuration. Later sources win: scalars are replaced, lists grow, maps are merged.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../core/model/fault.ts'
import type { FlagValues } from '../lib/go-flags.ts'
import { decode, describeIssues, foldKey } from '../lib/schema.ts'
import { type ConfigFormat, formatOfName, parseConfigText } from '../rim/config-file.ts'
import { type agentFlags, type FileConfig, fileSchema, IGNORED_KEYS } from './options.ts'

export interface LoadedConfig {
  readonly config: FileConfig
  /** Sentences to show at start. */
  readonly warnings: readonly string[]
  /** The files that were read. */
  readonly files: readonly string[]
}

export type AgentFlags = FlagValues<typeof agentFlags>

/** Reads everything the flags name. Throws Fault('invalid') with file, line or field of whatever is wrong. */
export function loadConfig(flags: AgentFlags, given: ReadonlySet<string>): LoadedConfig {
  const format = formatOf(flags['config-format'])
  const files = [...flags['config-file'], ...flags['config-dir'].flatMap(filesOf)]
  const sources = [
    ...files.map(file => decodeSource(readText(file), formatOfName(file) === undefined ? format : undefined, file)),
    ...flags.hcl.map((text, i) => decodeSource(text, 'hcl', `-hcl fragment ${i + 1}`)),
    { config: fromFlags(flags, given), warnings: [] },
  ]
  return {
    config: sources.reduce<FileConfig>((merged, source) => merge(merged, source.config), {}),
    warnings: sources.flatMap(source => source.warnings),
    files,
  }
}

/** Decodes the text of one source. */
export function decodeSource(
  text: string,
  format: ConfigFormat | undefined,
  name: string,
): { config: FileConfig; warnings: readonly string[] } {
  const document: unknown = parseConfigText(text, format, name)
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Fault('invalid', `${name}: expected an object with configuration keys`)
  }
  const ignored = new Set(Object.keys(IGNORED_KEYS).map(foldKey))
  const entries = Object.entries(document)
  const without = entries.filter(([key]) => ignored.has(foldKey(key))).map(([key]) => key)
  const kept = Object.fromEntries(entries.filter(([key]) => !ignored.has(foldKey(key))))
  const decoded = decode(fileSchema, kept, { weak: true })
  if (!decoded.ok) throw new Fault('invalid', `${name}: ${describeIssues(decoded.issues)}`, { issues: decoded.issues })
  const warnings = without.map(key => `${name}: "${key}" has no effect here`)
  return { config: decoded.value, warnings }
}

function fromFlags(flags: AgentFlags, given: ReadonlySet<string>): FileConfig {
  const config: Record<string, unknown> = {}
  const set = (key: string, value: unknown) => {
    config[key] = value
  }
  const scalars: Readonly<Record<string, string>> = {
    advertise: 'advertise_addr',
    'advertise-wan': 'advertise_addr_wan',
    bind: 'bind_addr',
    bootstrap: 'bootstrap',
    'bootstrap-expect': 'bootstrap_expect',
    client: 'client_addr',
    'data-dir': 'data_dir',
    datacenter: 'datacenter',
    'default-query-time': 'default_query_time',
    'alt-domain': 'alt_domain',
    domain: 'domain',
    encrypt: 'encrypt',
    'enable-local-script-checks': 'enable_local_script_checks',
    'enable-script-checks': 'enable_script_checks',
    join: 'start_join',
    'join-wan': 'start_join_wan',
    'log-json': 'log_json',
    'log-level': 'log_level',
    'max-query-time': 'max_query_time',
    node: 'node_name',
    'node-id': 'node_id',
    partition: 'partition',
    'pid-file': 'pid_file',
    recursor: 'recursors',
    'retry-join': 'retry_join',
    'retry-join-wan': 'retry_join_wan',
    'retry-interval-wan': 'retry_interval_wan',
    server: 'server',
    ui: 'ui',
  }
  const values: Readonly<Record<string, unknown>> = flags
  for (const [flag, key] of Object.entries(scalars)) if (given.has(flag)) set(key, values[flag])
  const ports: Readonly<Record<string, string>> = {
    'dns-port': 'dns',
    'grpc-port': 'grpc',
    'grpc-tls-port': 'grpc_tls',
    'http-port': 'http',
    'https-port': 'https',
    'serf-lan-port': 'serf_lan',
    'serf-wan-port': 'serf_wan',
    'server-port': 'server',
  }
  const givenPorts = Object.entries(ports).filter(([flag]) => given.has(flag))
  if (givenPorts.length > 0) set('ports', Object.fromEntries(givenPorts.map(([flag, key]) => [key, values[flag]])))
  if (given.has('node-meta')) set('node_meta', metaOf(flags['node-meta']))

  const decoded = decode(fileSchema, config, { weak: true })
  if (!decoded.ok) throw new Fault('invalid', `flags: ${describeIssues(decoded.issues)}`, { issues: decoded.issues })
  return decoded.value
}

function metaOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map(pair => {
      const colon = pair.indexOf(':')
      return colon < 0 ? [pair, ''] : [pair.slice(0, colon), pair.slice(colon + 1)]
    }),
  )
}

function formatOf(text: string): ConfigFormat | undefined {
  if (text === '') return undefined
  if (text === 'hcl' || text === 'json' || text === 'yaml') return text
  throw new Fault('invalid', `-config-format: invalid value "${text}"; allowed are hcl, json, yaml`)
}

function filesOf(folder: string): string[] {
  const names = attempt(() => readdirSync(folder), `cannot read the folder ${folder}`)
  return names
    .filter(name => formatOfName(name) !== undefined)
    .sort()
    .map(name => join(folder, name))
}

function readText(file: string): string {
  const isFolder = attempt(() => statSync(file).isDirectory(), `cannot read ${file}`)
  if (isFolder) throw new Fault('invalid', `${file} is a folder; use -config-dir for it`)
  return attempt(() => readFileSync(file, 'utf8'), `cannot read ${file}`)
}

function attempt<T>(action: () => T, what: string): T {
  try {
    return action()
  } catch (error) {
    throw new Fault('invalid', `${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

function merge(base: FileConfig, over: FileConfig): FileConfig {
  // Both sides were decoded by the same schema, and merging keeps the kind of each field.
  return mergeValues(base, over) as FileConfig
}

function mergeValues(base: unknown, over: unknown): unknown {
  if (over === undefined) return base
  if (Array.isArray(base) && Array.isArray(over)) return [...base, ...over]
  if (!isRecord(base) || !isRecord(over)) return over
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) merged[key] = mergeValues(merged[key], value)
  return merged
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
