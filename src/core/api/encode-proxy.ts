// The JSON of a service's Proxy block: fields that are empty are left out, as Go's `omitempty` does, but for the few that
// Consul always shows.

import type { ProxyConfig, Upstream } from '../model/proxy-config.ts'

/** A Proxy block as the agent that runs it shows it: exposed paths with whether a check made them. */
export function encodeAgentProxy(proxy: ProxyConfig) {
  const paths = proxy.Expose.Paths?.map(path => ({ ...withoutEmpty(path), ParsedFromCheck: false }))
  return encode(proxy, proxy.Upstreams?.map(encodeUpstream), paths)
}

/** A Proxy block as the catalog shows it: Mode, and Datacenter of upstreams, even when empty. */
export function encodeProxy(proxy: ProxyConfig) {
  const upstreams = proxy.Upstreams?.map(each => ({ Datacenter: '', ...encodeUpstream(each) }))
  return { Mode: '', ...encode(proxy, upstreams, proxy.Expose.Paths?.map(withoutEmpty)) }
}

function encode(proxy: ProxyConfig, upstreams: readonly object[] | undefined, paths: readonly object[] | undefined) {
  return {
    ...withoutEmpty(proxy),
    MeshGateway: withoutEmpty(proxy.MeshGateway),
    Expose: withoutEmpty({ ...proxy.Expose, Paths: paths }),
    ...(upstreams === undefined || upstreams.length === 0 ? undefined : { Upstreams: upstreams }),
  }
}

function encodeUpstream(upstream: Upstream) {
  return { ...withoutEmpty(upstream), MeshGateway: withoutEmpty(upstream.MeshGateway) }
}

/** The same record without its empty texts, zeros, falses, and empty lists and maps. */
function withoutEmpty(record: object): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(record)) if (!isEmpty(value)) out[key] = value
  return out
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return value === '' || value === 0 || value === false || value === undefined || value === null
}
