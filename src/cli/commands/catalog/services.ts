// `isthmus catalog services`.

import { boolFlag, mapFlag, stringFlag } from '../../../lib/go-flags.ts'
import { type AgentClient, apiPath } from '../../../rim/client/agent-client.ts'
import { fields, text, texts } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present } from '../../output.ts'

export const catalogServices = defineApiCommand({
  usage: 'catalog services [options]',
  help: 'Prints the names of the services of a datacenter, or of one node.',
  flags: {
    node: stringFlag('Only services on this node, given by name or ID.', { placeholder: 'node' }),
    'node-meta': mapFlag('Only services on nodes with this metadata. May be given several times.'),
    tags: boolFlag('Print the tags of each service.'),
    format: formatFlag,
  },
  api: 'server',
  failure: 'Error listing services',
  run: async ({ io, flags, client }) => {
    const meta = [...flags['node-meta']].map(([key, value]) => `${key}:${value}`)
    const services = flags.node === '' ? await allServices(client, meta) : await servicesOf(client, flags.node)
    if (services.size === 0) {
      io.stderr.write('No services match the given query - try expanding your search.\n')
      return 0
    }
    const names = [...services.keys()].sort()
    const rows = names.map(name => [name, [...services.get(name)!].sort().join(',')])
    present(io, flags.format, {
      json: Object.fromEntries(names.map(name => [name, services.get(name)!])),
      table: () => (flags.tags ? [['Service', 'Tags'], ...rows] : [['Service'], ...names.map(name => [name])]),
      ...(flags.tags ? {} : { pretty: () => names.join('\n') }),
    })
    return 0
  },
})

type Tags = ReadonlyMap<string, readonly string[]>

async function allServices(client: AgentClient, meta: readonly string[]): Promise<Tags> {
  const answer = await client.json({ path: '/v1/catalog/services', query: { 'node-meta': meta } })
  return new Map(Object.entries(fields(answer)).map(([name, tags]) => [name, texts(tags)]))
}

async function servicesOf(client: AgentClient, node: string): Promise<Tags> {
  const answer = fields(await client.json({ path: apiPath('v1', 'catalog', 'node', node) }))
  const tags = new Map<string, string[]>()
  for (const service of Object.values(fields(answer.Services)).map(fields)) {
    const name = text(service.Service)
    tags.set(name, [...new Set([...(tags.get(name) ?? []), ...texts(service.Tags)])])
  }
  return tags
}
