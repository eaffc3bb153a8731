// `isthmus services register`.

import { Fault } from '../../../core/model/fault.ts'
import { intFlag, listFlag, mapFlag, stringFlag } from '../../../lib/go-flags.ts'
import type { JsonObject } from '../../../lib/json-value.ts'
import { text } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { lookup } from '../../read-document.ts'
import { readServices } from './service-files.ts'

const definitionFlags = {
  id: stringFlag('ID of the instance; the name unless given.'),
  name: stringFlag('Name of the service.', { placeholder: 'name' }),
  address: stringFlag('Address of the instance; the address of the node unless given.', { placeholder: 'address' }),
  port: intFlag('Port of the instance.', { min: 0, max: 65535 }),
  socket: stringFlag('Unix socket of the instance, in place of address and port.', { placeholder: 'path' }),
  kind: stringFlag('Kind of the service, such as mesh-gateway; empty for an ordinary one.', { placeholder: 'kind' }),
  meta: mapFlag('Metadata of the instance. May be given several times.'),
  tag: listFlag('Tag of the instance. May be given several times.'),
  'tagged-address': mapFlag('Tagged address, as name=address or name=address:port. May be given several times.'),
}

export const servicesRegister = defineApiCommand({
  usage: 'services register [options] [FILE...]',
  help: `Registers services with the agent, from files in HCL, JSON or YAML, or from flags. - reads standard input.

Example:

    $ isthmus services register web.hcl
    $ isthmus services register -name web -port 9090`,
  flags: definitionFlags,
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  api: 'agent',
  failure: 'Error registering service',
  run: async ({ io, flags, given, args, client }) => {
    const conflicting = Object.keys(definitionFlags).find(name => given.has(name))
    if (args.length > 0 && conflicting !== undefined) {
      throw new Fault('invalid', `-${conflicting} and files exclude one another`)
    }
    if (args.length === 0 && flags.name === '') {
      throw new Fault('invalid', 'give a file with service definitions, or at least -name')
    }
    const services = args.length > 0 ? await readServices(io, args) : [definition(flags)]
    for (const body of services) {
      const name = text(lookup(body, 'name'))
      await client.call({ method: 'PUT', path: '/v1/agent/service/register', body }).catch(error => {
        throw error instanceof Fault ? new Fault(error.code, `${name}: ${error.message}`, { cause: error }) : error
      })
      io.stdout.write(`Registered service: ${name}\n`)
    }
    return 0
  },
})

interface DefinitionValues {
  readonly id: string
  readonly name: string
  readonly address: string
  readonly port: number | undefined
  readonly socket: string
  readonly kind: string
  readonly meta: ReadonlyMap<string, string>
  readonly tag: readonly string[]
  readonly 'tagged-address': ReadonlyMap<string, string>
}

function definition(flags: DefinitionValues): JsonObject {
  const tagged = [...flags['tagged-address']].map(([name, value]) => [name, taggedAddress(name, value, flags.port)])
  const all = {
    Kind: flags.kind,
    ID: flags.id,
    Name: flags.name,
    Address: flags.address,
    Port: flags.port ?? 0,
    SocketPath: flags.socket,
    Tags: flags.tag,
    Meta: Object.fromEntries(flags.meta),
    TaggedAddresses: Object.fromEntries(tagged),
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => !isEmpty(value)))
}

function taggedAddress(name: string, value: string, port: number | undefined): JsonObject {
  const match = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(value)
  if (!match) throw new Fault('invalid', `-tagged-address ${name}=${value}: expected address or address:port`)
  const own = match[2] === undefined ? (port ?? 0) : Number(match[2])
  if (own > 65535) throw new Fault('invalid', `-tagged-address ${name}=${value}: port ${own} is above 65535`)
  return { Address: match[1]!.replace(/^\[|\]$/g, ''), Port: own }
}

function isEmpty(value: unknown): boolean {
  return value === '' || value === 0 || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
}
