// A service that is the same in several partitions: when it is gone from one, it is asked in the next, through mesh gateways.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Datacenter } from '../support/datacenter.ts'
import { type Mesh, NETWORKS, startSingle } from '../support/mesh.ts'
import type { Service } from '../support/service.ts'
import { until } from '../support/until.ts'

let mesh: Mesh
let home: Datacenter
let finance: Datacenter
let api: Service
let web: Service

const EXPORT = [{ Name: 'api', Consumers: [{ SamenessGroup: 'same' }] }]

beforeAll(async () => {
  const single = await startSingle()
  mesh = single.mesh
  home = single.onprem
  finance = await home.startPartition('finance', NETWORKS.second)
  for (const Partition of ['default', 'finance']) {
    const Members = [{ Partition: 'default' }, { Partition: 'finance' }]
    await home.write({ Kind: 'sameness-group', Name: 'same', Partition, Members })
    await home.write({ Kind: 'exported-services', Name: Partition, Partition, Services: EXPORT })
  }
  await home.write({ Kind: 'service-resolver', Name: 'api', Failover: { '*': { SamenessGroup: 'same' } } })
  await home.setMode('local')
  await home.startGateway()
  await finance.startGateway()
  api = await home.startService('api')
  await finance.startService('api')
  web = await home.startService('web', { upstreams: { api: {} } })
})

afterAll(() => mesh?.stop())

test('as long as it is in its own partition, it is asked there', async () => {
  await web.reaches('api', { datacenter: 'onprem' })
})

test('gone from there, it is asked in the other partition, through the gateways of both', async () => {
  await api.stopAnswering()
  await web.reaches('api', { datacenter: 'finance' })
  const path = await mesh.pathOf(() => web.ask('api'))
  expect(path).toEqual(
    expect.arrayContaining(['web -> onprem gateway (lan)', 'onprem gateway -> finance gateway (wan)']),
  )
})

test('an intention about the group admits web from the other partition', async () => {
  const intentions = (...Sources: object[]) =>
    home.write({ Kind: 'service-intentions', Name: 'api', Partition: 'finance', Sources })
  const nobody = { Name: '*', Partition: 'default', Action: 'deny' }
  await intentions(nobody)
  await until('web is refused', () => expect(web.ask('api')).rejects.toThrow())
  await intentions(nobody, { Name: 'web', SamenessGroup: 'same', Action: 'allow' })
  await web.reaches('api', { datacenter: 'finance' })
})

test('back again, it is asked in its own', async () => {
  await api.startAnswering()
  await web.reaches('api', { datacenter: 'onprem' })
})

test('with the group as the default of the partition, no resolver is needed', async () => {
  await home.delete('service-resolver', 'api')
  const Members = [{ Partition: 'finance' }]
  await home.write({ Kind: 'sameness-group', Name: 'same', DefaultForFailover: true, IncludeLocal: true, Members })
  await api.stopAnswering()
  await web.reaches('api', { datacenter: 'finance' })
})
