// `isthmus connect ca get-config`.

import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present } from '../../output.ts'

export const connectCaGetConfig = defineApiCommand({
  usage: 'connect ca get-config [options]',
  help: 'Prints the configuration of the certificate authority.',
  flags: { format: formatFlag },
  api: 'server',
  failure: 'Error querying CA configuration',
  run: async ({ io, flags, client }) => {
    const answer = await client.document({ path: '/v1/connect/ca/configuration' })
    present(io, flags.format, { json: answer.text })
    return 0
  },
})
