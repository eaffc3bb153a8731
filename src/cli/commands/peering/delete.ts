// `isthmus peering delete`.

import { apiPath } from '../../../rim/client/agent-client.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { nameFlag, requireFlag } from './flags.ts'

export const peeringDelete = defineApiCommand({
  usage: 'peering delete [options] -name NAME',
  help: `Ends a peering. Everything that was imported from the peer goes; the peer is told, and drops what it imported from
here. Deleting a peering that is not there is no mistake.`,
  flags: { name: nameFlag },
  api: 'server',
  failure: 'Error deleting peering',
  run: async ({ io, flags, client }) => {
    requireFlag('name', flags.name)
    await client.call({ method: 'DELETE', path: apiPath('v1', 'peering', flags.name) })
    io.stdout.write(`Successfully submitted peering connection, ${flags.name}, for deletion\n`)
    return 0
  },
})
