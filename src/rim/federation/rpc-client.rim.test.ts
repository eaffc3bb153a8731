// One connection between agents, and what goes wrong with it.

import { createSecureServer, type ServerHttp2Stream } from 'node:http2'
import { afterEach, describe, expect, it } from 'vitest'
import { startRelay } from '../../../test/fakes/tcp-relay.ts'
import { closedPort } from '../../../test/support/loopback.ts'
import { createLogger } from '../logger.ts'
import type { RpcHandler } from './rpc.ts'
import { type Endpoint, RpcClient } from './rpc-client.ts'
import { startRpcServer } from './rpc-server.ts'
import { tlsIdentity } from './tls-identity.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const KEY = Buffer.alloc(32, 1).toString('base64')
const identity = tlsIdentity({}, 'server', Date.now())
const HELLO: RpcHandler = async ({ body }) => ({ status: 200, headers: {}, body: Buffer.from(`got ${body.length}`) })

async function serve(handler: RpcHandler, key = '') {
  const lines: string[] = []
  const logger = createLogger({ level: 'error', json: false, write: line => lines.push(line), now: () => new Date(0) })
  const server = await startRpcServer({ ...{ host: '127.0.0.1', port: 0, identity, key, logger, handler } })
  closers.push(() => server.close())
  return { address: `127.0.0.1:${server.port}`, lines, server }
}

