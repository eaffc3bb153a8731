// `isthmus intention delete`.

import { defineApiCommand } from '../../define-api-command.ts'
import { exactRequest, readIntention } from './exact-request.ts'

export const intentionDelete = defineApiCommand({
  usage: 'intention delete [options] (SRC DST | ID)',
  help: 'Deletes an intention.',
  flags: {},
  args: { min: 1, max: 2 },
  api: 'server',
  failure: 'Error deleting the intention',
  run: async ({ io, args, client }) => {
    await readIntention(client, args)
    await client.call(exactRequest('DELETE', args))
    io.stdout.write('Intention deleted.\n')
    return 0
  },
})
