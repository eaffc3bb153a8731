// `isthmus intention match`.

import { Fault } from '../../../core/model/fault.ts'
import { boolFlag } from '../../../lib/go-flags.ts'
import { fields, list } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present } from '../../output.ts'
import { actionOf, destinationOf, intentionLine, sourceOf } from './intention-text.ts'

export const intentionMatch = defineApiCommand({
  usage: 'intention match [options] SRC|DST',
  help: 'Prints the intentions that match a source or a destination, the one that decides first on top.',
  flags: {
    source: boolFlag('Match the argument as a source.'),
    destination: boolFlag('Match the argument as a destination. This is what happens without -source.'),
    format: formatFlag,
  },
  args: { min: 1, max: 1 },
  api: 'server',
  failure: 'Error matching intentions',
  run: async ({ io, flags, args, client }) => {
    if (flags.source && flags.destination) {
      throw new Fault('invalid', 'only one of -source and -destination may be given')
    }
    const query = { by: flags.source ? 'source' : 'destination', name: args[0] }
    const answer = await client.document({ path: '/v1/connect/intentions/match', query })
    const found = Object.values(fields(answer.value)).flatMap(list)
    if (found.length === 0 && flags.format === 'pretty') return 0
    present(io, flags.format, {
      json: answer.text,
      table: () => [
        ['Source', 'Action', 'Destination'],
        ...found.map(x => [sourceOf(x), actionOf(x), destinationOf(x)]),
      ],
      pretty: () => found.map(intentionLine).join('\n'),
    })
    return 0
  },
})
