// `isthmus intention get`.

import { type Fields, fields, text } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFields, formatFlag, present } from '../../output.ts'
import { readIntention } from './exact-request.ts'
import { actionOf, destinationOf, sourceOf } from './intention-text.ts'

/** How the API writes the absence of a time. */
const ZERO_TIME = '0001-01-01T00:00:00Z'

export const intentionGet = defineApiCommand({
  usage: 'intention get [options] (SRC DST | ID)',
  help: 'Prints an intention.',
  flags: { format: formatFlag },
  args: { min: 1, max: 2 },
  api: 'server',
  failure: 'Error reading the intention',
  run: async ({ io, flags, args, client }) => {
    const answer = await readIntention(client, args)
    present(io, flags.format, { json: answer.text, pretty: () => describe(fields(answer.value)) })
    return 0
  },
})

function describe(intention: Fields): string {
  const permissions = Array.isArray(intention.Permissions) ? JSON.stringify(intention.Permissions, null, 4) : undefined
  const meta = Object.entries(fields(intention.Meta)).sort()
  return formatFields([
    ['Source', sourceOf(intention)],
    ['Destination', destinationOf(intention)],
    ['Action', actionOf(intention)],
    ['ID', text(intention.ID)],
    ['Description', text(intention.Description)],
    ...meta.map(([key, value]): [string, string] => [`Meta[${key}]`, text(value)]),
    ['Created At', text(intention.CreatedAt).replace(ZERO_TIME, '')],
    ['Permissions', permissions],
  ])
}
