// `isthmus services exported-services` and `services imported-services`.

import { stringFlag } from '../../../lib/go-flags.ts'
import { fields, list, text, texts } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present } from '../../output.ts'

const filter = stringFlag('Filter expression, evaluated by the server.', { placeholder: 'expression' })

export const servicesExported = defineApiCommand({
  usage: 'services exported-services [options]',
  help: 'Lists the services that this partition shares, and with whom.',
  flags: { filter, format: formatFlag },
  api: 'server',
  failure: 'Error reading exported services',
  run: async ({ io, flags, client }) => {
    const answer = await client.document({ path: '/v1/exported-services', query: { filter: flags.filter } })
    const services = list(answer.value)
    if (services.length === 0 && flags.format !== 'json') {
      io.stdout.write('No exported services found\n')
      return 0
    }
    const rows = services.map(service => {
      const consumers = fields(service.Consumers)
      return [text(service.Service), texts(consumers.Peers).join(', '), texts(consumers.Partitions).join(', ')]
    })
    const header = ['Service', 'Consumer Peers', 'Consumer Partitions']
    present(io, flags.format, { json: answer.text, table: () => [header, ...rows] })
    return 0
  },
})

export const servicesImported = defineApiCommand({
  usage: 'services imported-services [options]',
  help: 'Lists the services that other partitions share with this one.',
  flags: { filter, format: formatFlag },
  api: 'server',
  failure: 'Error reading imported services',
  run: async ({ io, flags, client }) => {
    const answer = await client.document({ path: '/v1/imported-services', query: { filter: flags.filter } })
    const services = list(answer.value)
    if (services.length === 0 && flags.format !== 'json') {
      io.stdout.write('No imported services found\n')
      return 0
    }
    const rows = services.map(each => [text(each.Service), text(each.Namespace), text(each.SourcePartition)])
    present(io, flags.format, { json: answer.text, table: () => [['Service', 'Namespace', 'Partition'], ...rows] })
    return 0
  },
})
