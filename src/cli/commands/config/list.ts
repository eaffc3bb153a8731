// `isthmus config list`.

import { stringFlag } from '../../../lib/go-flags.ts'
import { apiPath } from '../../../rim/client/agent-client.ts'
import { list, text } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present } from '../../output.ts'
import { kindFlag, requireParameter } from './flags.ts'

export const configList = defineApiCommand({
  usage: 'config list [options] -kind KIND',
  help: `Prints the names of the configuration entries of a kind.

Example:

    $ isthmus config list -kind service-defaults`,
  flags: {
    kind: kindFlag,
    filter: stringFlag('Filter expression, evaluated by the server.', { placeholder: 'expression' }),
    format: formatFlag,
  },
  api: 'server',
  failure: 'Error listing config entries',
  run: async ({ io, flags, client }) => {
    requireParameter('kind', flags.kind)
    const answer = await client.document({ path: apiPath('v1', 'config', flags.kind), query: { filter: flags.filter } })
    const names = list(answer.value).map(entry => text(entry.Name) || flags.kind)
    if (flags.format === 'pretty' && names.length === 0) return 0
    present(io, flags.format, {
      json: answer.text,
      table: () => [['Kind', 'Name'], ...names.map(name => [flags.kind, name])],
      pretty: () => names.join('\n'),
    })
    return 0
  },
})
