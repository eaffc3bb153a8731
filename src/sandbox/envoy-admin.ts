// Asks an Envoy about itself through its admin interface.

import { expectThat } from './eventually.ts'
import { sendHttp } from './http-request.ts'
import type { Endpoint } from './loopback.ts'
import { spell } from './loopback.ts'

/** A host of a cluster, as Envoy sees it. */
export interface EnvoyHost {
  readonly cluster: string
  /** `address:port`. */
  readonly address: string
  readonly isHealthy: boolean
  /** Connections opened to it, ever. */
  readonly connections: number
}

export interface EnvoyAdmin {
  readonly at: Endpoint
  /** True once Envoy has its first configuration and takes connections. */
  isReady(): Promise<boolean>
  hosts(): Promise<readonly EnvoyHost[]>
  /** Names of the listeners that are active. */
  listeners(): Promise<readonly string[]>
  /** Counters and gauges whose names match the regular expression. */
  stats(filter: string): Promise<ReadonlyMap<string, number>>
  configDump(): Promise<unknown>
  /** The certificates in use. */
  certificates(): Promise<unknown>
}

export function envoyAdmin(at: Endpoint): EnvoyAdmin {
  return {
    at,
    isReady: async () => (await sendHttp(at, { path: '/ready' })).status === 200,
    hosts: async () => hostsOf(await json(at, '/clusters?format=json')),
    listeners: async () => namesOf(await json(at, '/listeners?format=json')),
    stats: async filter => statsOf(await json(at, `/stats?format=json&filter=${encodeURIComponent(filter)}`)),
    configDump: () => json(at, '/config_dump?include_eds'),
    certificates: () => json(at, '/certs'),
  }
}

/** The hosts of one cluster; throws when Envoy does not have the cluster. */
export async function hostsOfCluster(admin: EnvoyAdmin, cluster: RegExp): Promise<readonly string[]> {
  const hosts = (await admin.hosts()).filter(host => cluster.test(host.cluster))
  expectThat(hosts.length > 0, `the Envoy at ${spell(admin.at)} has no host in a cluster like ${cluster.source}`)
  return [...new Set(hosts.map(host => host.address))].sort()
}

/** The server name that Envoy sends to the hosts of a cluster; empty when it begins no TLS. */
export async function sniOfCluster(admin: EnvoyAdmin, cluster: string): Promise<string> {
  const dump = await json(admin.at, '/config_dump?resource=dynamic_active_clusters')
  const found = (dump.configs ?? []).find(config => config.cluster?.name === cluster)
  return found?.cluster?.transport_socket?.typed_config?.sni ?? ''
}

async function json(at: Endpoint, path: string): Promise<Json> {
  const answer = await sendHttp(at, { path })
  expectThat(answer.status === 200, `${spell(at)}${path} answered ${answer.status}`)
  return JSON.parse(answer.text)
}

/** The few fields read here, all absent when they have their default. */
interface Json {
  readonly cluster_statuses?: readonly { readonly name?: string; readonly host_statuses?: readonly HostStatus[] }[]
  readonly listener_statuses?: readonly { readonly name?: string }[]
  readonly stats?: readonly { readonly name?: string; readonly value?: number }[]
  readonly configs?: readonly { readonly cluster?: ClusterConfig }[]
}

interface ClusterConfig {
  readonly name?: string
  readonly transport_socket?: { readonly typed_config?: { readonly sni?: string } }
}

interface HostStatus {
  readonly address?: { readonly socket_address?: { readonly address?: string; readonly port_value?: number } }
  readonly stats?: readonly { readonly name?: string; readonly value?: string }[]
  readonly health_status?: Readonly<Record<string, string | boolean>>
}

function hostsOf(answer: Json): readonly EnvoyHost[] {
  return (answer.cluster_statuses ?? []).flatMap(({ name = '', host_statuses = [] }) =>
    host_statuses.map(host => ({
      cluster: name,
      address: `${host.address?.socket_address?.address}:${host.address?.socket_address?.port_value}`,
      isHealthy: isHealthy(host.health_status ?? {}),
      connections: Number(host.stats?.find(stat => stat.name === 'cx_total')?.value ?? 0),
    })),
  )
}

/** Envoy lists what is wrong; the control plane's own verdict is HEALTHY or absent when it is good. */
function isHealthy(status: Readonly<Record<string, string | boolean>>): boolean {
  return Object.entries(status).every(([key, value]) =>
    key === 'eds_health_status' ? value === 'HEALTHY' || value === 'UNKNOWN' : value !== true,
  )
}

function namesOf(answer: Json): readonly string[] {
  return (answer.listener_statuses ?? []).map(listener => listener.name ?? '')
}

function statsOf(answer: Json): ReadonlyMap<string, number> {
  return new Map((answer.stats ?? []).flatMap(({ name, value }) => (name ? [[name, value ?? 0] as const] : [])))
}
