// `isthmus peering generate-token`.

import { listFlag } from '../../../lib/go-flags.ts'
import { fields, text } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present } from '../../output.ts'
import { metaBody, metaFlag, nameFlag, requireFlag } from './flags.ts'

export const peeringGenerateToken = defineApiCommand({
  usage: 'peering generate-token [options] -name NAME',
  help: `Makes a token that another cluster establishes a peering with. It works once; making another one for the same name
replaces it, and leaves a link that exists as it is.

Example:

    $ isthmus peering generate-token -name cluster-02`,
  flags: {
    name: nameFlag,
    meta: metaFlag,
    'server-external-addresses': listFlag(
      'Addresses (host:port) at which the other cluster reaches our servers, such as those of a load balancer, instead ' +
        'of those our servers advertise. Separated by commas; may be given several times.',
      'addresses',
    ),
    format: formatFlag,
  },
  api: 'server',
  failure: 'Error generating peering token',
  run: async ({ io, flags, client }) => {
    requireFlag('name', flags.name)
    const addresses = flags['server-external-addresses'].flatMap(each => each.split(',')).map(each => each.trim())
    const external = addresses.filter(each => each !== '')
    const answer = await client.document({
      method: 'POST',
      path: '/v1/peering/token',
      body: {
        PeerName: flags.name,
        ...metaBody(flags.meta),
        ...(external.length > 0 ? { ServerExternalAddresses: external } : {}),
      },
    })
    present(io, flags.format, { json: answer.text, pretty: () => text(fields(answer.value).PeeringToken) })
    return 0
  },
})
