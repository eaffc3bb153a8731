// Who is in the cluster: servers of all datacenters, and the agents of this one that are alive or were.

import type { ClientAgent } from '../model/client-agent.ts'
import type { MemberStatus, WanMember } from '../model/member.ts'
import { nodeKey } from '../model/node.ts'
import { DEFAULT_PARTITION, joinKey } from '../model/tenancy.ts'
import { defineQuery, type Self, type View } from '../store/view.ts'

export interface Member {
  readonly Name: string
  readonly Addr: string
  readonly Port: number
  readonly Tags: Readonly<Record<string, string>>
  readonly Status: MemberStatus
}

const LAN_PORT = 8301

export interface MembersArg {
  /** Servers of every datacenter instead of the agents of this one. */
  readonly isWan: boolean
  /** The partition whose agents are shown, beside the servers. */
  readonly partition: string
}

/** Members in name order. */
export const members = defineQuery<MembersArg, readonly Member[]>({
  name: 'members',
  key: arg => (arg.isWan ? 'wan' : joinKey('lan', arg.partition)),
  run: (view, arg) => (arg.isWan ? wanMembers(view) : lanMembers(view, arg.partition)),
})

function wanMembers(view: View): readonly Member[] {
  return view.list('members', 'all', '').map(member => ({
    Name: member.Name,
    Addr: member.Address,
    Port: member.Port,
    Tags: member.Tags,
    Status: member.Status,
  }))
}

function lanMembers(view: View, partition: string): readonly Member[] {
  const servers = view.list('members', 'datacenter', view.self.datacenter).map(server => lanServer(view, server))
  const agents = view.list('agents', 'partition', partition).map(agent => lanAgent(view, agent))
  return [...servers, ...agents].sort((a, b) => (a.Name < b.Name ? -1 : 1))
}

/** Servers know each other by the addresses of the wide network; here the one of the node counts. */
function lanServer(view: View, server: WanMember): Member {
  const node = view.get('nodes', nodeKey({ Partition: DEFAULT_PARTITION, PeerName: '', Node: server.Node }))
  const { Node: Name, Tags, Status } = server
  return { Name, Addr: node?.Address ?? server.Address, Port: LAN_PORT, Tags, Status }
}

function lanAgent(view: View, { Node, Partition, ID, Address, Version, Status }: ClientAgent): Member {
  const Tags = clientTags({ datacenter: view.self.datacenter, partition: Partition, nodeId: ID }, Version)
  return { Name: Node, Addr: Address, Port: LAN_PORT, Tags, Status }
}

/** What a client agent is known by. */
export function clientTags(
  { datacenter, partition, nodeId }: Pick<Self, 'datacenter' | 'partition' | 'nodeId'>,
  version: string,
): Readonly<Record<string, string>> {
  const own = { role: 'node', dc: datacenter, id: nodeId, build: version, segment: '' }
  const protocol = { vsn: '2', vsn_min: '2', vsn_max: '3' }
  return { ...own, ...protocol, ...(partition === DEFAULT_PARTITION ? {} : { ap: partition }) }
}
