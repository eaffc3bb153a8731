// A service that is gone from one datacenter is found in another, and found at home again when it is back.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Federation, startFederation } from '../support/mesh.ts'
import type { Service } from '../support/service.ts'

let federation: Federation
let home: Service
let web: Service

beforeAll(async () => {
  federation = await startFederation()
  const { onprem, cloud } = federation
  await onprem.setMode('local')
  await onprem.write({ Kind: 'service-resolver', Name: 'api', Failover: { '*': { Datacenters: ['cloud'] } } })
  await onprem.startGateway()
  await cloud.startGateway()
  home = await onprem.startService('api')
  await cloud.startService('api')
  web = await onprem.startService('web', { upstreams: { api: {} } })
})

afterAll(() => federation?.mesh.stop())

test('as long as it is at home, it is asked there', async () => {
  await web.reaches('api', { datacenter: 'onprem' })
  const traffic = web.keepAsking('api')
  const path = await federation.mesh.pathOf(() => traffic.flows())
  await traffic.stop()
  expect(path).not.toContain('web -> onprem gateway (lan)')
  expect(traffic.failures).toEqual([])
})

test('gone from there, it is asked in the other datacenter', async () => {
  await home.stopAnswering()
  await web.reaches('api', { datacenter: 'cloud' })
  const path = await federation.mesh.pathOf(() => web.ask('api'))
  expect(path).toEqual(expect.arrayContaining(['web -> onprem gateway (lan)', 'onprem gateway -> cloud gateway (wan)']))
})

test('back again, it is asked at home', async () => {
  await home.startAnswering()
  await web.reaches('api', { datacenter: 'onprem' })
})
