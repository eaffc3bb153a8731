import { EventEmitter, once } from 'node:events'
import grpc from '@grpc/grpc-js'
import { describe, expect, it, onTestFinished } from 'vitest'
import { testRoot } from '../../../test/support/authority.ts'
import { closedPort } from '../../../test/support/loopback.ts'
import { certificatePem } from '../../lib/x509/read-certificate.ts'
import { grpcProbe } from './grpc-probe.ts'

const NEVER = new AbortController().signal
const LONG = 'a-service-with-a-name-of-many-characters'.repeat(5)

/** Status code by service name, as HealthCheckResponse carries it; 'silent' never answers. */
const STATUSES: Readonly<Record<string, number | 'silent'>> = {
  '': 1,
  web: 1,
  [LONG]: 1,
  broken: 2,
  unknown: 0,
  unheard: 3,
  silent: 'silent',
}

/** A server of the health service; the promises tell when the first call has come and when a client has given one up. */
async function healthServer(credentials = grpc.ServerCredentials.createInsecure()) {
  const events = new EventEmitter()
  const [called, cancelled] = [once(events, 'called'), once(events, 'cancelled')]
  const server = new grpc.Server()
  const check = {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: (value: Buffer) => value,
    requestDeserialize: (value: Buffer) => value,
    responseSerialize: (value: Buffer) => value,
    responseDeserialize: (value: Buffer) => value,
  }
  const answer: grpc.handleUnaryCall<Buffer, Buffer> = (call, done) => {
    call.on('cancelled', () => events.emit('cancelled'))
    events.emit('called')
    const status = STATUSES[serviceOf(call.request)]
    if (status === undefined) done({ code: grpc.status.NOT_FOUND, details: 'unknown service' })
    else if (status !== 'silent') done(null, status === 0 ? Buffer.alloc(0) : Buffer.from([0x08, status]))
  }
  server.addService({ Check: check }, { Check: answer })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)))
  })
  onTestFinished(() => server.forceShutdown())
  return { port, called, cancelled }
}

/** The name in a HealthCheckRequest: tag, length of one or two bytes, text. */
function serviceOf(request: Buffer): string {
  if (request.length === 0) return ''
  return request.toString('utf8', request[1]! < 0x80 ? 2 : 3)
}

describe('grpcProbe', () => {
  it.each([
    ['', 'passing', 'success'],
    ['/web', 'passing', 'success'],
    [`/${LONG}`, 'passing', 'success'],
    ['/broken', 'critical', 'status NOT_SERVING'],
    ['/unknown', 'critical', 'status UNKNOWN'],
    ['/unheard', 'critical', 'status SERVICE_UNKNOWN'],
  ])('calls the service "%s" %s', async (suffix, status, words) => {
    const { port } = await healthServer()
    const target = `127.0.0.1:${port}${suffix}`

    expect(await grpcProbe(target, undefined)(NEVER)).toEqual({ status, output: `gRPC check ${target}: ${words}` })
  })

  it('rejects with the words of the server', async () => {
    const { port } = await healthServer()

    await expect(grpcProbe(`127.0.0.1:${port}/nope`, undefined)(NEVER)).rejects.toThrow(
      `gRPC check 127.0.0.1:${port}/nope: unknown service`,
    )
  })

  it('rejects where nothing listens', async () => {
    const port = await closedPort()

    await expect(grpcProbe(`127.0.0.1:${port}`, undefined)(NEVER)).rejects.toThrow('ECONNREFUSED')
  })

  it('gives up its call when it is aborted', async () => {
    const { port, called, cancelled } = await healthServer()
    const abort = new AbortController()

    const looked = grpcProbe(`127.0.0.1:${port}/silent`, undefined)(abort.signal)
    await Promise.race([called, looked])
    abort.abort(new Error('stopped'))
    await expect(looked).rejects.toThrow('stopped')
    await cancelled
  })

  it('verifies certificates unless told not to', async () => {
    const { certificate, keyPem } = testRoot()
    const pair = { cert_chain: Buffer.from(certificatePem(certificate.der)), private_key: Buffer.from(keyPem) }
    const { port } = await healthServer(grpc.ServerCredentials.createSsl(null, [pair]))
    const target = `127.0.0.1:${port}`

    await expect(grpcProbe(target, { skipVerify: false, serverName: undefined })(NEVER)).rejects.toThrow(
      /self-signed|unable to/,
    )
    const trusting = { skipVerify: true, serverName: 'web.local' }
    expect((await grpcProbe(target, trusting)(NEVER)).status).toBe('passing')
  })
})
