// Puts together the Proxy block of an instance: what it was registered with, over service-defaults, over proxy-defaults.
// Pure; where the entries come from is service-config.ts.

import type { EntryOfKind } from '../entries/index.ts'
import type { ProxyConfig } from '../model/proxy-config.ts'
import type { Tenancy } from '../model/tenancy.ts'
import { mergeUpstreams } from './merge-upstreams.ts'

export interface CentralConfig {
  readonly proxyDefaults: EntryOfKind<'proxy-defaults'> | undefined
  /** Of the service the proxy speaks for. */
  readonly serviceDefaults: EntryOfKind<'service-defaults'> | undefined
}

/** The merged block. For each field the first of registration, service-defaults, proxy-defaults that sets it wins. */
export function mergeProxyConfig(registered: ProxyConfig, tenancy: Tenancy, central: CentralConfig): ProxyConfig {
  const { proxyDefaults, serviceDefaults } = central
  const layers: readonly SharedFields[] = [registered, serviceDefaults ?? {}, proxyDefaults ?? {}]
  return {
    ...registered,
    ...present(
      'Mode',
      first(layers, layer => layer.Mode),
    ),
    ...present(
      'MutualTLSMode',
      first(layers, layer => layer.MutualTLSMode),
    ),
    ...present('TransparentProxy', transparentProxy(layers)),
    MeshGateway: {
      ...present(
        'Mode',
        first(layers, layer => layer.MeshGateway?.Mode),
      ),
    },
    Expose: {
      ...present(
        'Checks',
        first(layers, layer => layer.Expose?.Checks),
      ),
      ...present(
        'Paths',
        firstList(layers, layer => layer.Expose?.Paths),
      ),
    },
    ...present('AccessLogs', registered.AccessLogs ?? proxyDefaults?.AccessLogs),
    ...present('EnvoyExtensions', extensions(registered, central)),
    Config: mergeConfig(registered, central),
    ...present('Upstreams', mergeUpstreams(registered, tenancy, central)),
  }
}

type SharedFields = Pick<ProxyConfig, 'Mode' | 'MutualTLSMode' | 'TransparentProxy'> & {
  readonly MeshGateway?: ProxyConfig['MeshGateway']
  readonly Expose?: ProxyConfig['Expose']
}

function transparentProxy(layers: readonly SharedFields[]): ProxyConfig['TransparentProxy'] {
  const port = first(layers, layer => layer.TransparentProxy?.OutboundListenerPort)
  const direct = first(layers, layer => layer.TransparentProxy?.DialedDirectly)
  if (port === undefined && direct === undefined) return undefined
  return { ...present('OutboundListenerPort', port), ...present('DialedDirectly', direct) }
}

function extensions(registered: ProxyConfig, central: CentralConfig): ProxyConfig['EnvoyExtensions'] {
  if (registered.EnvoyExtensions?.length) return registered.EnvoyExtensions
  const all = [...(central.proxyDefaults?.EnvoyExtensions ?? []), ...(central.serviceDefaults?.EnvoyExtensions ?? [])]
  return all.length === 0 ? undefined : all
}

function mergeConfig(registered: ProxyConfig, central: CentralConfig): Readonly<Record<string, unknown>> {
  const defaults = central.serviceDefaults
  const fromService = {
    ...present('protocol', defaults?.Protocol || undefined),
    ...present('max_inbound_connections', defaults?.MaxInboundConnections || undefined),
    ...present('local_connect_timeout_ms', defaults?.LocalConnectTimeoutMs || undefined),
    ...present('local_request_timeout_ms', defaults?.LocalRequestTimeoutMs || undefined),
    ...present('balance_inbound_connections', defaults?.BalanceInboundConnections || undefined),
    ...present('max_request_headers_kb', defaults?.MaxRequestHeadersKB),
  }
  // Keys come from users, and `__proto__` is as good a key as any.
  return Object.assign(Object.create(null), central.proxyDefaults?.Config, fromService, registered.Config)
}

/** The first value that is neither absent nor empty. */
function first<L, T>(layers: readonly L[], read: (layer: L) => T | undefined): T | undefined {
  for (const layer of layers) {
    const value = read(layer)
    if (value) return value
  }
  return undefined
}

function firstList<L, T>(layers: readonly L[], read: (layer: L) => readonly T[] | undefined): readonly T[] | undefined {
  return first(layers, layer => (read(layer)?.length ? read(layer) : undefined))
}

/** `{[key]: value}`, or nothing when there is no value. */
export function present<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  // A computed key widens to string; it is K.
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: T })
}
