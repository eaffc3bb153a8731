import { describe, expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { groupMembers, samenessGroup } from './sameness-group.ts'

function decode(fields: object) {
  return samenessGroup.decode({ Kind: 'sameness-group', Name: 'same', ...fields })
}

function members(fields: object) {
  const decoded = decode(fields)
  if (!decoded.ok) throw new Error(describeIssues(decoded.issues))
  return groupMembers(decoded.value)
}

describe('the members of a group', () => {
  it('are those listed, in any spelling', () => {
    expect(members({ members: [{ partition: 'finance' }, { peer_name: 'east' }] })).toEqual([
      { Partition: 'finance' },
      { Peer: 'east' },
    ])
  })

  it('begin with its own partition if that is included, wherever it is listed', () => {
    const Members = [{ Partition: 'finance' }, { Partition: 'default' }]
    expect(members({ IncludeLocal: true, Members })).toEqual([{ Partition: 'default' }, { Partition: 'finance' }])
  })
})

it.each([
  [{ Members: [{ Partition: 'a' }] }, 'accepted'],
  [{ Name: 'Same', Members: [{ Partition: 'a' }] }, 'Name: invalid value "Same"'],
  [{}, 'Members: at least one member is required'],
  [{ Members: [{}] }, 'Members[0]: must define exactly one of Partition or Peer'],
  [{ Members: [{ Partition: 'a', Peer: 'b' }] }, 'Members[0]: must define exactly one of Partition or Peer'],
  [{ Members: [{ Partition: '*' }] }, 'Members[0]: wildcards are not supported'],
  [{ Members: [{ Peer: 'a' }, { Peer: 'a' }] }, 'Members[1]: peer a is listed more than once'],
  [{ Members: [{ Partiton: 'a' }] }, 'unknown field "Partiton"; did you mean "Partition"?'],
])('answers %j with %s', (fields, message) => {
  const decoded = decode(fields)
  expect(decoded.ok ? 'accepted' : describeIssues(decoded.issues)).toContain(message)
})
