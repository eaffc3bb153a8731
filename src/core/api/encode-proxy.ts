// The JSON of a service's Proxy block: fields that are empty are left out, as Go's `omitempty` does.

import type { ProxyConfig, Upstream } from '../model/proxy-config.ts'

/** A Proxy block; MeshGateway and Expose are always shown. */
export function encodeProxy(proxy: ProxyConfig) {
  return {
    ...withoutEmpty(proxy),
    MeshGateway: withoutEmpty(proxy.MeshGateway),
    Expose: withoutEmpty(proxy.Expose),
    ...(proxy.Upstreams === undefined || proxy.Upstreams.length === 0
      ? undefined
      : { Upstreams: proxy.Upstreams.map(encodeUpstream) }),
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
