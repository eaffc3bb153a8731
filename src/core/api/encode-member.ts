// The JSON of a member. The protocol versions are those of Serf in Consul; clients only print them.

import { INCARNATION_TAG } from '../federation/members.ts'
import { unreachable } from '../model/fault.ts'
import type { MemberStatus } from '../model/member.ts'
import type { Member } from '../queries/members.ts'

const PROTOCOL = { ProtocolMin: 1, ProtocolMax: 5, ProtocolCur: 2, DelegateMin: 2, DelegateMax: 5, DelegateCur: 4 }

/** A member as `/v1/agent/members` lists it. */
export function encodeMember(member: Member) {
  const { [INCARNATION_TAG]: _, ...tags } = member.Tags
  return { ...member, Tags: tags, Status: statusNumber(member.Status), ...PROTOCOL }
}

function statusNumber(status: MemberStatus): number {
  switch (status) {
    case 'alive':
      return 1
    case 'left':
      return 3
    case 'failed':
      return 4
    default:
      return unreachable(status)
  }
}
