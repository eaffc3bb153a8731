// `isthmus config read`.

import { apiPath } from '../../../rim/client/agent-client.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present } from '../../output.ts'
import { kindFlag, nameFlag, requireParameter } from './flags.ts'

export const configRead = defineApiCommand({
  usage: 'config read [options] -kind KIND -name NAME',
  help: `Prints a configuration entry as JSON.

Example:

    $ isthmus config read -kind proxy-defaults -name global`,
  flags: { kind: kindFlag, name: nameFlag, format: formatFlag },
  api: 'server',
  failure: 'Error reading config entry',
  run: async ({ io, flags, client }) => {
    requireParameter('kind', flags.kind)
    requireParameter('name', flags.name)
    const answer = await client.document({ path: apiPath('v1', 'config', flags.kind, flags.name) })
    present(io, flags.format, { json: answer.text })
    return 0
  },
})
