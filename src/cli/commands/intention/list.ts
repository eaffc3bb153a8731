// `isthmus intention list`.

import { stringFlag } from '../../../lib/go-flags.ts'
import { list, text } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present } from '../../output.ts'
import { actionOf, destinationOf, sourceOf } from './intention-text.ts'

const NONE = 2

export const intentionList = defineApiCommand({
  usage: 'intention list [options]',
  help: `Prints all intentions, the one that decides first on top.

Exits with status 2 when there are none.`,
  flags: {
    filter: stringFlag('Filter expression, evaluated by the server.', { placeholder: 'expression' }),
    format: formatFlag,
  },
  api: 'server',
  failure: 'Error listing intentions',
  run: async ({ io, flags, client }) => {
    const answer = await client.document({ path: '/v1/connect/intentions', query: { filter: flags.filter } })
    const intentions = list(answer.value)
    if (intentions.length === 0 && flags.format !== 'json') {
      io.stderr.write('There are no intentions.\n')
      return NONE
    }
    const rows = intentions.map(intention => [
      text(intention.ID),
      sourceOf(intention),
      actionOf(intention),
      destinationOf(intention),
      text(intention.Precedence),
    ])
    const header = ['ID', 'Source', 'Action', 'Destination', 'Precedence']
    present(io, flags.format, { json: answer.text, table: () => [header, ...rows] })
    return intentions.length === 0 ? NONE : 0
  },
})
