// What the server does apart from any route: methods, paths, sizes, encodings, and clients that misbehave.

import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { nodeRow, registering, serviceRow } from '../../../test/support/catalog-rows.ts'
import { startTestApi, type TestApi } from '../../../test/support/http-api.ts'
import { effect } from '../../core/api/define-route.ts'
import { Fault } from '../../core/model/fault.ts'
import { reduce } from '../../core/store/reduce.ts'
import { createApi } from './api.ts'
import type { Effect } from './api-deps.ts'
import { jsonAnswer } from './message.ts'

let api: TestApi

async function start(...overrides: Parameters<typeof startTestApi>): Promise<void> {
  api = await startTestApi(...overrides)
}

afterEach(async () => {
  await api.close()
})

/** Sends bytes and collects what comes back until the server closes. */
function exchange(...chunks: readonly string[]): Promise<string> {
  const socket = connect(api.address.port, '127.0.0.1')
  for (const chunk of chunks) socket.write(chunk)
  return text(socket)
}

async function seedMany(): Promise<void> {
  const commands = Array.from({ length: 40 }, (_, i) => registering(nodeRow(`n${i}`), [serviceRow(`n${i}`, 'web')]))
  await Promise.all(commands.map(command => api.committer.submit(state => reduce(state, command))))
}

describe('paths and methods', () => {
  it('are told apart when they do not fit', async () => {
    await start()
    const unknown = await api.call('GET', '/v1/nothing')
    expect([unknown.status, unknown.text.trim()]).toEqual([404, 'Invalid URL path: not a recognized HTTP API endpoint'])
    const outside = await api.call('GET', '/nothing')
    expect([outside.status, outside.text.trim()]).toContain(
      "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'",
    )

    const wrong = await api.call('DELETE', '/v1/catalog/nodes')
    expect([wrong.status, wrong.headers.get('allow'), wrong.text]).toEqual([
      405,
      'OPTIONS,GET',
      'method DELETE not allowed',
    ])
    expect((await api.call('HEAD', '/v1/catalog/nodes')).status).toBe(405)
    expect((await api.call('DELETE', '/v1/config')).headers.get('allow')).toBe('OPTIONS,PUT')

    const options = await api.call('OPTIONS', '/v1/connect/intentions/exact')
    expect([options.status, options.headers.get('allow'), options.text]).toEqual([200, 'OPTIONS,GET,PUT,DELETE', ''])
  })

  it('are refused with characters that cannot be printed', async () => {
    await start()
    for (const path of ['/v1/health/service/a%1fb', '/v1/health/service/a%00b', '/v1/catalog/node/%E2%80%A8']) {
      expect((await api.call('GET', path)).status).toBe(400)
    }
    expect((await api.call('GET', '/v1/health/service/%ff')).status).toBe(400)
  })
})

describe('bodies', () => {
  it('are refused when they are no JSON, with the place of the mistake', async () => {
    await start()
    const answer = await api.call('PUT', '/v1/catalog/register', '{"Node": "n",\n "Address": }')
    expect([answer.status, answer.text]).toEqual([
      400,
      'Request decode failed: the body is not JSON: line 2, column 13: unexpected "}", expected a value',
    ])
  })

  it('are refused above the cap, announced or not, and the connection ends', async () => {
    await start()
    const announced = await exchange('PUT /v1/config HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n{')
    expect(announced).toMatch(/^HTTP\/1\.1 413 .*connection: close.*at most 4194304/is)
    const chunk = `100000\r\n${'x'.repeat(0x100000)}\r\n`
    const dribbled = await exchange(
      'PUT /v1/config HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
      ...Array.from({ length: 5 }, () => chunk),
    )
    expect(dribbled).toMatch(/^HTTP\/1\.1 413 /)
    expect((await api.call('GET', '/v1/status/leader')).status).toBe(200)
  })
})

describe('compression', () => {
  it('is used for large answers to those who take it, and keeps the index of the moment', async () => {
    await start()
    await seedMany()
    const ask = () =>
      new Promise<{ headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
        const headers = { 'Accept-Encoding': 'gzip' }
        request({ port: api.address.port, host: '127.0.0.1', path: '/v1/catalog/service/web', headers }, response => {
          const chunks: Buffer[] = []
          response.on('data', chunk => chunks.push(chunk))
          response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }))
        })
          .on('error', reject)
          .end()
      })
    const plain = await api.call('GET', '/v1/catalog/service/web', undefined, { 'Accept-Encoding': 'identity' })
    for (let i = 0; i < 2; i++) {
      const { headers, body } = await ask()
      expect(headers).toMatchObject({
        'content-encoding': 'gzip',
        'content-length': String(body.length),
        vary: 'Accept-Encoding',
      })
      expect(gunzipSync(body).toString()).toBe(plain.text)
      expect(headers['x-consul-index']).toBe(plain.headers.get('x-consul-index'))
    }
    await api.call('PUT', '/v1/catalog/deregister', { Node: 'n0' })
    const changed = await ask()
    expect(JSON.parse(gunzipSync(changed.body).toString())).toHaveLength(39)
    expect(Number(changed.headers['x-consul-index'])).toBeGreaterThan(Number(plain.headers.get('x-consul-index')))
  })

  it('is left out for those who refuse it and for small answers', async () => {
    await start()
    await seedMany()
    const refused = await api.call('GET', '/v1/catalog/service/web', undefined, { 'Accept-Encoding': 'gzip;q=0' })
    expect(refused.headers.get('content-encoding')).toBeNull()
    const small = await api.call('GET', '/v1/status/leader', undefined, { 'Accept-Encoding': 'gzip' })
    expect(small.headers.get('content-encoding')).toBeNull()
  })
})

