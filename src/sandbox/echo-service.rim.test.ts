import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEchoService, startRelayService } from './echo-service.ts'
import { sendHttp } from './http-request.ts'
import { claimLoopback, type Loopback } from './loopback.ts'

let loopback: Loopback

beforeAll(async () => {
  loopback = await claimLoopback(90)
})

afterAll(() => loopback.release())

async function freePlace() {
  return { address: '127.0.0.1', port: await loopback.port('127.0.0.1', 0) }
}

test('a relay answers with its own name and with what its upstream said', async () => {
  const [api, web] = [await freePlace(), await freePlace()]
  const echo = await startEchoService({ service: 'api', datacenter: 'cloud' }, api)
  const relay = await startRelayService({ service: 'web', datacenter: 'onprem' }, web, api)
  const answer = await sendHttp(web, { path: '/hello' })
  expect(answer.status).toBe(200)
  expect(JSON.parse(answer.text)).toMatchObject({
    service: 'web',
    upstream: { status: 200, answer: { service: 'api', datacenter: 'cloud', method: 'GET', path: '/hello' } },
  })
  await relay.close()
  await echo.close()
})

test('a relay whose upstream is not there says so', async () => {
  const [nowhere, web] = [await freePlace(), await freePlace()]
  const relay = await startRelayService({ service: 'web', datacenter: 'onprem' }, web, nowhere)
  const answer = await sendHttp(web, { path: '/' })
  expect(answer.status).toBe(502)
  expect(JSON.parse(answer.text)).toMatchObject({
    upstream: { status: 0, answer: expect.stringMatching('ECONNREFUSED') },
  })
  await relay.close()
})
