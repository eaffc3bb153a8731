// `isthmus peering exported-services`.

import { fields, texts } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present } from '../../output.ts'
import { fetchPeering, nameFlag, requireFlag } from './flags.ts'

export const peeringExportedServices = defineApiCommand({
  usage: 'peering exported-services [options] -name NAME',
  help: 'Lists the services that a peer is told of, one a line.',
  flags: { name: nameFlag, format: formatFlag },
  api: 'server',
  failure: 'Error reading exported services',
  run: async ({ io, flags, client }) => {
    requireFlag('name', flags.name)
    const { value } = await fetchPeering(client, flags.name)
    const names = texts(fields(fields(value).StreamStatus).ExportedServices)
    present(io, flags.format, {
      json: names,
      table: () => [['Service Name'], ...names.map(name => [name])],
      pretty: () => names.join('\n'),
    })
    return 0
  },
})
