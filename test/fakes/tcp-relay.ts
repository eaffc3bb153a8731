// A wire between two ends that a test can cut and mend, or let fall silent.

import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { splitHostPort } from '../../src/lib/host-port.ts'

export interface TcpRelay {
  /** `host:port` that leads to the target. */
  readonly address: string
  /** Breaks every connection and takes no more, at once. */
  cut(): void
  /** Carries nothing any more and tells nobody: connections stay, new ones are taken and never answered. */
  silence(): void
  /** Carries everything again; after a silence also what was sent meanwhile. */
  mend(): void
}

type State = 'carries' | 'cut' | 'silent'

/** Starts a relay on loopback; it ends with the test. */
export async function startRelay(target: string): Promise<TcpRelay> {
  const to = splitHostPort(target)
  if (to === undefined) throw new Error(`not host:port: ${target}`)
  const wires = new Set<readonly [from: Socket, to: Socket]>()
  let state: State = 'carries'
  const server = createServer(near => {
    if (state === 'cut') return void near.destroy()
    const far = connect(to.port, to.host)
    for (const wire of [[near, far] as const, [far, near] as const]) {
      const [from, other] = wire
      wires.add(wire)
      from.on('error', () => other.destroy())
      from.on('close', () => {
        wires.delete(wire)
        other.destroy()
      })
      if (state === 'carries') from.pipe(other)
      else from.pause()
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  const cut = () => {
    state = 'cut'
    for (const [from] of wires) from.destroy()
  }
  onTestFinished(() => {
    cut()
    server.close()
  })
  return {
    address: typeof at === 'object' && at !== null ? `127.0.0.1:${at.port}` : '',
    cut,
    silence() {
      state = 'silent'
      for (const [from, other] of wires) {
        from.unpipe(other)
        from.pause()
      }
    },
    mend() {
      if (state === 'silent') for (const [from, other] of wires) from.pipe(other)
      state = 'carries'
    },
  }
}
