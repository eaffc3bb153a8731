// `isthmus intention check`.

import { fields } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present } from '../../output.ts'

const DENIED = 1
const ERROR = 2

export const intentionCheck = defineApiCommand({
  usage: 'intention check [options] SRC DST',
  help: `Prints whether a connection from SRC to DST is allowed.

Exits with status 0 when it is allowed, 1 when it is denied, 2 when that cannot be told.`,
  flags: { format: formatFlag },
  args: { min: 2, max: 2 },
  api: 'server',
  failure: 'Error checking the connection',
  failureCode: ERROR,
  run: async ({ io, flags, args, client }) => {
    const query = { source: args[0], destination: args[1], 'source-type': 'consul' }
    const answer = await client.document({ path: '/v1/connect/intentions/check', query })
    const isAllowed = fields(answer.value).Allowed === true
    present(io, flags.format, { json: answer.text, pretty: () => (isAllowed ? 'Allowed' : 'Denied') })
    return isAllowed ? 0 : DENIED
  },
})
