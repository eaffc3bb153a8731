// `isthmus info`: figures of the agent, for people and bug reports.

import { fields, text } from '../answer.ts'
import { defineApiCommand } from '../define-api-command.ts'
import { formatFlag, present } from '../output.ts'

export const info = defineApiCommand({
  usage: 'info [options]',
  help: 'Prints figures of the running agent, in groups.',
  flags: { format: formatFlag },
  api: 'agent',
  failure: 'Error querying agent',
  run: async ({ io, flags, client }) => {
    const stats = fields(fields(await client.json({ path: '/v1/agent/self' })).Stats)
    const groups = Object.keys(stats)
      .sort()
      .map(name => ({ name, figures: Object.entries(fields(stats[name])).sort(([a], [b]) => (a < b ? -1 : 1)) }))
    present(io, flags.format, {
      json: stats,
      table: () => [
        ['Group', 'Name', 'Value'],
        ...groups.flatMap(group => group.figures.map(([name, value]) => [group.name, name, text(value)])),
      ],
      pretty: () =>
        groups
          .map(({ name, figures }) => [`${name}:`, ...figures.map(([key, value]) => `\t${key} = ${text(value)}`)])
          .map(lines => lines.join('\n'))
          .join('\n'),
    })
    return 0
  },
})
