// `isthmus reload`.

import { defineApiCommand } from '../define-api-command.ts'

export const reload = defineApiCommand({
  usage: 'reload [options]',
  help: `Makes the agent read its configuration files again. What it refuses is printed, and it stays as it was.
SIGHUP does the same.`,
  flags: {},
  api: 'agent',
  failure: 'Error reloading',
  run: async ({ io, client }) => {
    await client.call({ method: 'PUT', path: '/v1/agent/reload' })
    io.stdout.write('Configuration reload triggered\n')
    return 0
  },
})
