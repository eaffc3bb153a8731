// Two gateways in a datacenter, and one of them dies while requests are under way.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { hostsOfCluster } from '../../src/sandbox/envoy-admin.ts'
import { spell } from '../../src/sandbox/loopback.ts'
import type { Gateway } from '../support/datacenter.ts'
import { type Federation, startFederation } from '../support/mesh.ts'
import type { Service } from '../support/service.ts'
import { until } from '../support/until.ts'

let federation: Federation
let first: Gateway
let second: Gateway
let web: Service

beforeAll(async () => {
  federation = await startFederation()
  const { onprem, cloud } = federation
  await onprem.redirect('api', 'cloud')
  await onprem.setMode('remote')
  first = await cloud.startGateway()
  second = await cloud.startGateway()
  await cloud.startService('api')
  web = await onprem.startService('web', { upstreams: { api: {} } })
})

afterAll(() => federation?.mesh.stop())

test('requests use both gateways', async () => {
  await web.dials('api', first.wan, second.wan)
  const traffic = web.keepAsking('api')
  const path = await federation.mesh.pathOf(() => traffic.flows())
  await traffic.stop()
  expect(path).toEqual(expect.arrayContaining(['web -> cloud gateway (wan)', 'web -> cloud gateway 2 (wan)']))
  expect(traffic.failures).toEqual([])
})

test('one is killed: every request is answered, some at a later attempt', async () => {
  const traffic = web.keepAsking('api', { attempts: 100 })
  await traffic.flows()
  await first.proxy.child.kill()
  await web.dials('api', second.wan)
  await traffic.flows()
  await traffic.stop()
  expect(traffic.failures).toEqual([])
})

test('once the check has taken it out of service, no request fails', async () => {
  const traffic = web.keepAsking('api')
  await traffic.flows(100)
  await traffic.stop()
  expect(traffic.failures).toEqual([])
})

test('in mode local the gateway of the caller knows of it as well', async () => {
  const near = await federation.onprem.startGateway()
  await federation.onprem.setMode('local')
  await web.dials('api', near.lan)
  const path = await federation.mesh.pathOf(() => web.reaches('api', { datacenter: 'cloud' }))
  expect(path).toContain('onprem gateway -> cloud gateway 2 (wan)')
  expect(path).not.toContain('onprem gateway -> cloud gateway (wan)')
})

test('started again, it takes its share', async () => {
  await federation.onprem.setMode('remote')
  const again = await federation.cloud.startProxy('cloud gateway, again', 'cloud-gateway', first.lan.address)
  expect(await again.admin.isReady()).toBe(true)
  await web.dials('api', first.wan, second.wan)
  const traffic = web.keepAsking('api')
  const path = await federation.mesh.pathOf(() => traffic.flows())
  await traffic.stop()
  expect(path).toContain('web -> cloud gateway (wan)')
  expect(traffic.failures).toEqual([])
})

test('in mode local a gateway of the caller’s own datacenter is left out just so', async () => {
  const [one, other] = [await federation.onprem.startGateway(), await federation.onprem.startGateway()]
  await federation.onprem.setMode('local')
  const traffic = web.keepAsking('api', { attempts: 100 })
  await traffic.flows()
  await one.proxy.child.kill()
  await until('the sidecar of web no longer dials it', async () => {
    const hosts = await hostsOfCluster(web.sidecar.admin, /^api\.default\.cloud\.internal\./)
    expect(hosts).toContain(spell(other.lan))
    expect(hosts).not.toContain(spell(one.lan))
  })
  await traffic.flows()
  await traffic.stop()
  expect(traffic.failures).toEqual([])
})
