// `isthmus members`: who belongs to the datacenter, or with -wan to the federation.

import { Fault } from '../../core/model/fault.ts'
import { boolFlag, stringFlag } from '../../lib/go-flags.ts'
import { type Fields, fields, list, number, text } from '../answer.ts'
import { defineApiCommand } from '../define-api-command.ts'
import { formatFlag, present, type Rows } from '../output.ts'

const NOBODY = 2
const STATUSES = ['none', 'alive', 'leaving', 'left', 'failed']

export const members = defineApiCommand({
  usage: 'members [options]',
  help: `Prints the members the agent knows.

Exits with status 2 when no member matches.`,
  flags: {
    wan: boolFlag('Print the servers of all federated datacenters.'),
    detailed: boolFlag('Print all tags of each member.'),
    status: stringFlag('Print only members whose status matches this regular expression.', {
      placeholder: 'regexp',
      initial: '.*',
    }),
    filter: stringFlag('Filter expression, evaluated by the agent.', { placeholder: 'expression' }),
    format: formatFlag,
  },
  api: 'agent',
  failure: 'Error retrieving members',
  run: async ({ io, flags, client }) => {
    const wanted = statusPattern(flags.status)
    const query = { ...(flags.wan ? { wan: '1' } : { segment: '_all' }), filter: flags.filter }
    const answer = list(await client.json({ path: '/v1/agent/members', query }))
    const found = answer.filter(member => wanted.test(statusOf(member))).sort(byRoleThenName)
    if (found.length === 0) {
      io.stderr.write('No member matches.\n')
      return NOBODY
    }
    present(io, flags.format, { json: found, table: () => (flags.detailed ? detailedRows(found) : rows(found)) })
    return 0
  },
})

function statusPattern(source: string): RegExp {
  try {
    return new RegExp(source)
  } catch (cause) {
    throw new Fault('invalid', `-status ${JSON.stringify(source)} is not a regular expression`, { cause })
  }
}

function rows(found: readonly Fields[]): Rows {
  const header = ['Node', 'Address', 'Status', 'Type', 'Build', 'Protocol', 'DC', 'Partition', 'Segment']
  return [header, ...found.map(row)]
}

function row(member: Fields): readonly string[] {
  const tags = fields(member.Tags)
  const type = isServer(member) ? 'server' : 'client'
  const build = text(tags.build).split(':')[0] || 'unknown'
  const protocol = text(tags.vsn) || text(member.ProtocolCur)
  const segment = text(tags.segment) || (isServer(member) ? '<all>' : '<default>')
  const partition = text(tags.ap) || 'default'
  return [
    text(member.Name),
    addressOf(member),
    statusOf(member),
    type,
    build,
    protocol,
    text(tags.dc),
    partition,
    segment,
  ]
}

function detailedRows(found: readonly Fields[]): Rows {
  const header = ['Node', 'Address', 'Status', 'Tags']
  return [header, ...found.map(member => [text(member.Name), addressOf(member), statusOf(member), tagList(member)])]
}

function tagList(member: Fields): string {
  const tags = Object.entries(fields(member.Tags)).map(([name, value]) => `${name}=${text(value)}`)
  return tags.sort().join(',')
}

function addressOf(member: Fields): string {
  const address = text(member.Addr)
  return `${address.includes(':') ? `[${address}]` : address}:${number(member.Port)}`
}

function statusOf(member: Fields): string {
  return STATUSES[number(member.Status)] ?? `unknown status: ${number(member.Status)}`
}

function isServer(member: Fields): boolean {
  return fields(member.Tags).role === 'consul'
}

function byRoleThenName(a: Fields, b: Fields): number {
  if (isServer(a) !== isServer(b)) return isServer(a) ? -1 : 1
  return text(a.Name) < text(b.Name) ? -1 : 1
}
