// Where the upstreams of a service's sidecars lead, in words for people. Works from what the sidecars are built from, so that it says
// what is missing whether or not an Envoy is connected here.

import { chainClusters } from '../envoy/chain-clusters.ts'
import { instanceKey, nameOf, type ServiceInstance } from '../model/service.ts'
import { type ServiceName, serviceKey } from '../model/tenancy.ts'
import { type TargetFindings, targetFindings } from '../queries/target-findings.ts'
import { defineQuery, type View } from '../store/view.ts'
import { type SidecarConfig, sidecarConfig } from './connect-proxy/config.ts'
import { type UpstreamConfig, upstreamState } from './connect-proxy/upstream-config.ts'
import { serviceOf } from './parts/reach.ts'

export interface ExplainedTarget extends Omit<TargetFindings, 'problems'> {
  readonly id: string
  readonly mode: string
}

export interface ExplainedUpstream {
  /** As Envoy calls it. */
  readonly id: string
  readonly targets: readonly ExplainedTarget[]
  readonly problems: readonly string[]
}

export interface ExplainedProxy {
  readonly node: string
  readonly id: string
  readonly service: string
  readonly upstreams: readonly ExplainedUpstream[]
  /** What else of its configuration is left out, and why. */
  readonly problems: readonly string[]
}

/** Every sidecar of a service, also when the sidecar's own name is given. */
export const explainProxies = defineQuery<ServiceName, readonly ExplainedProxy[]>({
  name: 'explain-proxies',
  key: serviceKey,
  run(view, name) {
    const key = serviceKey(name)
    const rows = [...view.list('services', 'connect', key), ...view.list('services', 'name', key)]
    const sidecars = new Map(rows.filter(row => row.Kind === 'connect-proxy').map(row => [instanceKey(row), row]))
    return [...sidecars].flatMap(([sidecar, row]) => {
      const config = view.derive(sidecarConfig, sidecar)
      return config === undefined ? [] : [explain(view, row, config)]
    })
  },
})

function explain(view: View, row: ServiceInstance, config: SidecarConfig): ExplainedProxy {
  return {
    node: row.Node,
    id: row.ID,
    service: row.Proxy.DestinationServiceName ?? nameOf(row).Name,
    upstreams: config.upstreams.map(upstream => explainUpstream(view, upstream)),
    problems: config.issues.map(({ path, message }) => `${path}: ${message}`),
  }
}

function explainUpstream(view: View, upstream: UpstreamConfig): ExplainedUpstream {
  const { id, partition } = upstream
  const state = view.derive(upstreamState, upstream)
  if (!state.ok) return { id, targets: [], problems: [state.problem] }
  const found = chainClusters(state.chain).flatMap(cluster => {
    if (cluster.kind !== 'target' || cluster.target.Peer) return []
    const { ID, Datacenter, Subset, MeshGateway } = cluster.target
    const mode = MeshGateway.Mode ?? ''
    const findings = view.derive(targetFindings, {
      ...{ clusterName: '', service: serviceOf(cluster.target), datacenter: Datacenter, mode, partition },
      ...{ filter: Subset.Filter ?? '', onlyPassing: Subset.OnlyPassing ?? false },
    })
    return [{ id: ID, mode, findings }]
  })
  const missing = found.flatMap(({ id: target, findings }) => findings.problems.map(problem => `${target}: ${problem}`))
  return {
    id,
    targets: found.map(({ id: target, mode, findings: { instances, healthy, gateways } }) => {
      return { id: target, mode, instances, healthy, gateways }
    }),
    problems: [...state.problems, ...missing],
  }
}
