// Intentions about a sameness group are intentions about each of its members.

import type { NewEntry } from '../entries/define-entry.ts'
import { groupMembers, type SamenessGroup } from '../entries/sameness-group.ts'
import { DEFAULT_PARTITION } from '../model/tenancy.ts'
import type { Intention } from './intention.ts'

/** A sameness group of the destination's partition, by name. */
export type GroupLookup = (name: string, partition: string) => NewEntry<SamenessGroup> | undefined

/** True for an intention about a group that is not expanded: by itself it is about nobody. */
export function isAboutGroup(intention: Intention): boolean {
  const { SourceSamenessGroup: group, SourcePartition: partition, SourcePeer: peer } = intention
  return group !== undefined && partition === undefined && peer === undefined
}

/** One intention for each member of a group, the others as they are; nothing for a group that does not exist. */
export function expandGroups(intentions: readonly Intention[], groupOf: GroupLookup): readonly Intention[] {
  return intentions.flatMap(intention => {
    if (intention.SourceSamenessGroup === undefined) return [intention]
    const group = groupOf(intention.SourceSamenessGroup, intention.DestinationPartition ?? DEFAULT_PARTITION)
    return (group === undefined ? [] : groupMembers(group)).map((member): Intention => {
      if (member.Peer !== undefined) return { ...intention, SourcePeer: member.Peer }
      return { ...intention, SourcePartition: member.Partition ?? DEFAULT_PARTITION }
    })
  })
}
