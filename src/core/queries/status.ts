// Where this datacenter's servers are reached by other servers.

import { defineQuery } from '../store/view.ts'

const DEFAULT_RPC_PORT = 8300

/** `<address>:<rpc port>` of this server. */
export const raftAddress = defineQuery<undefined, string>({
  name: 'raft-address',
  key: () => '',
  run(view) {
    const { address, node, datacenter } = view.self
    const port = view.get('members', `${node}.${datacenter}`)?.RpcPort ?? DEFAULT_RPC_PORT
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  },
})
