// `isthmus version`.

import manifest from '../../../package.json' with { type: 'json' }
import { defineCommand } from '../define-command.ts'
import { formatFlag, present } from '../output.ts'

/** The release of Consul whose HTTP API, xDS, command line and files this one is compatible with. */
const CONSUL_VERSION = '1.22.0'

export const version = defineCommand({
  usage: 'version [options]',
  help: 'Prints the version of this program, and the version of Consul it is compatible with.',
  flags: { format: formatFlag },
  failure: 'Error printing the version',
  run: async ({ io, flags }) => {
    present(io, flags.format, {
      json: { Version: manifest.version, CompatibleWith: { Consul: CONSUL_VERSION } },
      table: () => [
        ['Name', 'Version'],
        ['Isthmus', `v${manifest.version}`],
      ],
      pretty: () => `Isthmus v${manifest.version}\nCompatible with Consul v${CONSUL_VERSION}`,
    })
    return 0
  },
})
