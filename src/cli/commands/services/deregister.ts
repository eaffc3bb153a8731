// `isthmus services deregister`.

import { Fault } from '../../../core/model/fault.ts'
import { stringFlag } from '../../../lib/go-flags.ts'
import { apiPath } from '../../../rim/client/agent-client.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { idOf, readServices } from './service-files.ts'

export const servicesDeregister = defineApiCommand({
  usage: 'services deregister [options] [FILE...]',
  help: `Deregisters services from the agent: one by -id, or those that the files define.

Example:

    $ isthmus services deregister -id web-1`,
  flags: { id: stringFlag('ID of the instance.', { placeholder: 'id' }) },
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  api: 'agent',
  failure: 'Error deregistering service',
  run: async ({ io, flags, args, client }) => {
    if ((args.length === 0) === (flags.id === '')) {
      throw new Fault('invalid', 'give either -id or files with service definitions')
    }
    const ids = args.length > 0 ? (await readServices(io, args)).map(idOf) : [flags.id]
    for (const id of ids) {
      await client.call({ method: 'PUT', path: apiPath('v1', 'agent', 'service', 'deregister', id) })
      io.stdout.write(`Deregistered service: ${id}\n`)
    }
    return 0
  },
})
