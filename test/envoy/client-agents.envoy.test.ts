// Agents that are no servers, with Envoys of their own: killed, stopped for a moment, left alone by their server.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { spell } from '../../src/sandbox/loopback.ts'
import type { Datacenter } from '../support/datacenter.ts'
import { type Mesh, NETWORKS, startSingle } from '../support/mesh.ts'
import type { Service } from '../support/service.ts'
import { until } from '../support/until.ts'

let mesh: Mesh
let home: Datacenter
let shop: Datacenter
let finance: Datacenter
let web: Service
let billing: Service

const NODE = 'finance-agent'

beforeAll(async () => {
  const single = await startSingle()
  mesh = single.mesh
  home = single.onprem
  shop = await home.startPartition('shop', NETWORKS.second)
  finance = await home.startPartition('finance', NETWORKS.third)
  const Services = [{ Name: 'billing', Consumers: [{ Partition: 'shop' }] }]
  await finance.write({ Kind: 'exported-services', Name: 'finance', Services })
  await shop.startGateway()
  await finance.startGateway()
  billing = await finance.startService('billing')
  const upstream = { DestinationPartition: 'finance', MeshGateway: { Mode: 'local' } }
  web = await shop.startService('web', { upstreams: { billing: upstream } })
})

afterAll(() => mesh?.stop())

interface Check {
  readonly CheckID: string
  readonly Status: string
  readonly ModifyIndex: number
}

/** What the server says of the agent of finance. */
async function serfHealth(): Promise<Check | undefined> {
  const checks = await home.agent.call('GET', `/v1/health/node/${NODE}?partition=finance`)
  return (checks as readonly Check[]).find(check => check.CheckID === 'serfHealth')
}

const statusOf = async (agent: Datacenter) => {
  const members = (await agent.agent.call('GET', '/v1/agent/members?partition=finance')) as readonly {
    readonly Name: string
    readonly Status: number
  }[]
  return members.find(({ Name }) => Name === NODE)?.Status
}

test('a request goes from one client agent to another through the gateways of their partitions', async () => {
  await web.reaches('billing', { service: 'billing' })
  const path = await mesh.pathOf(() => web.ask('billing'))
  expect([...path].sort()).toEqual([
    'finance gateway -> billing',
    'shop gateway -> finance gateway (wan)',
    'web -> shop gateway (lan)',
  ])
  expect([await statusOf(home), await statusOf(finance)]).toEqual([1, 1])
})

test('an agent that is stopped for two seconds has not failed, and no request does', async () => {
  const before = await serfHealth()
  const traffic = web.keepAsking('billing')
  await traffic.flows()
  process.kill(finance.agent.child.pid, 'SIGSTOP')
  await new Promise(resolve => setTimeout(resolve, 2_000))
  process.kill(finance.agent.child.pid, 'SIGCONT')
  await finance.write({ Kind: 'service-defaults', Name: 'billing', Protocol: 'tcp' })
  await traffic.flows()
  await traffic.stop()
  expect(traffic.failures).toEqual([])
  expect(await serfHealth()).toEqual(before)
  expect(finance.agent.child.lines.filter(line => /\[(WARN|ERROR)\]/.test(line))).toEqual([])
})

test('without their server agents answer, Envoys start, and what is registered meanwhile arrives later', async () => {
  const traffic = web.keepAsking('billing')
  await home.killAgent()
  await until('the agent says that there is no server', () => {
    expect(finance.agent.child.lines.join('\n')).toContain('no server can be followed')
  })
  expect(await finance.agent.call('GET', '/v1/health/service/billing?passing')).toHaveLength(1)
  await finance.agent.call('PUT', '/v1/agent/service/register', { Name: 'late', Port: 1 })
  const admin = (await mesh.place(NETWORKS.third, 90, 19000)).address
  await traffic.flows()
  await traffic.stop()
  expect(traffic.failures).toEqual([])

  await billing.sidecar.child.kill()
  await finance.startProxy('billing', 'billing-sidecar-proxy', admin)
  await web.reaches('billing', { service: 'billing' })

  await home.restartAgent()
  await until('what was registered meanwhile is in the catalog', async () => {
    const late = await home.agent.call('GET', '/v1/catalog/service/late?partition=finance')
    expect(late).toMatchObject([{ Node: NODE }])
  })
  expect(await serfHealth()).toMatchObject({ Status: 'passing' })
  await web.reaches('billing', { service: 'billing' })
})

test('an agent that is killed has failed for all, until it is started again', async () => {
  await finance.killAgent()
  await until('its node is critical', async () => expect(await serfHealth()).toMatchObject({ Status: 'critical' }))
  expect(await statusOf(home)).toBe(4)
  expect(await home.agent.call('GET', '/v1/health/service/billing?passing&partition=finance')).toEqual([])

  await finance.restartAgent()
  await until('its node passes', async () => expect(await serfHealth()).toMatchObject({ Status: 'passing' }))
  expect(await statusOf(home)).toBe(1)
  await finance.proxiesAreConnected()
  await web.reaches('billing', { service: 'billing' })
})

test('an agent that leaves takes its services along', async () => {
  await mesh.program.run(['leave'], finance.agent.env)
  expect(await finance.agent.child.exited).toBe(0)
  expect(await statusOf(home)).toBe(3)
  expect(await home.agent.call('GET', '/v1/catalog/services?partition=finance')).toEqual({})
  await mesh.program.run(['force-leave', '-prune', '-partition', 'finance', NODE], home.agent.env)
  expect(await statusOf(home)).toBeUndefined()
})

test('a sidecar without an agent is served by the server, in its partition and namespace', async () => {
  await home.agent.call('PUT', '/v1/namespace', { Name: 'ledger', Partition: 'finance' })
  const tenancy = { Partition: 'finance', Namespace: 'ledger' }
  const at = await mesh.place(NETWORKS.third, 60, 21000)
  const bind = await mesh.place(NETWORKS.third, 60, 10000)
  const proxy = {
    ...{ DestinationServiceName: 'audit', LocalServicePort: 9 },
    Upstreams: [{ DestinationName: 'archive', LocalBindAddress: bind.address, LocalBindPort: bind.port }],
  }
  await home.agent.call('PUT', '/v1/catalog/register', {
    ...{ Node: 'audit-node', Address: at.address, Partition: 'finance' },
    Service: {
      Service: 'audit-sidecar-proxy',
      Kind: 'connect-proxy',
      Address: at.address,
      Port: at.port,
      Proxy: proxy,
      ...tenancy,
    },
  })
  const admin = { address: at.address, port: await mesh.loopback.port(at.address, 19000) }
  const where = ['-node-name', 'audit-node', '-partition', 'finance', '-namespace', 'ledger']
  const args = ['connect', 'envoy', '-proxy-id', 'audit-sidecar-proxy', ...where, '-admin-bind', spell(admin)]
  const child = mesh.program.start('audit', args, home.agent.env)
  await until('the sidecar of audit listens', async () => {
    child.expectAlive()
    const listeners = await (await fetch(`http://${spell(admin)}/listeners`)).text()
    expect(listeners).toContain(`public_listener:${spell(at)}`)
    expect(listeners).toContain(spell(bind))
    const certificates = await (await fetch(`http://${spell(admin)}/certs`)).text()
    expect(certificates).toContain('/ap/finance/ns/ledger/dc/onprem/svc/audit')
  })
})
