// `isthmus connect ca set-config`.

import { Fault } from '../../../core/model/fault.ts'
import { boolFlag, stringFlag } from '../../../lib/go-flags.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { readDocument } from '../../read-document.ts'

export const connectCaSetConfig = defineApiCommand({
  usage: 'connect ca set-config [options] -config-file FILE',
  help: `Changes the configuration of the certificate authority. A new provider, key or root rotates the root; proxies
follow without losing connections.`,
  flags: {
    'config-file': stringFlag('File that holds the configuration in JSON, HCL or YAML; - reads standard input.', {
      placeholder: 'file',
    }),
    'force-without-cross-signing': boolFlag(
      'Rotate even where the old root cannot sign the new one. Connections may fail until all proxies have followed.',
    ),
  },
  api: 'server',
  failure: 'Error setting CA configuration',
  run: async ({ io, flags, client }) => {
    if (flags['config-file'] === '') throw new Fault('invalid', 'the -config-file flag is required')
    const document = await readDocument(io, flags['config-file'])
    const force = flags['force-without-cross-signing'] ? { ForceWithoutCrossSigning: true } : {}
    await client.call({ method: 'PUT', path: '/v1/connect/ca/configuration', body: { ...document, ...force } })
    io.stdout.write('Configuration updated!\n')
    return 0
  },
})
