// Servers die and come back while requests are under way; the primary is gone for longer.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../src/sandbox/eventually.ts'
import type { Gateway } from '../support/datacenter.ts'
import { type Federation, startFederation } from '../support/mesh.ts'
import type { Service } from '../support/service.ts'
import { until } from '../support/until.ts'

let federation: Federation
let near: Gateway
let far: Gateway
let api: Service
let web: Service

beforeAll(async () => {
  federation = await startFederation()
  const { onprem, cloud } = federation
  await onprem.redirect('api', 'cloud')
  await onprem.setMode('local')
  near = await onprem.startGateway()
  far = await cloud.startGateway()
  api = await cloud.startService('api')
  web = await onprem.startService('web', { upstreams: { api: {} } })
  await web.reaches('api', { datacenter: 'cloud' })
})

afterAll(() => federation?.mesh.stop())

const indexOf = async (datacenter: Federation['onprem']) => {
  const entry = await datacenter.agent.call('GET', '/v1/config/proxy-defaults/global')
  return typeof entry === 'object' && entry !== null && 'ModifyIndex' in entry ? Number(entry.ModifyIndex) : 0
}

test('both servers are killed and started again, and no request fails', async () => {
  const { onprem, cloud } = federation
  const before = await indexOf(onprem)
  const traffic = web.keepAsking('api')
  await traffic.flows()
  for (const datacenter of [onprem, cloud]) {
    await datacenter.killAgent()
    await traffic.flows()
    await datacenter.restartAgent()
    await datacenter.proxiesAreConnected()
    await traffic.flows()
  }
  await traffic.stop()
  expect(traffic.failures).toEqual([])
  expect(await indexOf(onprem)).toBe(before)
})

test('proxies find the servers again and follow what is written afterwards', async () => {
  const traffic = web.keepAsking('api')
  await federation.onprem.setMode('remote')
  await web.dials('api', far.wan)
  await federation.onprem.setMode('local')
  await web.dials('api', near.lan)
  await traffic.stop()
  expect(traffic.failures).toEqual([])
})

test('while the primary is gone, the secondary serves what it has, and says so', async () => {
  const { onprem, cloud } = federation
  await onprem.killAgent()
  const traffic = web.keepAsking('api')
  await until('cloud says that the primary is gone', async () => {
    expect(cloud.agent.child.lines.join('\n')).toMatch(/WARN.*(onprem|primary)/)
  })
  expect(await cloud.agent.call('GET', '/v1/config/service-resolver/api')).toMatchObject({ Name: 'api' })
  await expect(cloud.write({ Kind: 'mesh', Name: 'mesh' })).rejects.toThrow(/50\d/)

  const db = await cloud.startService('db')
  const shop = await cloud.startService('shop', { upstreams: { api: {}, db: {} } })
  await shop.reaches('db', { datacenter: 'cloud' })
  await shop.reaches('api', { datacenter: 'cloud' })
  await db.stopAnswering()
  await traffic.stop()
  expect(traffic.failures).toEqual([])
})

test('back again, the primary is heard again', async () => {
  const { onprem, cloud } = federation
  await onprem.restartAgent()
  await onprem.write({ Kind: 'service-defaults', Name: 'late', Protocol: 'http' })
  await until('cloud has what was written in the primary', async () => {
    expect(await cloud.agent.call('GET', '/v1/config/service-defaults/late')).toMatchObject({ Protocol: 'http' })
  })
  await cloud.write({ Kind: 'service-defaults', Name: 'later', Protocol: 'http' })
  expect(await onprem.agent.call('GET', '/v1/config/service-defaults/later')).toMatchObject({ Protocol: 'http' })
  await onprem.setMode('none')
  await web.dials('api', api.sidecarAt)
  await web.reaches('api', { datacenter: 'cloud' })
})

test('members tell which servers are there', async () => {
  await eventually('both servers are alive', async () => {
    const members = await federation.cloud.agent.call('GET', '/v1/agent/members?wan')
    expect(members).toEqual([
      expect.objectContaining({ Name: 'cloud-server.cloud', Status: 1 }),
      expect.objectContaining({ Name: 'onprem-server.onprem', Status: 1 }),
    ])
  })
})