describe('clients', () => {
  it('above their number of connections are turned away, and come in when others have gone', async () => {
    await start({ server: { maxConnectionsPerClient: 2 } })
    const open = [1, 2].map(() => connect(api.address.port, '127.0.0.1'))
    for (const socket of open) {
      socket.write('GET /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n')
      await new Promise(resolve => socket.once('data', resolve))
    }
    expect(await exchange('GET /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 429 .*too many concurrent connections/is,
    )
    const gone = new Promise(resolve => open[0]?.once('close', resolve))
    open[0]?.end()
    await gone
    expect(await exchange('GET /v1/status/leader HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 200 /,
    )
    open[1]?.destroy()
  })

  it('that speak no HTTP or send heads without end are told so and closed', async () => {
    await start()
    expect(await exchange('hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await exchange(`GET / HTTP/1.1\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('that go away while they are held leave nothing behind', async () => {
    await start()
    const socket = connect(api.address.port, '127.0.0.1')
    socket.write('GET /v1/agent/connect/ca/leaf/web HTTP/1.1\r\nHost: x\r\n\r\n')
    const wanted = new Promise<void>(resolve => {
      api.store.onWant((_want, isWanted) => {
        if (isWanted) socket.destroy()
        else resolve()
      })
    })
    const roots = { ActiveRootID: 'a', TrustDomain: 'x.consul', Roots: [] }
    api.store.apply([{ table: 'caRoots', key: '', row: roots }], 5)
    await wanted
    expect(api.store.isWanted('leaf', 'spiffe://x.consul/ns/default/dc/dc1/svc/web')).toBe(false)
  })

  it('keep their connection for many requests', async () => {
    await start()
    const one = 'GET /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n'
    const answers = await exchange(one, one, one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(3)
  })

  it('may come over a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'http-'))
    const path = join(folder, 'api.sock')
    await start({
      server: {
        listen: [
          { type: 'tcp', host: '127.0.0.1', port: 0 },
          { type: 'unix', path },
        ],
      },
    })
    const socket = connect(path)
    socket.write('GET /v1/status/leader HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(await text(socket)).toContain('"127.0.0.1:8300"')
    rmSync(folder, { recursive: true })
  })
})

describe('a closing server', () => {
  it('answers held requests with what there is, and closes their connections', async () => {
    await start()
    const held = api.call('GET', '/v1/health/service/web?index=1&wait=10m')
    const seen = new Promise<void>(resolve => {
      const timer = setInterval(() => {
        if (api.asked.length === 0) return
        clearInterval(timer)
        resolve()
      }, 5)
    })
    await seen
    await api.close()
    const answer = await held
    expect([answer.status, answer.text, answer.headers.get('connection')]).toEqual([200, '[]', 'close'])
    await start()
  })
})

describe('routes of every type', () => {
  const failing: Effect = async () => {
    throw new TypeError('secret detail')
  }

  it('answer 500 for bugs, and only the log tells which', async () => {
    const routes = [effect({ method: 'GET', path: '/v1/bug', effect: 'bug', permissions: () => [] })]
    await start({ routes, effects: { bug: failing } })
    const answer = await api.call('GET', '/v1/bug')
    expect([answer.status, answer.text.includes('secret')]).toEqual([500, false])
    expect(api.bugs).toMatchObject([{ message: 'secret detail' }])
  })

  it('answer faults with the status of their code', async () => {
    const codes = [
      'invalid',
      'rejected',
      'not-found',
      'denied',
      'conflict',
      'too-large',
      'exhausted',
      'unavailable',
    ] as const
    const routes = codes.map(code =>
      effect({ method: 'PUT' as const, path: `/v1/${code}`, effect: code, permissions: () => [] }),
    )
    const effects = codes.map(code => [code, async () => Promise.reject(new Fault(code, `it is ${code}`))] as const)
    await start({ routes, effects: Object.fromEntries(effects) })
    const answers = await Promise.all(codes.map(code => api.call('PUT', `/v1/${code}`)))
    expect(answers.map(answer => answer.status)).toEqual([400, 500, 404, 403, 409, 413, 429, 503])
    expect(answers[0]?.text).toBe('it is invalid')
  })

  it('that load late are found like the others, and loaded only when no other is', async () => {
    let loads = 0
    const lateRoutes = async () => {
      loads++
      return [effect({ method: 'GET', path: '/v1/late', effect: 'late', permissions: () => [] })]
    }
    const late = async () => jsonAnswer('late')
    await start({ lateRoutes, effects: { late } })
    expect((await api.call('GET', '/v1/status/leader')).status).toBe(200)
    expect(loads).toBe(0)
    for (const _ of [1, 2]) expect((await api.call('GET', '/v1/late')).json).toBe('late')
    expect((await api.call('GET', '/v1/never')).status).toBe(404)
    expect(loads).toBe(1)
  })

  it('do not begin without their effects', () => {
    const routes = [effect({ method: 'GET', path: '/v1/x', effect: 'missing', permissions: () => [] })]
    const options = { routes, effects: {} }
    // Only routes and effects are looked at before the first request.
    expect(() => createApi(options as unknown as Parameters<typeof createApi>[0])).toThrow(
      'no effect "missing" for GET /v1/x',
    )
    api = { ...api, close: async () => {} }
  })

  it('do nothing that is not allowed', async () => {
    await start({
      authorize: permissions => {
        if (permissions.some(each => each.resource !== 'open' && each.access === 'write'))
          throw new Fault('denied', 'Permission denied')
      },
    })
    const body = { Node: 'n', Address: 'x' }
    const answer = await api.call('PUT', '/v1/catalog/register', body)
    expect([answer.status, answer.text]).toEqual([403, 'Permission denied'])
    expect((await api.call('GET', '/v1/catalog/nodes')).text).toBe('[]')
  })
})
