import dgram from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import http2 from 'node:http2'
import net from 'node:net'
import tls from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { testRoot } from '../../../test/support/authority.ts'
import { closedPort, listenOnLoopback } from '../../../test/support/loopback.ts'
import { certificatePem } from '../../lib/x509/read-certificate.ts'
import { h2pingProbe } from './h2ping-probe.ts'
import { TimeUp } from './probe.ts'
import { tcpProbe } from './tcp-probe.ts'
import { udpProbe } from './udp-probe.ts'

const NEVER = new AbortController().signal
const SKIP = { skipVerify: true, serverName: undefined }
const VERIFY = { skipVerify: false, serverName: undefined }

function identity() {
  const { certificate, keyPem } = testRoot()
  return { cert: certificatePem(certificate.der), key: keyPem }
}

/** A TCP server that accepts and says nothing; the promises tell when its first client has come and gone. */
async function silentServer() {
  const events = new EventEmitter()
  const [came, left] = [once(events, 'came'), once(events, 'left')]
  const server = net.createServer(socket => {
    socket.resume().once('close', () => events.emit('left'))
    events.emit('came')
  })
  return { port: await listenOnLoopback(server), came, left }
}

describe('tcpProbe', () => {
  it('passes when the connection is accepted, and closes it', async () => {
    const { port, left } = await silentServer()

    const result = await tcpProbe(`127.0.0.1:${port}`, undefined)(NEVER)
    expect(result).toEqual({ status: 'passing', output: `TCP connect 127.0.0.1:${port}: Success` })
    await left
  })

  it('rejects where nothing listens', async () => {
    const port = await closedPort()
    await expect(tcpProbe(`127.0.0.1:${port}`, undefined)(NEVER)).rejects.toThrow('ECONNREFUSED')
  })

  it('closes its connection when it is aborted in a handshake', async () => {
    const { port, came, left } = await silentServer()
    const abort = new AbortController()

    const looked = tcpProbe(`127.0.0.1:${port}`, SKIP)(abort.signal)
    await Promise.race([came, looked])
    abort.abort(new Error('stopped'))
    await expect(looked).rejects.toThrow('stopped')
    await left
  })

  it('verifies certificates unless told not to', async () => {
    const names: string[] = []
    const SNICallback = (name: string, done: (error: null) => void) => {
      names.push(name)
      done(null)
    }
    const server = tls.createServer({ ...identity(), SNICallback }, socket => void socket.resume())
    server.on('tlsClientError', () => {})
    const address = `127.0.0.1:${await listenOnLoopback(server)}`

    await expect(tcpProbe(address, VERIFY)(NEVER)).rejects.toThrow(/self-signed|unable to/)
    expect((await tcpProbe(address, { ...SKIP, serverName: 'db.local' })(NEVER)).status).toBe('passing')
    expect(names).toEqual(['db.local'])
  })
})

describe('udpProbe', () => {
  async function udpServer(answers: boolean): Promise<number> {
    const server = dgram.createSocket('udp4')
    server.on('message', (_, from) => {
      if (answers) server.send('pong', from.port, from.address)
    })
    await new Promise<void>(resolve => server.bind(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return server.address().port
  }

  it('passes when there is an answer', async () => {
    const port = await udpServer(true)

    const result = await udpProbe(`127.0.0.1:${port}`)(NEVER)
    expect(result).toEqual({ status: 'passing', output: `UDP connect 127.0.0.1:${port}: Success` })
  })

  it('passes when there is silence until time is up', async () => {
    const port = await udpServer(false)
    const abort = new AbortController()

    const looked = udpProbe(`127.0.0.1:${port}`)(abort.signal)
    setTimeout(() => abort.abort(new TimeUp('timed out')), 50)
    expect((await looked).status).toBe('passing')
  })

  it('rejects when it is stopped', async () => {
    const port = await udpServer(false)
    const abort = new AbortController()

    const looked = udpProbe(`127.0.0.1:${port}`)(abort.signal)
    abort.abort(new Error('stopped'))
    await expect(looked).rejects.toThrow('stopped')
  })

  it('rejects when the port is refused', async () => {
    const port = await udpServer(false)
    const gone = dgram.createSocket('udp4')
    await new Promise<void>(resolve => gone.bind(0, '127.0.0.1', resolve))
    const free = gone.address().port
    await new Promise<void>(resolve => gone.close(() => resolve()))

    expect(free).not.toBe(port)
    await expect(udpProbe(`127.0.0.1:${free}`)(NEVER)).rejects.toThrow('ECONNREFUSED')
  })
})

describe('h2pingProbe', () => {
  it('passes when a ping is answered', async () => {
    const port = await listenOnLoopback(http2.createServer())

    const result = await h2pingProbe(`127.0.0.1:${port}`, undefined)(NEVER)
    expect(result).toEqual({ status: 'passing', output: `HTTP2 ping 127.0.0.1:${port}: success` })
  })

  it('verifies certificates unless told not to', async () => {
    const server = http2.createSecureServer(identity())
    const address = `127.0.0.1:${await listenOnLoopback(server)}`

    await expect(h2pingProbe(address, VERIFY)(NEVER)).rejects.toThrow(/self-signed|unable to/)
    expect((await h2pingProbe(address, SKIP)(NEVER)).status).toBe('passing')
  })

  it('rejects where nothing listens, and where another protocol is spoken', async () => {
    const port = await closedPort()
    await expect(h2pingProbe(`127.0.0.1:${port}`, undefined)(NEVER)).rejects.toThrow('ECONNREFUSED')

    const other = await listenOnLoopback(
      net.createServer(socket => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    )
    await expect(h2pingProbe(`127.0.0.1:${other}`, undefined)(NEVER)).rejects.toThrow()
  })

  it('closes its connection when it is aborted', async () => {
    const { port, came, left } = await silentServer()
    const abort = new AbortController()

    const looked = h2pingProbe(`127.0.0.1:${port}`, undefined)(abort.signal)
    await Promise.race([came, looked])
    abort.abort(new Error('stopped'))
    await expect(looked).rejects.toThrow('stopped')
    await left
  })
})
