// `isthmus config write`.

import { Fault } from '../../../core/model/fault.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { lookup, readDocument } from '../../read-document.ts'
import { casFlags, casParameter } from './flags.ts'

export const configWrite = defineApiCommand({
  usage: 'config write [options] FILE',
  help: `Creates or replaces a configuration entry. FILE holds it in HCL, JSON or YAML; - reads standard input.

Example:

    $ isthmus config write api-resolver.hcl`,
  flags: casFlags,
  args: { min: 1, max: 1 },
  api: 'server',
  failure: 'Error writing config entry',
  run: async ({ io, flags, args, client }) => {
    const document = await readDocument(io, args[0]!)
    const kind = requireText(lookup(document, 'kind'), 'Kind', args[0]!)
    const name = nameOf(kind, lookup(document, 'name'))
    const answer = await client.call({
      method: 'PUT',
      path: '/v1/config',
      query: { cas: casParameter(flags) },
      body: document,
    })
    if (answer.text.trim() === 'false') throw changedMeanwhile(kind, name)
    io.stdout.write(`Config entry written: ${kind}/${name}\n`)
    return 0
  },
})

/** Kinds of which one entry exists, whose name therefore need not be written. */
const SINGLETONS: ReadonlyMap<string, string> = new Map([
  ['proxy-defaults', 'global'],
  ['mesh', 'mesh'],
])

function nameOf(kind: string, name: unknown): string {
  return typeof name === 'string' && name !== '' ? name : (SINGLETONS.get(kind) ?? 'default')
}

function requireText(value: unknown, field: string, file: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new Fault('invalid', `${file === '-' ? 'stdin' : file}: ${field} is required, and is a string`)
}

function changedMeanwhile(kind: string, name: string): Fault {
  return new Fault('conflict', `${kind}/${name} has another ModifyIndex than -modify-index says; read it again`)
}
