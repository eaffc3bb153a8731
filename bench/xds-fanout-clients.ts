// The simulated Envoys of `xds-fanout.ts`, in a process of their own. Told a version of the endpoints `api`, it reports when the
// last client has it.

import { XdsClient } from '../test/support/xds-client.ts'

const [port, clients] = process.argv.slice(2).map(Number)
let expected = ''
let missing = 0

function connectAll(): void {
  for (let index = 0; index < clients!; index++) {
    const client = new XdsClient({
      url: `http://127.0.0.1:${port}`,
      id: `web-${index}`,
      retryMs: 200,
      onResponse({ type, resources }) {
        if (type !== 'endpoints' || !resources.some(({ name, version }) => name === 'api' && version === expected))
          return
        missing--
        if (missing === 0) process.send?.('all have it')
      },
    })
    client.keep = false
    client.start()
  }
}

process.on('message', (message: 'connect' | { readonly version: string }) => {
  if (message === 'connect') {
    connectAll()
    return
  }
  expected = message.version
  missing = clients!
  process.send?.('ready')
})
process.on('disconnect', () => process.exit())
process.send?.('started')
