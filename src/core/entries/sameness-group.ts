// sameness-group: partitions of this datacenter and peers in which services of one name are the same service. Other entries name a
// group where they would name each member: as consumers of exports, as sources of intentions, as places to fail over to.

import { bool, type Infer, type Issue, list, string, withDefault } from '../../lib/schema.ts'
import { canRead, canWrite } from '../acl/permission.ts'
import { defineEntry, type EntryOf, type NewEntry } from './define-entry.ts'
import { sparse } from './sparse.ts'

const member = sparse({ Partition: string(), Peer: string() }, { aliases: { PeerName: 'Peer' } })

/** A partition of this datacenter, or a peer. */
export type SamenessGroupMember = Infer<typeof member>

const fields = {
  DefaultForFailover: bool(),
  IncludeLocal: bool(),
  Members: withDefault(list(member), []),
} as const

export type SamenessGroup = EntryOf<'sameness-group', typeof fields>

export const samenessGroup = defineEntry({
  kind: 'sameness-group',
  scope: 'partition',
  fields,
  check,
  read: () => canRead('mesh'),
  write: () => canWrite('mesh'),
})

/** The members in the order in which they are tried, the group's own partition first if it is included. */
export function groupMembers(group: NewEntry<SamenessGroup>): readonly SamenessGroupMember[] {
  if (!group.IncludeLocal) return group.Members
  const others = group.Members.filter(each => each.Partition !== group.Partition)
  return [{ Partition: group.Partition }, ...others]
}

const GROUP_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

function check(entry: NewEntry<SamenessGroup>): Issue[] {
  const issues: Issue[] = []
  const report = (path: string, message: string) => issues.push({ path, message })
  if (entry.Name !== '' && !GROUP_NAME.test(entry.Name)) {
    const rule = 'must be 1 to 63 lower-case letters, digits or "-", not at the ends'
    report('Name', `invalid value ${JSON.stringify(entry.Name)}; a sameness group's name ${rule}`)
  }
  if (entry.Members.length === 0) report('Members', 'at least one member is required')
  const seen = new Set<string>()
  for (const [i, { Partition, Peer }] of entry.Members.entries()) {
    const path = `Members[${i}]`
    const named = [Partition, Peer].filter(name => name !== undefined)
    if (named.length !== 1) report(path, 'must define exactly one of Partition or Peer')
    if (named.includes('*')) report(path, 'wildcards are not supported; list the members')
    const identity = JSON.stringify([Partition, Peer])
    if (named.length === 1 && seen.has(identity))
      report(path, `${Partition ?? `peer ${Peer}`} is listed more than once`)
    seen.add(identity)
  }
  return issues
}
