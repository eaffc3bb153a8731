// All that a sidecar needs for the traffic of its service to others.

import type { HttpConnectionManager_Tracing as HcmTracing } from '../../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import type { TlsParameters } from '../../../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts'
import { contentDigest } from '../../envoy/content-digest.ts'
import type { Resource } from '../../envoy/resource.ts'
import type { CertificateFill } from '../../envoy/resource-template.ts'
import { tlsParams } from '../../envoy/tls-params.ts'
import type { AccessLogs } from '../../model/proxy-config.ts'
import type { PartCache } from '../part-cache.ts'
import { fromHatch, HATCHES } from './hatches.ts'
import type { SidecarSnapshot } from './snapshot.ts'
import { upstreamListener } from './upstream.ts'
import { upstreamClusters } from './upstream-clusters.ts'
import type { UpstreamConfig, UpstreamState } from './upstream-config.ts'

/** What all upstreams of a sidecar have in common. */
export interface Outbound {
  /** The certificate and key of the sidecar. */
  readonly own: CertificateFill
  /** PEM of the roots that servers are verified by. */
  readonly roots: readonly string[]
  /** Equal where everything else that shows in clusters is equal. */
  readonly clustersKey: string
  /** The same for listeners. */
  readonly listenersKey: string
  readonly params: TlsParameters
  readonly trustDomain: string
  readonly fetchTimeoutMs: number | undefined
  readonly maxRequestHeadersKb: number | undefined
  readonly tracing: HcmTracing | undefined
  readonly accessLogs: AccessLogs | undefined
}

export interface UpstreamResources {
  readonly clusters: readonly Resource[]
  readonly listeners: readonly Resource[]
}

/** Where one upstream leads. */
export type Way = Pick<Extract<UpstreamState, { ok: true }>, 'chain' | 'peers'>

const NOTHING: UpstreamResources = { clusters: [], listeners: [] }

/** One element for each upstream, in order. */
export function upstreamResources(
  snapshot: SidecarSnapshot,
  own: CertificateFill,
  parts: PartCache,
): readonly UpstreamResources[] {
  const outbound = outboundOf(snapshot, own, parts)
  return snapshot.config.upstreams.map((config, i) => {
    const state = snapshot.upstreams[i]
    if (!state?.ok) return NOTHING
    const kept = parts.keep(`upstream:${i}`, config)
    const { chain, peers } = state
    return parts.use(`upstream-part:${i}`, [kept, chain, peers, outbound], () => {
      return upstreamPart(kept, { chain, peers }, outbound)
    })
  })
}

function outboundOf({ config, roots }: SidecarSnapshot, own: CertificateFill, parts: PartCache): Outbound {
  const { fetchTimeoutMs, maxRequestHeadersKb, listenerTracingJson } = config.options
  const outgoing = parts.keep('outgoing', config.mesh?.TLS?.Outgoing)
  const accessLogs = parts.keep('access-logs', config.proxy.AccessLogs)
  const numbers = [fetchTimeoutMs, maxRequestHeadersKb]
  const inputs = [own, outgoing, roots, listenerTracingJson, accessLogs, ...numbers]
  return parts.use('outbound', inputs, () => ({
    own,
    roots: roots.pems,
    clustersKey: JSON.stringify([outgoing, roots.trustDomain, fetchTimeoutMs, contentDigest(roots.pems)]),
    listenersKey: JSON.stringify([accessLogs, listenerTracingJson, ...numbers]),
    params: tlsParams(outgoing),
    trustDomain: roots.trustDomain,
    fetchTimeoutMs,
    maxRequestHeadersKb,
    tracing: fromHatch(HATCHES.tracing, listenerTracingJson),
    accessLogs,
  }))
}

function upstreamPart(config: UpstreamConfig, way: Way, outbound: Outbound): UpstreamResources {
  const listener = upstreamListener(config, way.chain, outbound)
  return {
    clusters: upstreamClusters(config, way, outbound),
    listeners: listener === undefined ? [] : [listener],
  }
}
