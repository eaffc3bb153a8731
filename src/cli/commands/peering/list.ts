// `isthmus peering list`.

import { type Fields, fields, list, text, texts } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present } from '../../output.ts'

export const peeringList = defineApiCommand({
  usage: 'peering list [options]',
  help: 'Lists the peerings of this cluster with their states.',
  flags: { format: formatFlag },
  api: 'server',
  failure: 'Error listing peerings',
  run: async ({ io, flags, client }) => {
    const answer = await client.document({ path: '/v1/peerings' })
    const peerings = list(answer.value)
    if (peerings.length === 0 && flags.format === 'pretty') {
      io.stdout.write('There are no peering connections.\n')
      return 0
    }
    const sorted = [...peerings].sort((a, b) => (text(a.Name) < text(b.Name) ? -1 : 1))
    present(io, flags.format, {
      json: answer.text,
      table: () => [['Name', 'State', 'Imported Svcs', 'Exported Svcs', 'Meta'], ...sorted.map(rowOf)],
    })
    return 0
  },
})

function rowOf(peering: Fields): readonly string[] {
  const stream = fields(peering.StreamStatus)
  const meta = Object.entries(fields(peering.Meta)).map(([key, value]) => `${key}=${text(value)}`)
  return [
    text(peering.Name),
    text(peering.State),
    String(texts(stream.ImportedServices).length),
    String(texts(stream.ExportedServices).length),
    meta.join(','),
  ]
}
