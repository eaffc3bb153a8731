// `isthmus catalog datacenters`.

import { texts } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present } from '../../output.ts'

export const catalogDatacenters = defineApiCommand({
  usage: 'catalog datacenters [options]',
  help: 'Prints the names of all federated datacenters, the nearest first.',
  flags: { format: formatFlag },
  api: 'server',
  failure: 'Error listing datacenters',
  run: async ({ io, flags, client }) => {
    const names = texts(await client.json({ path: '/v1/catalog/datacenters' }))
    present(io, flags.format, {
      json: names,
      table: () => [['Datacenter'], ...names.map(name => [name])],
      pretty: () => names.join('\n'),
    })
    return 0
  },
})
