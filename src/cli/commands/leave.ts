// `isthmus leave`.

import { defineApiCommand } from '../define-api-command.ts'

export const leave = defineApiCommand({
  usage: 'leave [options]',
  help: 'Makes the agent leave its datacenter gracefully and shut down.',
  flags: {},
  api: 'agent',
  failure: 'Error leaving',
  run: async ({ io, client }) => {
    await client.call({ method: 'PUT', path: '/v1/agent/leave' })
    io.stdout.write('Graceful leave complete\n')
    return 0
  },
})
