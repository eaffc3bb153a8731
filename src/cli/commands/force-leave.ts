// `isthmus force-leave`: says of an agent that has failed that it will not come back.

import { Fault } from '../../core/model/fault.ts'
import { boolFlag } from '../../lib/go-flags.ts'
import { apiPath } from '../../rim/client/agent-client.ts'
import { defineApiCommand } from '../define-api-command.ts'

export const forceLeave = defineApiCommand({
  usage: 'force-leave [options] NODE',
  help: `Takes a member that has failed, and is not coming back, out of the catalog. It is shown as one that left, or
with -prune not at all. An agent that is alive is refused: make it leave with "isthmus leave".`,
  flags: {
    prune: boolFlag('Forget the member at once.'),
    wan: boolFlag('The member is a server of another datacenter, named as in "members -wan".'),
  },
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  api: 'agent',
  failure: 'Error force leaving',
  run: async ({ flags, args: [node, ...more], client }) => {
    if (node === undefined || more.length > 0) {
      throw new Fault('invalid', 'A single node name must be specified to force leave.')
    }
    const query = { ...(flags.prune ? { prune: '1' } : {}), ...(flags.wan ? { wan: '1' } : {}) }
    await client.call({ method: 'PUT', path: apiPath('v1', 'agent', 'force-leave', node), query })
    return 0
  },
})
