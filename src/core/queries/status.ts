// Where this datacenter's servers are reached by other servers.

import { nodeKey } from '../model/node.ts'
import { DEFAULT_PARTITION } from '../model/tenancy.ts'
import { defineQuery, type View } from '../store/view.ts'

const DEFAULT_RPC_PORT = 8300

/** `<address>:<rpc port>` of this server, or of the first one that a client agent knows; '' when it knows none. */
export const raftAddress = defineQuery<undefined, string>({
  name: 'raft-address',
  key: () => '',
  run(view) {
    const { address, node, datacenter, isServer } = view.self
    if (isServer) return spell(address, view.get('members', `${node}.${datacenter}`)?.RpcPort ?? DEFAULT_RPC_PORT)
    const server = view.list('members', 'datacenter', datacenter).find(member => member.Status === 'alive')
    return server === undefined ? '' : spell(lanAddress(view, server.Node) ?? server.Address, server.RpcPort)
  },
})

function lanAddress(view: View, server: string): string | undefined {
  return view.get('nodes', nodeKey({ Partition: DEFAULT_PARTITION, PeerName: '', Node: server }))?.Address
}

function spell(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
