import { type ClientHttp2Session, connect, createSecureServer } from 'node:http2'
import { afterEach, describe, expect, it } from 'vitest'
import { startRelay } from '../../../test/fakes/tcp-relay.ts'
import { keepAlive } from './keep-alive.ts'
import { tlsIdentity } from './tls-identity.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function startServer(): Promise<number> {
  const { cert, key } = tlsIdentity({}, 'server', Date.now()).server
  const server = createSecureServer({ cert: String(cert), key: String(key) })
  server.on('session', session => {
    session.on('error', () => {})
    closers.push(() => session.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function dial(address: string): Promise<ClientHttp2Session> {
  const session = connect(`https://${address}`, { rejectUnauthorized: false })
  closers.push(() => session.destroy())
  await new Promise(resolve => session.once('connect', resolve))
  return session
}

/** Keeps the event loop from turning, as a process that is stopped for a moment does. */
function sleepWholly(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

const closed = (session: ClientHttp2Session) => new Promise<void>(resolve => session.once('close', resolve))

describe('keeping a connection alive', () => {
  it('leaves alone a session that is destroyed and not closed yet', async () => {
    const session = await dial(`127.0.0.1:${await startServer()}`)
    const isClosed = closed(session)
    setTimeout(() => session.destroy(), 1)
    // Both timers are due in the same turn, the one that destroys first.
    keepAlive(session, 2)
    sleepWholly(20)
    await isClosed
    expect(session.destroyed).toBe(true)
  })

  it('ends a connection on which nothing comes back', async () => {
    const relay = await startRelay(`127.0.0.1:${await startServer()}`)
    const session = await dial(relay.address)
    keepAlive(session, 20)
    relay.silence()
    await closed(session)
    expect(session.destroyed).toBe(true)
  })

  it('keeps a connection on which pings are answered', async () => {
    const session = await dial(`127.0.0.1:${await startServer()}`)
    const pings: boolean[] = []
    const ping = session.ping.bind(session)
    const answered = new Promise<void>(resolve => {
      session.ping = ((callback: () => void) =>
        ping(() => {
          callback()
          if (pings.push(true) === 5) resolve()
        })) as typeof session.ping
    })
    keepAlive(session, 20)
    await answered
    expect([session.destroyed, pings.length]).toEqual([false, 5])
  })
})
