// `isthmus maint`: takes a node or a service out of service and brings it back.

import { Fault } from '../../core/model/fault.ts'
import { boolFlag, stringFlag } from '../../lib/go-flags.ts'
import { type AgentClient, apiPath } from '../../rim/client/agent-client.ts'
import { type Fields, fields, text } from '../answer.ts'
import { defineApiCommand } from '../define-api-command.ts'
import { formatFlag, present } from '../output.ts'

const NODE_CHECK = '_node_maintenance'
const SERVICE_CHECK = '_service_maintenance:'

export const maint = defineApiCommand({
  usage: 'maint [options]',
  help: `Puts the node of the agent, or with -service one of its services, into maintenance mode or takes it out.
In maintenance nothing is routed to it. Without -enable and -disable, prints what is in maintenance.`,
  flags: {
    enable: boolFlag('Enter maintenance mode.'),
    disable: boolFlag('Leave maintenance mode.'),
    reason: stringFlag('Why; shown with the health check that marks the maintenance.', { placeholder: 'text' }),
    service: stringFlag('ID of the service; the whole node unless given.', { placeholder: 'id' }),
    format: formatFlag,
  },
  api: 'agent',
  failure: 'Error changing maintenance mode',
  run: async ({ io, flags, client }) => {
    if (flags.enable && flags.disable) throw new Fault('invalid', 'only one of -enable and -disable may be given')
    if (!flags.enable && !flags.disable) {
      if (flags.service || flags.reason) throw new Fault('invalid', '-service and -reason need -enable or -disable')
      const checks = await maintenanceChecks(client)
      if (checks.length === 0 && flags.format === 'pretty') return 0
      present(io, flags.format, {
        json: checks,
        pretty: () => checks.map(describe).join('\n\n'),
      })
      return 0
    }
    const target = flags.service ? apiPath('service', 'maintenance', flags.service) : '/maintenance'
    const query = { enable: String(flags.enable), reason: flags.reason }
    await client.call({ method: 'PUT', path: `/v1/agent${target}`, query })
    const state = flags.enable ? 'enabled' : 'disabled'
    const where = flags.service ? ` for ${JSON.stringify(flags.service)}` : ''
    io.stdout.write(`${flags.service ? 'Service' : 'Node'} maintenance is now ${state}${where}\n`)
    return 0
  },
})

async function maintenanceChecks(client: AgentClient): Promise<readonly Fields[]> {
  const checks = Object.values(fields(await client.json({ path: '/v1/agent/checks' }))).map(fields)
  return checks.filter(({ CheckID }) => CheckID === NODE_CHECK || text(CheckID).startsWith(SERVICE_CHECK))
}

function describe(check: Fields): string {
  const isNode = check.CheckID === NODE_CHECK
  const id = text(check.ServiceID) || text(check.CheckID).slice(SERVICE_CHECK.length)
  const head = isNode ? `Node:\n  Name:   ${text(check.Node)}` : `Service:\n  ID:     ${id}`
  return `${head}\n  Reason: ${text(check.Notes)}`
}
