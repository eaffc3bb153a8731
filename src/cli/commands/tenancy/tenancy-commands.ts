// `isthmus partition ...` and `isthmus namespace ...`: the same five commands on the two levels of tenancy.

import { Fault } from '../../../core/model/fault.ts'
import { mapFlag, stringFlag } from '../../../lib/go-flags.ts'
import { apiPath } from '../../../rim/client/agent-client.ts'
import { type Fields, fields, list, text } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import type { Command } from '../../define-command.ts'
import { formatFields, formatFlag, present } from '../../output.ts'
import { readDocument } from '../../read-document.ts'

export type Noun = 'partition' | 'namespace'

const nameFlag = stringFlag('Its name.', { placeholder: 'name' })
const descriptionFlag = stringFlag('What it is for.', { placeholder: 'text' })
const metaFlag = mapFlag('Metadata as key=value; namespaces only. Repeatable.')

/** Creates one; with `must exist` semantics of update when `update` is set. */
export function writeCommand(noun: Noun, verb: 'create' | 'update'): Command {
  return defineApiCommand({
    usage: `${noun} ${verb} [options] -name NAME`,
    help: `${verb === 'create' ? 'Creates' : 'Changes'} a ${noun}.

Example:

    $ isthmus ${noun} ${verb} -name ${exampleOf(noun)} -description "..."`,
    flags: { name: nameFlag, description: descriptionFlag, meta: metaFlag, format: formatFlag },
    api: 'server',
    failure: `Error: cannot ${verb} the ${noun}`,
    run: async ({ io, flags, client, given }) => {
      const Name = requireName(flags.name)
      if (verb === 'update') await client.json({ path: apiPath('v1', noun, Name) })
      const meta = given.has('meta') ? { Meta: Object.fromEntries(flags.meta) } : {}
      const path = verb === 'create' ? apiPath('v1', noun) : apiPath('v1', noun, Name)
      const answer = await client.document({
        method: 'PUT',
        path,
        body: { Name, Description: flags.description, ...meta },
      })
      present(io, flags.format, { json: answer.text, pretty: () => describe(fields(answer.value)) })
      return 0
    },
  })
}

/** `partition write FILE`, `namespace write FILE`. */
export function writeFileCommand(noun: Noun): Command {
  return defineApiCommand({
    usage: `${noun} write [options] FILE`,
    help: `Creates or changes the ${noun} that a file describes (HCL, JSON or YAML; - reads standard input).`,
    flags: { format: formatFlag },
    args: { min: 1, max: 1 },
    api: 'server',
    failure: `Error writing the ${noun}`,
    run: async ({ io, flags, client, args }) => {
      const body = await readDocument(io, args[0] ?? '')
      const answer = await client.document({ method: 'PUT', path: apiPath('v1', noun), body })
      present(io, flags.format, { json: answer.text, pretty: () => describe(fields(answer.value)) })
      return 0
    },
  })
}

export function readCommand(noun: Noun): Command {
  return defineApiCommand({
    usage: `${noun} read [options] -name NAME`,
    help: `Prints a ${noun}. Its name can also be the argument.`,
    flags: { name: nameFlag, format: formatFlag },
    args: { min: 0, max: 1 },
    api: 'server',
    failure: `Error reading the ${noun}`,
    run: async ({ io, flags, client, args }) => {
      const answer = await client.document({ path: apiPath('v1', noun, requireName(flags.name || args[0] || '')) })
      present(io, flags.format, { json: answer.text, pretty: () => describe(fields(answer.value)) })
      return 0
    },
  })
}

export function listCommand(noun: Noun): Command {
  return defineApiCommand({
    usage: `${noun} list [options]`,
    help: `Lists all ${noun}s, the built-in one first.`,
    flags: { format: formatFlag },
    api: 'server',
    failure: `Error listing ${noun}s`,
    run: async ({ io, flags, client }) => {
      const answer = await client.document({ path: apiPath('v1', `${noun}s`) })
      const rows = list(answer.value).map(row => [text(row.Name), text(row.Description), stateOf(row)])
      present(io, flags.format, { json: answer.text, table: () => [['Name', 'Description', 'State'], ...rows] })
      return 0
    },
  })
}

export function deleteCommand(noun: Noun): Command {
  return defineApiCommand({
    usage: `${noun} delete [options] -name NAME`,
    help: `Deletes a ${noun} with everything inside. What is inside goes first; until then the ${noun} is shown as deleting
and takes nothing new.`,
    flags: { name: nameFlag },
    args: { min: 0, max: 1 },
    api: 'server',
    failure: `Error deleting the ${noun}`,
    run: async ({ io, flags, client, args }) => {
      const name = requireName(flags.name || args[0] || '')
      await client.call({ method: 'DELETE', path: apiPath('v1', noun, name) })
      io.stdout.write(
        `Submitted deletion of ${noun} "${name}"; it is gone when \`isthmus ${noun} list\` no longer shows it\n`,
      )
      return 0
    },
  })
}

function requireName(name: string): string {
  if (name !== '') return name
  throw new Fault('invalid', 'Must specify the -name parameter')
}

function exampleOf(noun: Noun): string {
  return noun === 'partition' ? 'finance' : 'dev'
}

function stateOf(row: Fields): string {
  const since = text(row.DeletedAt)
  return since === '' ? 'active' : `deleting since ${since}`
}

function describe(row: Fields): string {
  return formatFields([
    ['Name', text(row.Name)],
    ['Partition', text(row.Partition)],
    ['Description', text(row.Description)],
    ['Meta', metaText(row.Meta)],
    ['State', stateOf(row)],
    ['Create Index', text(row.CreateIndex)],
    ['Modify Index', text(row.ModifyIndex)],
  ])
}

function metaText(meta: unknown): string {
  return Object.entries(fields(meta))
    .map(([key, value]) => `${key}=${text(value)}`)
    .join(', ')
}
