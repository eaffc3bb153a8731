// The members of a sameness group as targets of a chain.

import type { NewEntry } from '../entries/define-entry.ts'
import { groupMembers, type SamenessGroup } from '../entries/sameness-group.ts'
import type { Assembly } from './assembly.ts'
import { serviceProtocol } from './protocol.ts'
import { type Destination, redirectTarget, serviceOf, type TargetSpec } from './target.ts'

/**
 * The same service at each member, in the order of the group; `to` says what is different about it. A partition where it speaks
 * another protocol or lacks the subset is passed over: what one partition does must not take the chain away from another.
 */
export function memberTargets(
  assembly: Assembly,
  group: NewEntry<SamenessGroup>,
  primary: TargetSpec,
  to: Destination,
): readonly TargetSpec[] {
  const { datacenter } = assembly.request
  const targets = groupMembers(group).map(({ Partition, Peer }) => {
    if (Peer !== undefined) return redirectTarget(primary, { ...to, Peer })
    return redirectTarget(primary, { ...to, Partition: Partition ?? primary.partition, Datacenter: datacenter })
  })
  return targets.filter(target => isSame(assembly, target))
}

/** False where a service is known to be another one: by its protocol, or because it lacks the subset. */
export function isSame(assembly: Assembly, target: TargetSpec): boolean {
  const service = serviceOf(target)
  if (target.peer !== '' || assembly.entries.isHidden(service)) return true
  if (serviceProtocol(assembly.entries, service) !== assembly.protocol) return false
  return target.subset === '' || Object.hasOwn(assembly.entries.resolver(service)?.Subsets ?? {}, target.subset)
}

/** The group that makes every service of the chain's own partition fail over; undefined where that is not wished. */
export function defaultGroup(assembly: Assembly, primary: TargetSpec): NewEntry<SamenessGroup> | undefined {
  const { partition, datacenter } = assembly.request
  if (primary.peer !== '' || primary.partition !== partition || primary.datacenter !== datacenter) return undefined
  if (assembly.entries.serviceDefaults(serviceOf(primary))?.ExternalSNI) return undefined
  return assembly.entries.defaultSamenessGroup(partition)
}
