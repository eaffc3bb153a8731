// A wire between two ends that a test can cut and mend, or clog.

import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { splitHostPort } from '../../src/lib/host-port.ts'

export interface TcpRelay {
  /** `host:port` that leads to the target. */
  readonly address: string
  /** Breaks every connection and takes no more, at once. */
  cut(): void
  mend(): void
  /** Nothing comes through any more on the connections there are, though they stay. */
  stall(): void
}

/** Starts a relay on loopback; it ends with the test. */
export async function startRelay(target: string): Promise<TcpRelay> {
  const to = splitHostPort(target)
  if (to === undefined) throw new Error(`not host:port: ${target}`)
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer(near => {
    if (isCut) return void near.destroy()
    const far = connect(to.port, to.host)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  const cut = () => {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    cut()
    server.close()
  })
  return {
    address: typeof at === 'object' && at !== null ? `127.0.0.1:${at.port}` : '',
    cut,
    stall: () => {
      for (const socket of sockets) {
        socket.unpipe()
        socket.pause()
      }
    },
    mend: () => {
      isCut = false
    },
  }
}
