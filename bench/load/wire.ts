// A TCP connection between two places that can be cut and mended.

import { connect, createServer, type Socket } from 'node:net'
import { splitHostPort } from '../../src/lib/host-port.ts'

export interface Wire {
  /** `host:port` that leads to the target. */
  readonly address: string
  /** Breaks every connection and takes no more. */
  cut(): void
  mend(): void
  close(): void
}

/** Starts a wire to `host:port`, on loopback. */
export async function openWire(target: string): Promise<Wire> {
  const to = splitHostPort(target)
  if (to === undefined) throw new Error(`not host:port: ${target}`)
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer(near => {
    if (isCut) return void near.destroy()
    const far = connect(to.port, to.host)
    join(near, far, sockets)
    join(far, near, sockets)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  const cut = () => {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  return {
    address: typeof at === 'object' && at !== null ? `127.0.0.1:${at.port}` : '',
    cut,
    mend: () => {
      isCut = false
    },
    close() {
      cut()
      server.close()
    },
  }
}

function join(from: Socket, to: Socket, sockets: Set<Socket>): void {
  sockets.add(from)
  from.setNoDelay(true)
  from.on('error', () => to.destroy())
  from.on('close', () => {
    sockets.delete(from)
    to.destroy()
  })
  from.pipe(to)
}
