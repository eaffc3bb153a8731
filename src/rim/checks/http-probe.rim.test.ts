import http from 'node:http'
import https from 'node:https'
import { describe, expect, it } from 'vitest'
import { testRoot } from '../../../test/support/authority.ts'
import { closedPort, listenOnLoopback } from '../../../test/support/loopback.ts'
import { certificatePem } from '../../lib/x509/read-certificate.ts'
import { type HttpProbeOptions, httpProbe } from './http-probe.ts'

const NEVER = new AbortController().signal

function options(url: string, changed: Partial<HttpProbeOptions> = {}): HttpProbeOptions {
  const tls = { serverName: undefined, skipVerify: false }
  return { url, method: 'GET', headers: {}, body: '', followRedirects: true, tls, outputMaxSize: 4096, ...changed }
}

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

/** A server that answers with the given status, headers and body per path, and notes what it was asked. */
async function serve(answers: Record<string, [number, http.OutgoingHttpHeaders?, string?]>) {
  const seen: Seen[] = []
  const server = http.createServer(async (request, response) => {
    const { method, url, headers } = request
    let body = ''
    for await (const chunk of request) body += chunk
    seen.push({ method, url, headers, body })
    const [status, answerHeaders = {}, answer = ''] = answers[url ?? ''] ?? [404]
    response.writeHead(status, answerHeaders).end(answer)
  })
  const port = await listenOnLoopback(server)
  return { seen, port, base: `http://127.0.0.1:${port}` }
}

