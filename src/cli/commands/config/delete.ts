// `isthmus config delete`.

import { Fault } from '../../../core/model/fault.ts'
import { stringFlag } from '../../../lib/go-flags.ts'
import { apiPath } from '../../../rim/client/agent-client.ts'
import { text } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { lookup, readDocument } from '../../read-document.ts'
import { casFlags, casParameter, kindFlag, nameFlag, requireParameter } from './flags.ts'

export const configDelete = defineApiCommand({
  usage: 'config delete [options] (-kind KIND -name NAME | -filename FILE)',
  help: `Deletes a configuration entry, named by kind and name or by the file that it was written from.

Example:

    $ isthmus config delete -kind service-resolver -name api`,
  flags: {
    kind: kindFlag,
    name: nameFlag,
    filename: stringFlag('File that holds the entry; - reads standard input.', { placeholder: 'file' }),
    ...casFlags,
  },
  api: 'server',
  failure: 'Error deleting config entry',
  run: async ({ io, flags, client }) => {
    const byName = flags.kind !== '' || flags.name !== ''
    if (byName && flags.filename !== '') throw new Fault('invalid', '-filename cannot be used with -kind or -name')
    const document = flags.filename === '' ? {} : await readDocument(io, flags.filename)
    const kind = text(lookup(document, 'kind')) || flags.kind
    const name = text(lookup(document, 'name')) || flags.name
    requireParameter('kind', kind)
    requireParameter('name', name)

    const path = apiPath('v1', 'config', kind, name)
    const answer = await client.call({ method: 'DELETE', path, query: { cas: casParameter(flags) } })
    if (answer.text.trim() === 'false') {
      throw new Fault('conflict', `${kind}/${name} has another ModifyIndex than -modify-index says; read it again`)
    }
    io.stdout.write(`Config entry deleted: ${kind}/${name}\n`)
    return 0
  },
})
