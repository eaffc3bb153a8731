// The rules that the proxies of a service apply to its callers.

import { compileRules } from '../intentions/compile-rules.ts'
import { expandGroups } from '../intentions/expand-groups.ts'
import { matchDestination } from '../intentions/match.ts'
import type { RulesContext } from '../intentions/rule-intention.ts'
import type { Rules } from '../intentions/rules.ts'
import { Fault } from '../model/fault.ts'
import { joinKey, type ServiceName, serviceKey } from '../model/tenancy.ts'
import { defineQuery, type View } from '../store/view.ts'
import { configEntry, samenessGroupOf } from './config-entry.ts'
import { trustDomain } from './mesh-roots.ts'
import { exportPeers } from './peer-exports.ts'

export interface DestinationArg {
  readonly service: ServiceName
  /** `l7` where requests are judged, not only connections. */
  readonly layer: 'l4' | 'l7'
}

export interface DestinationRules {
  readonly rules: Rules
  /** Why nobody is admitted although the intentions may say otherwise; '' when all is well. */
  readonly problem: string
}

export const destinationRules = defineQuery<DestinationArg, DestinationRules>({
  name: 'destination-rules',
  key: arg => joinKey(arg.layer, serviceKey(arg.service)),
  run(view, arg) {
    const lookup = (service: Omit<ServiceName, 'Peer'>) =>
      configEntry(view, 'service-intentions', service.Name, service)
    const matching = matchDestination(lookup, arg.service)
    const intentions = expandGroups(matching, (name, partition) => samenessGroupOf(view, name, partition))
    try {
      return { rules: compileRules(intentions, contextOf(view, arg)), problem: '' }
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      // Rules that cannot be made must not let anybody in.
      return { rules: { action: 'allow', policies: [] }, problem: error.message }
    }
  },
})

function contextOf(view: View, { service, layer }: DestinationArg): RulesContext {
  return {
    defaultAllow: view.self.defaultAllow,
    layer,
    trustDomain: view.derive(trustDomain, undefined),
    partition: service.Partition,
    peers: new Map(view.derive(exportPeers, service).map(trust => [trust.peer, trust])),
    jwtIssuers: new Map(),
  }
}
