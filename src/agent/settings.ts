// The configuration with every default filled in and every rule across fields checked: what the agent is built from.

import { hostname, networkInterfaces } from 'node:os'
import type { DnsOptions } from '../core/dns/options.ts'
import { Fault } from '../core/model/fault.ts'
import { checkPartitionName } from '../core/model/partition.ts'
import { DEFAULT_PARTITION } from '../core/model/tenancy.ts'
import type { Self } from '../core/store/view.ts'
import { parseDuration } from '../lib/duration.ts'
import { expandAddressTemplate } from '../rim/address-template.ts'
import { joinPlace, LAN_PORT } from '../rim/agents/find-servers.ts'
import type { Place } from '../rim/agents/place-resolver.ts'
import { joinEndpoint } from '../rim/federation/membership.ts'
import { DEFAULT_WAITS, type WaitLimits } from '../rim/watch.ts'
import { type Definitions, definitionsOf } from './definitions.ts'
import { dnsOptionsOf, recursorOf } from './dns-options.ts'
import type { FileConfig } from './options.ts'

export interface Settings {
  readonly self: Self
  readonly dev: boolean
  readonly engine: 'memory' | 'sqlite'
  /** '' when nothing is kept. */
  readonly dataDir: string
  readonly bindAddress: string
  readonly clientAddresses: readonly string[]
  readonly advertiseWan: string
  readonly ports: Ports
  readonly sidecarPorts: { readonly min: number; readonly max: number }
  readonly scripts: { readonly api: boolean; readonly files: boolean }
  /** Where a client agent looks for servers. */
  readonly retryJoin: readonly Place[]
  readonly retryJoinWan: readonly string[]
  readonly retryIntervalWanMs: number
  readonly dns: DnsOptions
  readonly translateWanAddresses: boolean
  readonly waits: WaitLimits
  readonly maxConnectionsPerClient: number
  readonly responseHeaders: Readonly<Record<string, string>>
  readonly logLevel: LogLevel
  readonly logJson: boolean
  readonly leaveOnTerminate: boolean
  readonly leaveOnInterrupt: boolean
  readonly nodeMeta: Readonly<Record<string, string>>
  readonly taggedAddresses: Readonly<Record<string, string>>
  readonly pidFile: string
  /** What the files define beside options. */
  readonly definitions: Definitions
  readonly file: FileConfig
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error'

/** -1 is off. */
export interface Ports {
  readonly dns: number
  readonly http: number
  readonly https: number
  readonly grpc: number
  readonly grpcTls: number
  readonly server: number
  readonly serfLan: number
  readonly serfWan: number
}

const ANY_ADDRESS = new Set(['0.0.0.0', '::', ''])
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const NODE_NAME = /^[A-Za-z0-9_.-]{1,128}$/

/** Fills defaults and checks. `nodeId` is the one kept in the data folder. Throws Fault('invalid') naming the field. */
export function settingsOf(config: FileConfig, dev: boolean, nodeId: string): Settings {
  checkConfig(config, dev)
  const isServer = config.server ?? dev
  const bindAddress = addressOf(config.bind_addr) || (dev ? '127.0.0.1' : '0.0.0.0')
  const advertise = addressOf(config.advertise_addr) || (ANY_ADDRESS.has(bindAddress) ? ownAddress() : bindAddress)
  const advertiseWan = addressOf(config.advertise_addr_wan) || advertise
  const datacenter = (config.datacenter || 'dc1').toLowerCase()
  const scripts = {
    api: config.enable_script_checks ?? false,
    files: (config.enable_script_checks || config.enable_local_script_checks) ?? false,
  }
  return {
    self: selfOf(config, dev, datacenter, advertise, nodeId),
    dev,
    engine: config.engine || (dev ? 'memory' : 'sqlite'),
    dataDir: config.data_dir ?? '',
    bindAddress,
    clientAddresses: (addressOf(config.client_addr) || '127.0.0.1').split(/\s+/).filter(text => text !== ''),
    advertiseWan,
    ports: portsOf(config, dev),
    sidecarPorts: { min: config.ports?.sidecar_min_port ?? 21000, max: config.ports?.sidecar_max_port ?? 21255 },
    scripts,
    retryJoin: [...(config.retry_join ?? []), ...(config.start_join ?? [])].map(place => joinPlace(place)),
    retryJoinWan: wanPlaces(config),
    retryIntervalWanMs: milliseconds(config.retry_interval_wan, 30_000),
    dns: dnsOptionsOf(config),
    translateWanAddresses: config.translate_wan_addrs ?? false,
    waits: {
      defaultMs: milliseconds(config.default_query_time, DEFAULT_WAITS.defaultMs),
      maxMs: milliseconds(config.max_query_time, DEFAULT_WAITS.maxMs),
    },
    maxConnectionsPerClient: config.limits?.http_max_conns_per_client ?? 200,
    responseHeaders: config.http_config?.response_headers ?? {},
    logLevel: levelOf(config.log_level),
    logJson: config.log_json ?? false,
    leaveOnTerminate: config.leave_on_terminate ?? !isServer,
    leaveOnInterrupt: !(config.skip_leave_on_interrupt ?? isServer),
    nodeMeta: config.node_meta ?? {},
    taggedAddresses: {
      lan: advertise,
      lan_ipv4: advertise,
      wan: advertiseWan,
      wan_ipv4: advertiseWan,
      ...config.tagged_addresses,
    },
    pidFile: config.pid_file ?? '',
    definitions: definitionsOf(config, { scripts: scripts.files, partition: config.partition || DEFAULT_PARTITION }),
    file: config,
  }
}

function selfOf(config: FileConfig, dev: boolean, datacenter: string, address: string, nodeId: string): Self {
  return {
    node: config.node_name || hostname().split('.')[0] || 'node',
    nodeId: (config.node_id || nodeId).toLowerCase(),
    datacenter,
    primaryDatacenter: (config.primary_datacenter || datacenter).toLowerCase(),
    partition: config.partition || DEFAULT_PARTITION,
    isServer: config.server ?? dev,
    domain: (config.domain || 'consul').replace(/\.$/, ''),
    address,
    defaultAllow: config.default_intention_policy !== 'deny',
  }
}

function portsOf(config: FileConfig, dev: boolean): Ports {
  const isServer = config.server ?? dev
  const ports = config.ports ?? {}
  return {
    dns: ports.dns ?? 8600,
    http: ports.http ?? 8500,
    https: ports.https ?? -1,
    grpc: ports.grpc ?? (dev ? 8502 : -1),
    grpcTls: ports.grpc_tls ?? (isServer ? 8503 : -1),
    server: ports.server ?? 8300,
    serfLan: ports.serf_lan ?? LAN_PORT,
    serfWan: ports.serf_wan ?? 8302,
  }
}

function checkConfig(config: FileConfig, dev: boolean): void {
  checkPartition(config.partition || DEFAULT_PARTITION, config.server ?? dev)
  for (const field of ['datacenter', 'primary_datacenter'] as const) {
    const name = config[field] || 'dc1'
    if (DNS_LABEL.test(name)) continue
    throw new Fault('invalid', `${field}: invalid value "${name}"; letters, digits and "-" only, 63 at most`)
  }
  if (config.node_id !== undefined && !UUID.test(config.node_id)) {
    throw new Fault('invalid', `node_id: invalid value "${config.node_id}"; a UUID is expected`)
  }
  if (config.node_name !== undefined && !NODE_NAME.test(config.node_name)) {
    throw new Fault('invalid', `node_name: invalid value "${config.node_name}"; letters, digits, ".", "_" and "-" only`)
  }
  for (const field of ['advertise_addr', 'advertise_addr_wan'] as const) {
    const address = config[field]
    if (address === '0.0.0.0' || address === '::') {
      throw new Fault('invalid', `${field}: "${address}" is not an address others can dial`)
    }
  }
  const needsFolder = (config.engine || (dev ? 'memory' : 'sqlite')) === 'sqlite'
  if (needsFolder && !config.data_dir) {
    throw new Fault('invalid', 'data_dir: is required (or start with -dev, which keeps nothing)')
  }
  if (config.connect?.enabled === false) {
    throw new Fault('invalid', 'connect.enabled: cannot be false; the service mesh is what this agent is for')
  }
  if (config.connect?.enable_mesh_gateway_wan_federation) {
    const field = 'connect.enable_mesh_gateway_wan_federation'
    throw new Fault('invalid', `${field}: is not supported yet; let servers reach each other and set retry_join_wan`)
  }
  if (config.acl?.enabled === true || config.acl?.default_policy === 'deny') {
    throw new Fault(
      'invalid',
      'acl: tokens are not checked yet, so everybody could do everything; set acl.enabled = false',
    )
  }
  checkKey(config.encrypt)
  for (const address of wanPlaces(config)) joinEndpoint(address)
  for (const address of config.recursors ?? []) recursorOf(address)
}

function wanPlaces(config: FileConfig): readonly string[] {
  return [...(config.retry_join_wan ?? []), ...(config.start_join_wan ?? [])]
}

function checkPartition(partition: string, isServer: boolean): void {
  const issues = checkPartitionName(partition)
  if (issues.length > 0) throw new Fault('invalid', `partition: ${issues.map(issue => issue.message).join('; ')}`)
  if (!isServer || partition === DEFAULT_PARTITION) return
  const text = `partition: a server is in partition "default", not in "${partition}"; agents with server = false are in others`
  throw new Fault('invalid', text)
}

function checkKey(encrypt: string | undefined): void {
  if (encrypt === undefined || encrypt === '') return
  const bytes = Buffer.from(encrypt, 'base64')
  if (bytes.toString('base64') === encrypt && [16, 24, 32].includes(bytes.length)) return
  throw new Fault('invalid', 'encrypt: is no key; 16, 24 or 32 bytes in base64 are expected (isthmus keygen makes one)')
}

/** An address with its templates filled in; '' when none is given. */
function addressOf(text: string | undefined): string {
  return expandAddressTemplate(text ?? '')
}

/** The address others most likely reach this machine at. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap(infos => infos ?? [])
  return all.find(info => !info.internal && info.family === 'IPv4')?.address ?? '127.0.0.1'
}

function levelOf(level: FileConfig['log_level']): LogLevel {
  if (level === undefined) return 'info'
  return level === 'err' ? 'error' : level
}

function milliseconds(duration: string | undefined, absent: number): number {
  return duration === undefined ? absent : (parseDuration(duration) ?? absent)
}
