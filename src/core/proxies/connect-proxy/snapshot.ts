// Everything a sidecar is built from, read from the store.

import type { Issue } from '../../../lib/schema.ts'
import type { Leaf, Waiting } from '../../model/fact.ts'
import type { ServiceInstance } from '../../model/service.ts'
import { type MeshRoots, meshRoots } from '../../queries/mesh-roots.ts'
import type { View } from '../../store/view.ts'
import { type SidecarConfig, sidecarConfig } from './config.ts'
import { ignoredHatches } from './hatches.ts'
import { type UpstreamState, upstreamState } from './upstream-config.ts'

export interface SidecarSnapshot {
  readonly config: SidecarConfig
  readonly leaf: Leaf
  readonly roots: MeshRoots
  /** Where the upstreams of `config` lead, in the same order. */
  readonly upstreams: readonly UpstreamState[]
}

/** Waits for the roots and for the certificate of the service. */
export function sidecarSnapshot(view: View, _service: ServiceInstance, key: string): SidecarSnapshot | Waiting {
  const roots = view.derive(meshRoots, undefined)
  const config = view.derive(sidecarConfig, key)
  if (roots === undefined || config === undefined) return { waiting: [] }
  const leaf = view.want('leaf', config.identity)
  const upstreams = config.upstreams.map(upstream => view.derive(upstreamState, upstream))
  if (leaf === undefined) return { waiting: [{ kind: 'leaf', key: config.identity }] }
  return { config, leaf, roots, upstreams }
}

/** What of the configuration is left out, and why. */
export function sidecarIssues({ config, upstreams }: SidecarSnapshot): readonly Issue[] {
  const found = config.upstreams.flatMap((upstream, i): readonly Issue[] => {
    const state = upstreams[i]
    if (state === undefined) return []
    const path = `Upstreams[${upstream.definition.DestinationName}]`
    if (!state.ok) return [{ path, message: state.problem }]
    const problems = state.problems.map(message => ({ path, message }))
    return state.chain.Default ? problems : [...problems, ...ignoredHatches(upstream)]
  })
  return found.length === 0 ? config.issues : [...config.issues, ...found]
}
