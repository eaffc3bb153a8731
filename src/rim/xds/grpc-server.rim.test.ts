import { createServer } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { ChannelCredentials, Client, type Server, type ServerDuplexStream, status } from '@grpc/grpc-js'
import { afterEach, expect, test } from 'vitest'
import { type TestAuthority, testRoot } from '../../../test/support/authority.ts'
import { certificatePem } from '../../lib/x509/read-certificate.ts'
import { type GrpcServerOptions, startGrpcServer, type TlsIdentity, type TlsSource } from './grpc-server.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const same = (bytes: Buffer) => bytes
const method = {
  path: '/test.Echo/Echo',
  requestStream: true,
  responseStream: true,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
} as const

function addEcho(server: Server): void {
  server.addService(
    { Echo: method },
    {
      Echo: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on('data', bytes => call.write(bytes)).on('end', () => call.end())
      },
    },
  )
}

async function serve(options: GrpcServerOptions) {
  const server = await startGrpcServer(addEcho, options)
  ends.push(() => server.close(0))
  return server
}

/** Says something to an echo and gives back what comes, or the status the stream ends with. */
function say(port: number, credentials = ChannelCredentials.createInsecure()) {
  const client = new Client(`127.0.0.1:${port}`, credentials, { 'grpc.ssl_target_name_override': 'server.test' })
  ends.push(() => client.close())
  const call = client.makeBidiStreamRequest(method.path, same, same)
  const answer = new Promise<string>((resolve, reject) =>
    call.on('data', bytes => resolve(String(bytes))).on('error', reject),
  )
  const ended = new Promise<number>(resolve => call.on('status', ({ code }) => resolve(code)))
  call.write(Buffer.from('hello'))
  return { call, answer, ended }
}

class FakeTls implements TlsSource {
  verifyClients = false
  readonly listeners = new Set<() => void>()
  identity: TlsIdentity

  constructor(identity: TlsIdentity) {
    this.identity = identity
  }

  current(): TlsIdentity {
    return this.identity
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  replace(identity: TlsIdentity): void {
    this.identity = identity
    for (const listener of this.listeners) listener()
  }
}

const certificateOf = ({ certificate }: TestAuthority) => certificatePem(certificate.der)
const identityOf = (root: TestAuthority): TlsIdentity => ({ certificate: certificateOf(root), key: root.keyPem })

/** The certificate a listener shows, base64. */
function shown(port: number, options: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const settings = { port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'], ...options }
    const socket = connect(settings, () => {
      resolve(socket.getPeerCertificate().raw.toString('base64'))
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

const raw = ({ certificate }: TestAuthority) => Buffer.from(certificate.der).toString('base64')

test('one server listens on several addresses, each on a port of its own', async () => {
  const { ports } = await serve({
    listeners: [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.2', port: 0 },
    ],
  })
  expect(new Set(ports).size).toBe(2)
  expect(await say(ports[0]!).answer).toBe('hello')
})

test('a port in use is refused with the address and the reason', async () => {
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  ends.push(() => taken.close())
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await expect(startGrpcServer(addEcho, { listeners: [{ host: '127.0.0.1', port }] })).rejects.toThrow(
    `cannot listen for gRPC: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
  )
})

test('a TLS listener serves beside a plain one, and shows its new certificate to new connections', async () => {
  const [first, second] = [testRoot(), testRoot()]
  const tls = new FakeTls(identityOf(first))
  const { ports } = await serve({
    listeners: [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.1', port: 0, tls },
    ],
  })
  const credentials = ChannelCredentials.createSsl(Buffer.from(certificateOf(first)), null, null, {
    checkServerIdentity: () => undefined,
  })
  const secure = say(ports[1]!, credentials)
  expect([await say(ports[0]!).answer, await secure.answer]).toEqual(['hello', 'hello'])
  expect(await shown(ports[1]!)).toBe(raw(first))

  tls.replace(identityOf(second))
  expect(await shown(ports[1]!)).toBe(raw(second))
  const again = new Promise(resolve => secure.call.once('data', bytes => resolve(String(bytes))))
  secure.call.write(Buffer.from('still here'))
  expect(await again).toBe('still here')
})

test('a listener that verifies its clients refuses strangers', async () => {
  const [server, friend, stranger] = [testRoot(), testRoot(), testRoot()]
  const tls = new FakeTls({ ...identityOf(server), ca: certificateOf(friend) })
  tls.verifyClients = true
  const { ports } = await serve({ listeners: [{ host: '127.0.0.1', port: 0, tls }] })
  const as = (client: TestAuthority) =>
    say(
      ports[0]!,
      ChannelCredentials.createSsl(
        Buffer.from(certificateOf(server)),
        Buffer.from(client.keyPem),
        Buffer.from(certificateOf(client)),
        { checkServerIdentity: () => undefined },
      ),
    )
  expect(await as(friend).answer).toBe('hello')
  await expect(as(stranger).answer).rejects.toMatchObject({ code: status.UNAVAILABLE })
})

test('a server that closes lets open streams end', async () => {
  const server = await startGrpcServer(addEcho, { listeners: [{ host: '127.0.0.1', port: 0 }] })
  const { call, answer, ended } = say(server.ports[0]!)
  await answer
  const closed = server.close(60_000)
  call.end()
  expect(await ended).toBe(status.OK)
  await closed
  await expect(say(server.ports[0]!).answer).rejects.toMatchObject({ code: status.UNAVAILABLE })
})

test('a server that closes waits for streams no longer than it may, then cuts them', async () => {
  const server = await startGrpcServer(addEcho, { listeners: [{ host: '127.0.0.1', port: 0 }] })
  const { answer, ended } = say(server.ports[0]!)
  expect(await answer).toBe('hello')
  await server.close(100)
  expect(await ended).toBe(status.UNAVAILABLE)
})

test('a message over the limit ends its stream', async () => {
  const { ports } = await serve({ listeners: [{ host: '127.0.0.1', port: 0 }], maxReceiveBytes: 3 })
  const { answer, ended } = say(ports[0]!)
  await expect(answer).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED })
  expect(await ended).toBe(status.RESOURCE_EXHAUSTED)
})
