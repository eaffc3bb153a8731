// Who belongs to the federation. Each server keeps a list; lists are merged when servers meet.

import type { WanMember } from '../model/member.ts'
import type { Unindexed } from '../model/row.ts'
import type { Command } from '../store/commands.ts'

export type NewMember = Unindexed<WanMember>

/** The name of a server in the federation. */
export function memberName(node: string, datacenter: string): string {
  return `${node}.${datacenter}`
}

/** Tag that counts up whenever a server says something new of itself, so that old news never wins. */
export const INCARNATION_TAG = 'incarnation'

/**
 * The commands that bring another server's list into ours. Nobody but a server itself says new things of it (a higher
 * incarnation); that a server has failed is each one's own finding and is not taken from others.
 */
export function mergeMembers(
  known: readonly NewMember[],
  heard: readonly NewMember[],
  ownName: string,
): readonly Command[] {
  const byName = new Map(known.map(member => [member.Name, member]))
  return heard.flatMap(member => {
    if (member.Name === ownName) return []
    const before = byName.get(member.Name)
    if (before === undefined) return member.Status === 'left' ? [] : [{ type: 'set-member' as const, member }]
    if (incarnationOf(member) <= incarnationOf(before)) return []
    return [{ type: 'set-member' as const, member }]
  })
}

/** How often a server has come anew. */
export function incarnationOf(member: NewMember): number {
  return Number(member.Tags[INCARNATION_TAG] ?? 0)
}

/** The command that records what we found when we dialled a server; undefined when nothing is new. */
export function statusChange(known: NewMember, status: WanMember['Status']): Command | undefined {
  if (known.Status === status || known.Status === 'left') return undefined
  return { type: 'set-member', member: { ...known, Status: status } }
}

/** Servers of a datacenter worth asking, those alive first. */
export function serversOf(members: readonly NewMember[], datacenter: string): readonly NewMember[] {
  const there = members.filter(member => member.Datacenter === datacenter && member.Status !== 'left')
  return [...there].sort((a, b) => Number(b.Status === 'alive') - Number(a.Status === 'alive'))
}
