// A whole agent deletes partitions: what is inside goes first, peerings by an end of their own.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningAgent, startRunningAgent } from '../../../test/support/running-agent.ts'
import { until } from '../../../test/support/until.ts'

let running: RunningAgent

beforeAll(async () => {
  running = await startRunningAgent()
})

afterAll(() => running.close())

async function call(method: string, path: string, body?: object) {
  const answer = await running.call(method, path, body)
  expect([path, answer.status, answer.text]).toEqual([path, 200, answer.text])
}

it('a partition with nodes, entries, a namespace and a peering is gone in the end, and can be made anew', async () => {
  const Partition = 'finance'
  await call('PUT', '/v1/partition', { Name: Partition })
  await call('PUT', `/v1/namespace?partition=${Partition}`, { Name: 'dev' })
  const Service = { Service: 'billing', Namespace: 'dev' }
  await call('PUT', '/v1/catalog/register', { Node: 'n', Address: '10.0.0.1', Partition, Service })
  await call('PUT', '/v1/config', { Kind: 'mesh', Partition })
  await call('POST', '/v1/peering/token', { PeerName: 'east', Partition })
  await call('DELETE', `/v1/partition/${Partition}`)
  await until('the partition is gone', async () => {
    expect((await running.call('GET', `/v1/partition/${Partition}`)).status).toBe(404)
  })
  expect(running.log.lines.filter(line => line.includes('removed all that a deleted tenancy held'))).toHaveLength(1)

  await call('PUT', '/v1/partition', { Name: Partition })
  for (const list of ['catalog/nodes', 'catalog/services', 'config/mesh', 'peerings', 'connect/intentions']) {
    const { text } = await running.call('GET', `/v1/${list}?partition=${Partition}`)
    expect([list, Object.keys(JSON.parse(text))]).toEqual([list, []])
  }
})
