// Intentions are enforced where the request arrives, whichever way it takes.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Federation, startFederation } from '../support/mesh.ts'
import type { Service } from '../support/service.ts'
import { until } from '../support/until.ts'

let federation: Federation
let apiHttp: Service
let web: Service
let shop: Service

beforeAll(async () => {
  federation = await startFederation()
  const { onprem, cloud } = federation
  for (const api of ['api-tcp', 'api-http']) await onprem.redirect(api, 'cloud')
  await onprem.setProtocol('api-http', 'http')
  await onprem.setMode('local')
  await onprem.startGateway()
  await cloud.startGateway()
  await cloud.startService('api-tcp')
  apiHttp = await cloud.startService('api-http', { protocol: 'http' })
  const upstreams = { 'api-tcp': {}, 'api-http': {} }
  web = await onprem.startService('web', { upstreams })
  shop = await onprem.startService('shop', { upstreams })
})

afterAll(() => federation?.mesh.stop())

const intend = (source: string, destination: string, Action: string) => {
  const path = `/v1/connect/intentions/exact?source=${source}&destination=${destination}`
  return federation.onprem.agent.call('PUT', path, { SourceType: 'consul', Action })
}

test('without intentions everybody may', async () => {
  await web.reaches('api-tcp', { service: 'api-tcp' })
  await shop.reaches('api-tcp', { service: 'api-tcp' })
})

test('who is denied is cut off, and nobody else', async () => {
  await intend('web', 'api-tcp', 'deny')
  await until('web is cut off', () => expect(web.ask('api-tcp')).rejects.toThrow(/closed|ECONNRESET/))
  await shop.reaches('api-tcp', { service: 'api-tcp' })
})

test('the refusal is the destination’s own: the request came all the way', async () => {
  const path = await federation.mesh.pathOf(() => web.ask('api-tcp').catch(() => 'refused'))
  expect(path).toContain('cloud gateway -> api-tcp')
})

test('allowed again, requests are answered', async () => {
  await intend('web', 'api-tcp', 'allow')
  await web.reaches('api-tcp', { service: 'api-tcp' })
})

test('where all are denied, one may be allowed', async () => {
  await intend('*', 'api-tcp', 'deny')
  await until('shop is cut off', () => expect(shop.ask('api-tcp')).rejects.toThrow())
  await web.reaches('api-tcp', { service: 'api-tcp' })
})

test('over http the answer is 403', async () => {
  await intend('web', 'api-http', 'deny')
  // A connection from before the change would be served as before for as long as Envoy drains its old listener.
  await until('the sidecar of api-http has the rule', async () => {
    expect(JSON.stringify(await apiHttp.sidecar.admin.configDump())).toContain('/svc/web$')
  })
  await until('web is refused', () => expect(web.ask('api-http', 'http')).rejects.toThrow(/403.*RBAC/))
  await shop.reachesOver('http', 'api-http', { service: 'api-http' })
})

test('what the mesh does is what it says it would do', async () => {
  const check = (source: string) =>
    federation.cloud.agent.call('GET', `/v1/connect/intentions/check?source=${source}&destination=api-tcp`)
  expect(await check('web')).toEqual({ Allowed: true })
  expect(await check('shop')).toEqual({ Allowed: false })
})
