// The resources of a sidecar, put together from its parts.

import { plainRules } from '../../envoy/rbac.ts'
import type { Resource, ResourceSet, ResourceType } from '../../envoy/resource.ts'
import type { TlsIdentity } from '../../envoy/tls.ts'
import { tlsParams } from '../../envoy/tls-params.ts'
import type { PartCache } from '../part-cache.ts'
import { joinLists } from '../parts/join-lists.ts'
import type { Outbound } from './outbound.ts'
import { localApp, publicListener } from './public-listener.ts'
import type { SidecarSnapshot, UpstreamSnapshot } from './snapshot.ts'
import { upstreamClusters, upstreamListener } from './upstream.ts'

/** A sidecar without upstreams may be one whose upstreams are not known yet: it is told nothing about having none. */
const ALLOW_EMPTY: ReadonlySet<ResourceType> = new Set()

export function sidecarResources(snapshot: SidecarSnapshot, parts: PartCache): ResourceSet {
  const identity = parts.use('identity', [snapshot.leaf, snapshot.roots], () => identityOf(snapshot))
  const inbound = inboundResources(snapshot, identity, parts)
  const outbound = outboundOf(snapshot, identity, parts)
  const upstreams = snapshot.upstreams.map((upstream, i) => upstreamResources(upstream, i, outbound, parts))
  return {
    secret: joinLists(parts, 'secret', []),
    cluster: joinLists(parts, 'cluster', [inbound.clusters, ...upstreams.map(upstream => upstream.clusters)]),
    endpoints: joinLists(
      parts,
      'endpoints',
      snapshot.upstreams.map(upstream => upstream.endpoints),
    ),
    listener: joinLists(parts, 'listener', [inbound.listeners, ...upstreams.map(upstream => upstream.listeners)]),
    route: joinLists(parts, 'route', []),
    allowEmpty: ALLOW_EMPTY,
  }
}

interface Built {
  readonly clusters: readonly Resource[]
  readonly listeners: readonly Resource[]
}

function identityOf({ leaf, roots }: SidecarSnapshot): TlsIdentity {
  return { certPem: leaf.certPem, privateKeyPem: leaf.privateKeyPem, roots: roots.pems }
}

function inboundResources(snapshot: SidecarSnapshot, identity: TlsIdentity, parts: PartCache): Built {
  const { service, mesh, config, defaultAllow } = snapshot
  const proxy = parts.keep('proxy', config.proxy)
  const options = parts.keep('options', config.options)
  const incoming = parts.keep('incoming', mesh?.TLS?.Incoming)
  const http = parts.keep('mesh-http', mesh?.HTTP)
  const accessLogs = parts.keep('access-logs', config.proxy.AccessLogs)
  const { Address: address, Port: port } = service

  const inputs = [address, port, options, identity, incoming, http, accessLogs, defaultAllow]
  const listeners = parts.use('public-listener', inputs, () => [
    publicListener({
      address,
      port,
      options,
      identity,
      params: tlsParams(incoming),
      rules: plainRules(defaultAllow),
      tracing: undefined,
      accessLogs,
      normalization: http?.Incoming?.RequestNormalization ?? {},
      hideClient: http?.SanitizeXForwardedClientCert ?? false,
    }),
  ])
  const clusters = parts.use('local-app', [proxy, options], () => [localApp(proxy, options)])
  return { clusters, listeners }
}

function outboundOf({ config, mesh, roots }: SidecarSnapshot, identity: TlsIdentity, parts: PartCache): Outbound {
  const { fetchTimeoutMs, maxRequestHeadersKb } = config.options
  const outgoing = parts.keep('outgoing', mesh?.TLS?.Outgoing)
  const accessLogs = parts.keep('outbound-logs', config.proxy.AccessLogs)
  const inputs = [identity, outgoing, roots.trustDomain, fetchTimeoutMs, maxRequestHeadersKb, accessLogs]
  return parts.use('outbound', inputs, () => ({
    identity,
    params: tlsParams(outgoing),
    trustDomain: roots.trustDomain,
    fetchTimeoutMs,
    maxRequestHeadersKb,
    tracing: undefined,
    accessLogs,
  }))
}

function upstreamResources(upstream: UpstreamSnapshot, i: number, outbound: Outbound, parts: PartCache): Built {
  const config = parts.keep(`upstream:${i}`, upstream.config)
  const { chain } = upstream
  const inputs = [config, chain, outbound]
  return parts.use(`upstream-parts:${i}`, inputs, () => {
    const listener = upstreamListener(config, chain, outbound)
    return {
      clusters: upstreamClusters(config, chain, outbound),
      listeners: listener === undefined ? [] : [listener],
    }
  })
}
