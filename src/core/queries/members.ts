// Who is in the cluster: servers of all datacenters, and the nodes of this one whose agents are alive or were.

import type { MemberStatus, WanMember } from '../model/member.ts'
import { joinKey } from '../model/tenancy.ts'
import { defineQuery, type View } from '../store/view.ts'
import { serfHealthKey } from './instances.ts'

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
}

/** Members in name order. */
export const members = defineQuery<MembersArg, readonly Member[]>({
  name: 'members',
  key: arg => (arg.isWan ? 'wan' : 'lan'),
  run: (view, arg) => (arg.isWan ? wanMembers(view) : lanMembers(view)),
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

function lanMembers(view: View): readonly Member[] {
  const { partition, datacenter } = view.self
  const servers = new Map(
    view.list('members', 'datacenter', datacenter).map(server => [server.Node.toLowerCase(), server]),
  )
  const nodes = view.list('nodes', 'all', joinKey(partition, '')).flatMap(node => {
    const server = servers.get(node.Node.toLowerCase())
    const serf = view.get('checks', serfHealthKey(node))
    if (server === undefined && serf === undefined) return []
    servers.delete(node.Node.toLowerCase())
    const status = serf === undefined || serf.Status === 'passing' ? 'alive' : 'failed'
    return [
      {
        Name: node.Node,
        Addr: node.Address,
        Port: LAN_PORT,
        Tags: server?.Tags ?? { role: 'node', dc: datacenter, id: node.ID },
        Status: server?.Status ?? status,
      } satisfies Member,
    ]
  })
  return [...nodes, ...[...servers.values()].map(lanServer)].sort((a, b) => (a.Name < b.Name ? -1 : 1))
}

/** A server whose node is not in the catalog yet. */
function lanServer(server: WanMember): Member {
  return { Name: server.Node, Addr: server.Address, Port: LAN_PORT, Tags: server.Tags, Status: server.Status }
}