describe('httpProbe', () => {
  it.each([
    [200, 'passing'],
    [204, 'passing'],
    [299, 'passing'],
    [304, 'critical'],
    [404, 'critical'],
    [429, 'warning'],
    [500, 'critical'],
  ])('calls status %d %s', async (code, status) => {
    const { base } = await serve({ '/health': [code] })

    expect((await httpProbe(options(`${base}/health`))(NEVER)).status).toBe(status)
  })

  it('shows the status line and the end of the body', async () => {
    const { base } = await serve({ '/': [503, {}, `${'x'.repeat(100_000)}the end`] })

    const result = await httpProbe(options(base, { outputMaxSize: 7 }))(NEVER)
    expect(result).toEqual({ status: 'critical', output: `HTTP GET ${base}: 503 Service Unavailable Output: the end` })
  })

  it('sends method, headers and body as they are defined', async () => {
    const { base, seen } = await serve({ '/a?b=c': [200] })
    const headers = { Host: ['web.local'], 'X-Many': ['1', '2'], Accept: ['application/json'] }

    await httpProbe(options(`${base}/a?b=c`, { method: 'PUT', headers, body: '{"é":1}' }))(NEVER)
    await httpProbe(options(`${base}/a?b=c`, { body: 'with a GET' }))(NEVER)
    expect(seen[0]).toMatchObject({ method: 'PUT', url: '/a?b=c', body: '{"é":1}' })
    expect(seen[0]?.headers).toMatchObject({ host: 'web.local', 'x-many': '1, 2', accept: 'application/json' })
    expect(seen[1]).toMatchObject({ method: 'GET', body: 'with a GET' })
    expect(seen[1]?.headers).toMatchObject({ 'user-agent': 'Consul Health Check', accept: 'text/plain, text/*, */*' })
  })

  it('follows redirects, and repeats the body only where the redirect says so', async () => {
    const { base, seen } = await serve({
      '/303': [303, { location: 'ok' }],
      '/307': [307, { location: '/ok' }],
      '/ok': [200, {}, 'arrived'],
    })

    const post = { method: 'POST', body: 'data' }
    expect((await httpProbe(options(`${base}/303`, post))(NEVER)).output).toBe(
      `HTTP POST ${base}/303: 200 OK Output: arrived`,
    )
    expect((await httpProbe(options(`${base}/307`, post))(NEVER)).status).toBe('passing')
    expect(seen.map(({ method, body }) => `${method} ${body}`)).toEqual(['POST data', 'GET ', 'POST data', 'POST data'])
  })

  it('keeps secrets from other hosts', async () => {
    const other = await serve({ '/': [200] })
    const first = await serve({
      '/same': [302, { location: '/away' }],
      '/away': [302, { location: `${other.base}/` }],
    })
    const headers = { Authorization: ['Bearer x'], Host: ['web.local'], 'X-Plain': ['1'] }

    await httpProbe(options(`${first.base}/same`, { headers }))(NEVER)
    expect(first.seen[1]?.headers).toMatchObject({ authorization: 'Bearer x', host: 'web.local' })
    expect(other.seen[0]?.headers).toMatchObject({ 'x-plain': '1', host: `127.0.0.1:${other.port}` })
    expect(other.seen[0]?.headers.authorization).toBeUndefined()
  })

  it('judges the redirect itself when it is not to follow it, or cannot', async () => {
    const { base, seen } = await serve({
      '/away': [302, { location: '/ok' }],
      '/nowhere': [302],
      '/ftp': [302, { location: 'ftp://x/' }],
      '/ok': [200],
    })

    expect((await httpProbe(options(`${base}/away`, { followRedirects: false }))(NEVER)).status).toBe('critical')
    expect((await httpProbe(options(`${base}/nowhere`))(NEVER)).status).toBe('critical')
    expect((await httpProbe(options(`${base}/ftp`))(NEVER)).status).toBe('critical')
    expect(seen).toHaveLength(3)
  })

  it('gives up on redirects without end', async () => {
    const { base, seen } = await serve({ '/loop': [302, { location: '/loop' }] })

    const result = await httpProbe(options(`${base}/loop`))(NEVER)
    expect(result).toEqual({ status: 'critical', output: `HTTP GET ${base}/loop: stopped after 10 redirects` })
    expect(seen).toHaveLength(11)
  })

  it('rejects where nothing listens and where the connection breaks', async () => {
    const port = await closedPort()
    await expect(httpProbe(options(`http://127.0.0.1:${port}/`))(NEVER)).rejects.toThrow('ECONNREFUSED')

    const breaking = await listenOnLoopback(http.createServer((_, response) => void response.socket?.destroy()))
    await expect(httpProbe(options(`http://127.0.0.1:${breaking}/`))(NEVER)).rejects.toThrow(
      /socket hang up|ECONNRESET/,
    )
  })

  it.each(['before the answer', 'inside the body'])('closes its connection when it is aborted %s', async when => {
    const abort = new AbortController()
    const closed = new Promise<void>((resolve, reject) => {
      const server = http.createServer((request, response) => {
        request.socket.once('close', resolve)
        if (when === 'inside the body') response.write('begin')
        setImmediate(() => abort.abort(new Error('stopped')))
      })
      listenOnLoopback(server).then(port => {
        return expect(httpProbe(options(`http://127.0.0.1:${port}/`))(abort.signal)).rejects.toThrow('stopped')
      }, reject)
    })

    await closed
    expect(abort.signal.aborted).toBe(true)
  })

  it('verifies certificates unless told not to, and asks for the server name it is given', async () => {
    const { certificate, keyPem } = testRoot()
    const names: string[] = []
    const SNICallback = (name: string, done: (error: null) => void) => {
      names.push(name)
      done(null)
    }
    const server = https.createServer(
      { cert: certificatePem(certificate.der), key: keyPem, SNICallback },
      (_, response) => {
        response.end('secret')
      },
    )
    const url = `https://127.0.0.1:${await listenOnLoopback(server)}/`

    await expect(httpProbe(options(url))(NEVER)).rejects.toThrow(/self-signed|unable to/)
    const tls = { skipVerify: true, serverName: 'web.local' }
    expect((await httpProbe(options(url, { tls }))(NEVER)).status).toBe('passing')
    expect(names).toEqual(['web.local'])
  })

  it('shows no password of its URL', async () => {
    const { base, seen } = await serve({ '/': [200] })
    const url = base.replace('//', '//user:secret@')

    expect((await httpProbe(options(url))(NEVER)).output).toBe(`HTTP GET ${base}/: 200 OK Output: `)
    expect(seen[0]?.headers.authorization).toBe(`Basic ${btoa('user:secret')}`)
  })

  it.each(['', 'web', 'ftp://x/', 'http://'])('refuses the URL "%s"', url => {
    expect(() => httpProbe(options(url))).toThrow(`invalid check URL "${url}"; expected http:// or https://`)
  })
})