/** A server that says whatever it likes. */
async function serveRaw(answer: (stream: ServerHttp2Stream) => void): Promise<string> {
  const { cert, key } = identity.server
  const server = createSecureServer({ cert: String(cert), key: String(key) })
  server.on('stream', stream => {
    stream.on('error', () => {})
    answer(stream)
  })
  server.on('session', session => {
    session.on('error', () => {})
    closers.push(() => session.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  const address = server.address()
  return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

function dial(address: string, key = '') {
  const client = new RpcClient({ identity, key })
  closers.push(() => client.close())
  const [host = '', port] = address.split(':')
  const endpoint: Endpoint = { address: host, port: Number(port), serverName: 'server' }
  const call = async (body: string | Buffer = '', headers: Record<string, string> = {}) => {
    const signal = AbortSignal.timeout(20_000)
    const answer = await client.call(endpoint, { method: 'POST', path: '/', headers, body: Buffer.from(body), signal })
    return { status: answer.status, text: answer.body.toString() }
  }
  return { client, endpoint, call }
}

describe('a connection to a server', () => {
  it.each([
    ['without a key', ''],
    ['with a key', KEY],
  ])('carries requests %s', async (_, key) => {
    const { address } = await serve(HELLO, key)
    const { call } = dial(address, key)
    expect(await Promise.all([call(), call('x'.repeat(100_000))])).toEqual([
      { status: 200, text: 'got 0' },
      { status: 200, text: 'got 100000' },
    ])
  })

  it('that breaks while many requests wait fails each of them, and the next is dialled anew', async () => {
    const { address } = await serve(
      request => (request.body.length === 0 ? HELLO(request) : new Promise(() => {})),
      KEY,
    )
    const relay = await startRelay(address)
    const { call } = dial(relay.address, KEY)
    await call()
    const waiting = Promise.allSettled(Array.from({ length: 20 }, () => call('wait')))
    relay.cut()
    for (const each of await waiting) {
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } })
    }
    relay.mend()
    expect(await call()).toMatchObject({ status: 200 })
  })

  it('that is dropped when the answer has just arrived fails the request and nothing else', async () => {
    const { address } = await serve(HELLO, KEY)
    const { call, client, endpoint } = dial(address, KEY)
    await call()
    for (let i = 0; i < 20; i++) {
      const asked = call().catch(error => error.code)
      for (let turn = 0; turn < i; turn++) await new Promise(resolve => setImmediate(resolve))
      await client.drop(endpoint)
      expect(['unavailable', { status: 200, text: 'got 0' }]).toContainEqual(await asked)
    }
  })

  it('that the server winds up takes no more requests, and says so', async () => {
    const address = await serveRaw(stream => {
      stream.session?.goaway()
      stream.respond({ ':status': 200 })
      stream.end('last')
    })
    const { call } = dial(address)
    for (let i = 0; i < 5; i++) {
      const answers = await Promise.allSettled([call(), call(), call()])
      for (const each of answers) {
        if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'unavailable' })
        else expect(each.value.text).toBe('last')
      }
    }
  })

  it('to nobody, or to somebody who hangs up at once, is refused', async () => {
    const nobody = dial(`127.0.0.1:${await closedPort()}`)
    await expect(nobody.call()).rejects.toMatchObject({ code: 'unavailable' })
    const relay = await startRelay(`127.0.0.1:${await closedPort()}`)
    await expect(dial(relay.address).call()).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('takes no answer without an end', async () => {
    const chunk = Buffer.alloc(1024 * 1024)
    let sent = 0
    const address = await serveRaw(stream => {
      stream.respond({ ':status': 200 })
      const more = () => {
        while (!stream.destroyed && stream.write(chunk)) sent += chunk.length
        sent += chunk.length
      }
      stream.on('drain', more)
      more()
    })
    await expect(dial(address).call()).rejects.toThrow('it sends more than 268435456 bytes')
    expect(sent).toBeLessThan(300 * 1024 * 1024)
  })

  it('takes nothing that was not asked for', async () => {
    const address = await serveRaw(stream => {
      expect(stream.pushAllowed).toBe(false)
      stream.respond({ ':status': 200 })
      stream.end('plain')
    })
    expect(await dial(address).call()).toEqual({ status: 200, text: 'plain' })
  })
})

describe('a server of agents', () => {
  it('says that a body is too large, and goes on with the next', async () => {
    const { address, lines } = await serve(HELLO)
    const { call } = dial(address)
    expect(await call(Buffer.alloc(17 * 1024 * 1024))).toEqual({
      status: 413,
      text: 'the body is larger than 16777216 bytes',
    })
    expect(await call('x')).toEqual({ status: 200, text: 'got 1' })
    expect(lines).toEqual([])
  })

  it('survives whoever asks and hangs up', async () => {
    const { address } = await serve(async request => {
      await new Promise(resolve => setImmediate(resolve))
      return HELLO(request)
    }, KEY)
    for (let i = 0; i < 20; i++) {
      const { call, client } = dial(address, KEY)
      const asked = call('x'.repeat(1000)).catch(error => error.code)
      for (let turn = 0; turn < i; turn++) await new Promise(resolve => setImmediate(resolve))
      await client.close()
      await asked
    }
    expect(await dial(address, KEY).call()).toMatchObject({ status: 200 })
  })

  it('whose own answer cannot be sent ends that request only', async () => {
    const { address, lines } = await serve(async request => ({
      ...{ status: 200, body: Buffer.alloc(0) },
      headers: request.headers.bad === undefined ? {} : { connection: 'close' },
    }))
    const { call } = dial(address)
    await expect(call('', { bad: 'yes' })).rejects.toMatchObject({ code: 'unavailable' })
    expect(await call()).toMatchObject({ status: 200 })
    expect(lines.join('')).toContain('a request between servers cannot be answered')
  })

  it.each([
    ['another', Buffer.alloc(32, 2).toString('base64')],
    ['no', ''],
  ])('refuses who has %s key', async (_, key) => {
    const { address } = await serve(HELLO, KEY)
    expect(await dial(address, key).call('x')).toEqual({ status: 403, text: 'this server has another "encrypt" key' })
  })

  it('without a key does nothing for who has one', async () => {
    const { address } = await serve(HELLO)
    expect(await dial(address, KEY).call('x')).toEqual({ status: 403, text: 'this server has no "encrypt" key' })
  })
})
