// The keys of an opaque Proxy.Config that shape a bootstrap, read the lenient way Consul reads them: any letter case,
// numbers as texts. What cannot be understood is an issue, because the proxy would start without what it was told.

import type { JsonObject, JsonValue } from '../../lib/json-value.ts'
import type { Issue } from '../../lib/schema.ts'
import type { IpAddress } from './bootstrap-input.ts'

export interface ProxySettings {
  readonly statsd?: IpAddress
  readonly dogstatsd?: IpAddress | { readonly socketPath: string }
  readonly statsTags: readonly string[]
  readonly statsConfig?: JsonObject
  /** A duration such as `10s`; empty when not set. */
  readonly statsFlushInterval: string
  readonly extraStatsSinks: readonly JsonObject[]
  readonly tracing?: JsonObject
  readonly extraClusters: readonly JsonObject[]
  readonly extraListeners: readonly JsonObject[]
  readonly prometheusBind?: IpAddress
  readonly statsBind?: IpAddress
  readonly readyBind?: IpAddress
  /** A whole bootstrap as a template; empty when not set. */
  readonly template: string
}

type Env = Readonly<Record<string, string | undefined>>

/** Reads the settings; `env` resolves `$NAME` and `${HOST_IP}` in statistics addresses. */
export function readProxySettings(config: JsonObject, env: Env): { settings: ProxySettings; issues: readonly Issue[] } {
  const reader = new SettingsReader(config, env)
  const settings: ProxySettings = {
    ...defined('statsd', reader.sinkAddress('envoy_statsd_url')),
    ...defined('dogstatsd', reader.sinkAddressOrSocket('envoy_dogstatsd_url')),
    statsTags: reader.texts('envoy_stats_tags'),
    ...defined('statsConfig', reader.json('envoy_stats_config_json')[0]),
    statsFlushInterval: reader.text('envoy_stats_flush_interval'),
    extraStatsSinks: reader.json('envoy_extra_stats_sinks_json'),
    ...defined('tracing', reader.json('envoy_tracing_json')[0]),
    extraClusters: reader.json('envoy_extra_static_clusters_json'),
    extraListeners: reader.json('envoy_extra_static_listeners_json'),
    ...defined('prometheusBind', reader.address('envoy_prometheus_bind_addr')),
    ...defined('statsBind', reader.address('envoy_stats_bind_addr')),
    ...defined('readyBind', reader.readyBind()),
    template: reader.text('envoy_bootstrap_json_tpl'),
  }
  return { settings, issues: reader.issues }
}

/** Reads keys one by one and collects what is wrong with them. */
class SettingsReader {
  readonly issues: Issue[] = []
  private readonly config: JsonObject
  private readonly env: Env

  constructor(config: JsonObject, env: Env) {
    this.config = config
    this.env = env
  }

  text(key: string): string {
    const value = this.value(key)
    if (value === undefined || value === null) return ''
    if (typeof value === 'object') return this.refuse(key, 'expected a string', '')
    return String(value)
  }

  texts(key: string): readonly string[] {
    const value = this.value(key)
    if (value === undefined || value === null) return []
    const list = Array.isArray(value) ? value : [value]
    if (list.some(element => typeof element === 'object')) return this.refuse(key, 'expected a list of strings', [])
    return list.map(String)
  }

  /** The JSON objects in a text, which are separated by commas. */
  json(key: string): readonly JsonObject[] {
    const text = this.text(key)
    if (text.trim() === '') return []
    const list = parseJson(`[${text}]`)
    const isSound = Array.isArray(list) && list.every(element => typeof element === 'object' && element !== null)
    return isSound ? (list as readonly JsonObject[]) : this.refuse(key, 'expected JSON objects, parted by commas', [])
  }

  address(key: string): IpAddress | undefined {
    const text = this.text(key)
    if (text === '') return undefined
    const address = parseIpPort(text)
    return address ?? this.refuse(key, `expected ip:port, got ${JSON.stringify(text)}`, undefined)
  }

  readyBind(): IpAddress | undefined {
    const address = this.text('envoy_ready_bind_address')
    const port = this.text('envoy_ready_bind_port')
    if (address === '' || port === '') return undefined
    const parsed = parseIpPort(`${address.includes(':') ? `[${address}]` : address}:${port}`)
    const got = `${address} and port ${port}`
    return parsed ?? this.refuse('envoy_ready_bind_address', `expected an IP address and port, got ${got}`, undefined)
  }

  sinkAddress(key: string): IpAddress | undefined {
    const target = this.sinkAddressOrSocket(key)
    if (target === undefined || 'address' in target) return target
    return this.refuse(key, 'expected udp://ip:port; Unix sockets are for envoy_dogstatsd_url', undefined)
  }

  sinkAddressOrSocket(key: string): IpAddress | { readonly socketPath: string } | undefined {
    const written = this.text(key)
    if (written === '') return undefined
    const text = this.expand(key, written)
    if (text === undefined) return undefined
    if (/^unix:\/\/./.test(text)) return { socketPath: text.slice('unix://'.length) }
    const address = text.startsWith('udp://') ? parseIpPort(text.slice('udp://'.length)) : undefined
    return address ?? this.refuse(key, `expected udp://ip:port or unix://path, got ${JSON.stringify(text)}`, undefined)
  }

  /** Replaces `$NAME` and `${NAME}` by the environment's values. */
  private expand(key: string, text: string): string | undefined {
    let missing: string | undefined
    const expanded = text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_reference, braced: string | undefined, bare: string) => {
      const name = braced ?? bare
      const value = Object.hasOwn(this.env, name) ? this.env[name] : undefined
      if (!value) missing ??= name
      return value ?? ''
    })
    if (missing === undefined) return expanded
    return this.refuse(key, `refers to the environment variable ${missing}, which is not set`, undefined)
  }

  private value(key: string): JsonValue | undefined {
    const found = Object.keys(this.config).find(candidate => candidate.toLowerCase() === key)
    return found === undefined ? undefined : this.config[found]
  }

  private refuse<T>(key: string, message: string, instead: T): T {
    this.issues.push({ path: `Proxy.Config.${key}`, message })
    return instead
  }
}

/** An IP address and port as `1.2.3.4:80` or `[::1]:80`; undefined for anything else, host names included. */
export function parseIpPort(text: string): IpAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|((?:\d{1,3}\.){3}\d{1,3})):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port < 1 || port > 65535) return undefined
  return { address: match[1] ?? match[2]!, port }
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `{[key]: value}`, or nothing for undefined. */
function defined<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V })
}
