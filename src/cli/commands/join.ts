// `isthmus join`: names places where an agent finds its servers, or servers of other datacenters.

import { Fault } from '../../core/model/fault.ts'
import { boolFlag } from '../../lib/go-flags.ts'
import { apiPath } from '../../rim/client/agent-client.ts'
import { defineApiCommand } from '../define-api-command.ts'

export const join = defineApiCommand({
  usage: 'join [options] ADDRESS...',
  help: `Tells a running agent where its servers are: \`host\` or \`host:port\`, as in retry_join. The agent remembers it until
it ends. With -wan, tells a server where servers of other datacenters are.`,
  flags: { wan: boolFlag('Join servers of another datacenter.') },
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  api: 'agent',
  failure: 'Error joining the cluster',
  run: async ({ io, flags, args, client }) => {
    if (args.length === 0) throw new Fault('invalid', 'At least one address to join must be specified.')
    let joined = 0
    for (const address of args) {
      try {
        const query = flags.wan ? { wan: '1' } : {}
        await client.call({ method: 'PUT', path: apiPath('v1', 'agent', 'join', address), query })
        joined += 1
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        io.stderr.write(`Error joining address '${address}': ${error.message}\n`)
      }
    }
    if (joined === 0) {
      io.stderr.write('Failed to join any nodes.\n')
      return 1
    }
    io.stdout.write(`Successfully joined cluster by contacting ${joined} nodes.\n`)
    return 0
  },
})
