// `isthmus intention create`.

import { Fault } from '../../../core/model/fault.ts'
import { boolFlag, mapFlag } from '../../../lib/go-flags.ts'
import type { JsonObject } from '../../../lib/json-value.ts'
import type { AgentClient } from '../../../rim/client/agent-client.ts'
import { type Fields, text } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { lookup, readDocument } from '../../read-document.ts'
import { intentionLine, scoped } from './intention-text.ts'

const PATH = '/v1/connect/intentions/exact'

interface Wanted {
  readonly source: string
  readonly destination: string
  readonly body: JsonObject
}

export const intentionCreate = defineApiCommand({
  usage: 'intention create [options] (SRC DST | -file FILE...)',
  help: `Allows or denies connections from a service to another. * stands for all services.

Example:

    $ isthmus intention create -deny '*' db
    $ isthmus intention create -allow web db`,
  flags: {
    allow: boolFlag('Allow the connections. This is what happens without -allow and -deny.'),
    deny: boolFlag('Deny the connections.'),
    file: boolFlag('Read intentions from the files given as arguments; each holds one, in HCL, JSON or YAML.'),
    replace: boolFlag('Replace an intention that exists for the same source and destination.'),
    meta: mapFlag('Metadata of the intention. May be given several times.'),
  },
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  api: 'server',
  failure: 'Error creating intention',
  run: async ({ io, flags, args, client }) => {
    if (flags.allow && flags.deny) throw new Fault('invalid', 'only one of -allow and -deny may be given')
    if (flags.file && (flags.allow || flags.deny)) throw new Fault('invalid', '-file excludes -allow and -deny')
    const meta = flags.meta.size > 0 ? { Meta: Object.fromEntries(flags.meta) } : {}
    const action = flags.deny ? 'deny' : 'allow'
    const wanted = flags.file
      ? await Promise.all(args.map(async file => fromFile(file, await readDocument(io, file))))
      : [fromArguments(args, { SourceType: 'consul', Action: action, ...meta })]

    for (const each of wanted) {
      const written = await write(client, each, flags.replace)
      io.stdout.write(`Created: ${written}\n`)
    }
    return 0
  },
})

function fromArguments(args: readonly string[], body: JsonObject): Wanted {
  const [source, destination, ...rest] = args
  if (source === undefined || destination === undefined || rest.length > 0) {
    throw new Fault('invalid', `expected a source and a destination, got ${args.length} arguments`)
  }
  return { source, destination, body }
}

function fromFile(file: string, document: JsonObject): Wanted {
  return {
    source: nameIn(file, document, 'Source'),
    destination: nameIn(file, document, 'Destination'),
    body: document,
  }
}

function nameIn(file: string, document: JsonObject, side: 'Source' | 'Destination'): string {
  const name = text(lookup(document, `${side}Name`))
  if (name === '') throw new Fault('invalid', `${file}: ${side}Name is required`)
  return scoped(text(lookup(document, `${side}Partition`)), text(lookup(document, `${side}NS`)), name)
}

async function write(client: AgentClient, wanted: Wanted, replace: boolean): Promise<string> {
  const { source, destination, body } = wanted
  const query = { source, destination }
  if (!replace && (await client.send({ path: PATH, query })).status === 200) {
    throw new Fault('conflict', `${source} => ${destination} exists already; -replace changes it`)
  }
  await client.call({ method: 'PUT', path: PATH, query, body })
  const shown: Fields = { Action: lookup(body, 'Action'), Permissions: lookup(body, 'Permissions') }
  return intentionLine({ ...shown, SourceName: source, DestinationName: destination })
}
