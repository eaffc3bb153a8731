// `isthmus catalog nodes`.

import { boolFlag, mapFlag, stringFlag } from '../../../lib/go-flags.ts'
import { type AgentRequest, apiPath } from '../../../rim/client/agent-client.ts'
import { type Fields, fields, list, text } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present, type Rows } from '../../output.ts'

export const catalogNodes = defineApiCommand({
  usage: 'catalog nodes [options]',
  help: 'Prints the nodes of a datacenter, or those that run a service.',
  flags: {
    detailed: boolFlag('Print whole node IDs, tagged addresses and metadata.'),
    near: stringFlag('Sort by distance from this node; _agent is the agent itself.', { placeholder: 'node' }),
    'node-meta': mapFlag('Only nodes with this metadata. May be given several times.'),
    service: stringFlag('Only nodes that run this service.', { placeholder: 'name' }),
    filter: stringFlag('Filter expression, evaluated by the server.', { placeholder: 'expression' }),
    format: formatFlag,
  },
  api: 'server',
  failure: 'Error listing nodes',
  run: async ({ io, flags, client }) => {
    const query = {
      near: flags.near,
      filter: flags.filter,
      'node-meta': [...flags['node-meta']].map(([key, value]) => `${key}:${value}`),
    }
    const answer = list(await client.json({ path: pathOf(flags.service), query }))
    const nodes = [...new Map(answer.map(node => [text(node.Node), node])).values()]
    if (nodes.length === 0) {
      io.stderr.write('No nodes match the given query - try expanding your search.\n')
      return 0
    }
    present(io, flags.format, { json: nodes, table: () => (flags.detailed ? detailedRows(nodes) : rows(nodes)) })
    return 0
  },
})

function pathOf(service: string): AgentRequest['path'] {
  return service === '' ? '/v1/catalog/nodes' : apiPath('v1', 'catalog', 'service', service)
}

function rows(nodes: readonly Fields[]): Rows {
  const body = nodes.map(node => [
    text(node.Node),
    text(node.ID).slice(0, 8),
    text(node.Address),
    text(node.Datacenter),
  ])
  return [['Node', 'ID', 'Address', 'DC'], ...body]
}

function detailedRows(nodes: readonly Fields[]): Rows {
  const header = ['Node', 'ID', 'Address', 'DC', 'TaggedAddresses', 'Meta']
  const body = nodes.map(node => [
    text(node.Node),
    text(node.ID),
    text(node.Address),
    text(node.Datacenter),
    pairs(node.TaggedAddresses),
    pairs(node.Meta ?? node.NodeMeta),
  ])
  return [header, ...body]
}

function pairs(value: unknown): string {
  const entries = Object.entries(fields(value)).map(([key, element]) => `${key}=${text(element)}`)
  return entries.sort().join(', ')
}
