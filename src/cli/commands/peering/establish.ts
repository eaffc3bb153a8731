// `isthmus peering establish`.

import { stringFlag } from '../../../lib/go-flags.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { metaBody, metaFlag, nameFlag, requireFlag } from './flags.ts'
import { readToken } from './read-token.ts'

export const peeringEstablish = defineApiCommand({
  usage: 'peering establish [options] -name NAME -peering-token TOKEN',
  help: `Takes a token that another cluster made, and keeps a link to that cluster from then on. When nobody answers, or the
answer is lost, the same token may be taken again.

Example:

    $ isthmus peering establish -name cluster-01 -peering-token @token.txt`,
  flags: {
    name: nameFlag,
    'peering-token': stringFlag('The token; @FILE reads it from a file, - from standard input. Required.', {
      placeholder: 'token',
    }),
    meta: metaFlag,
  },
  api: 'server',
  failure: 'Error establishing peering',
  run: async ({ io, flags, client }) => {
    requireFlag('name', flags.name)
    requireFlag('peering-token', flags['peering-token'])
    const PeeringToken = await readToken(io, flags['peering-token'])
    const body = { PeerName: flags.name, PeeringToken, ...metaBody(flags.meta) }
    await client.call({ method: 'POST', path: '/v1/peering/establish', body })
    io.stdout.write(`Successfully established peering connection with ${flags.name}\n`)
    io.stderr.write(nextSteps(flags.name))
    return 0
  },
})

/** What people do next. Not on standard output, which scripts compare. */
function nextSteps(name: string): string {
  return `Next: share a service, on either side, with "isthmus services export -name SERVICE -consumer-peers PEER";
"isthmus peering doctor ${name}" looks at every hop of the link.
`
}
