// Two gateways in each of two partitions, configured with files as people write them, in HCL and in YAML; and what happens when
// gateways die while requests are under way.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostsOfCluster } from '../../src/sandbox/envoy-admin.ts'
import { spell } from '../../src/sandbox/loopback.ts'
import type { Datacenter, Gateway } from '../support/datacenter.ts'
import { type Mesh, NETWORKS, startSingle } from '../support/mesh.ts'
import type { Service } from '../support/service.ts'
import { until } from '../support/until.ts'

let mesh: Mesh
let home: Datacenter
let finance: Datacenter
let near: readonly Gateway[]
let far: readonly Gateway[]
let web: Service

beforeAll(async () => {
  const single = await startSingle()
  mesh = single.mesh
  home = single.onprem
  finance = await home.startPartition('finance', NETWORKS.second)
  await write('exported.hcl', [
    'Kind = "exported-services"',
    'Name = "finance"',
    'Partition = "finance"',
    'Services = [{ Name = "billing", Consumers = [{ Partition = "default" }] }]',
  ])
  near = [await home.startGateway(), await home.startGateway()]
  far = [await finance.startGateway(), await finance.startGateway()]
  await finance.startService('billing')
  web = await home.startService('web', { upstreams: { billing: { DestinationPartition: 'finance' } } })
})

afterAll(() => mesh?.stop())

/** A file as a person would write it, given to the command for its kind. */
async function give(command: readonly string[], name: string, lines: readonly string[]): Promise<void> {
  const file = join(mesh.supervisor.folder, name)
  writeFileSync(file, `${lines.join('\n')}\n`)
  await mesh.program.run([...command, file], home.agent.env)
}

function write(name: string, lines: readonly string[]): Promise<void> {
  return give(['config', 'write'], name, lines)
}

const ofBilling = /(^|~)billing\.default\.finance\.onprem\.internal-v1\./

function dials(...places: readonly string[]): Promise<void> {
  return until(`web dials ${places.join(' and ')} for billing`, async () => {
    expect(await hostsOfCluster(web.sidecar.admin, ofBilling)).toEqual([...places].sort())
  })
}

const lan = () => near.map(gateway => spell(gateway.lan))
const wan = () => far.map(gateway => spell(gateway.wan))

const entry = {
  hcl: (kind: string, name: string, mode: string) => [
    `Kind = "${kind}"`,
    `Name = "${name}"`,
    'MeshGateway {',
    `  Mode = "${mode}"`,
    '}',
  ],
  yaml: (kind: string, name: string, mode: string) => [
    `Kind: ${kind}`,
    'MeshGateway:',
    `- Mode: ${mode}`,
    `Name: ${name}`,
  ],
}

/** The sidecar of web with a mode of its own, and one for its upstream; '' for none. */
const registration = {
  hcl: (own: string, upstream: string) => [
    'service {',
    '  name = "web-sidecar-proxy"',
    '  kind = "connect-proxy"',
    `  port = ${web.sidecarAt.port}`,
    `  address = "${web.sidecarAt.address}"`,
    '  proxy {',
    '    destination_service_name = "web"',
    ...(own === '' ? [] : ['    mesh_gateway {', `      mode = "${own}"`, '    }']),
    '    upstreams = [',
    '      {',
    '        destination_partition = "finance"',
    '        destination_namespace = "default"',
    '        destination_type = "service"',
    '        destination_name = "billing"',
    `        local_bind_address = "${bind().address}"`,
    `        local_bind_port = ${bind().port}`,
    ...(upstream === '' ? [] : ['        mesh_gateway {', `          mode = "${upstream}"`, '        }']),
    '      }',
    '    ]',
    '  }',
    '}',
  ],
  yaml: (own: string, upstream: string) => [
    'service:',
    '- kind: connect-proxy',
    '  name: web-sidecar-proxy',
    `  port: ${web.sidecarAt.port}`,
    `  address: ${web.sidecarAt.address}`,
    '  proxy:',
    '  - destination_service_name: web',
    ...(own === '' ? [] : ['    mesh_gateway:', `    - mode: ${own}`]),
    '    upstreams:',
    '    - destination_name: billing',
    '      destination_namespace: default',
    '      destination_partition: finance',
    '      destination_type: service',
    `      local_bind_address: ${bind().address}`,
    `      local_bind_port: ${bind().port}`,
    ...(upstream === '' ? [] : ['      mesh_gateway:', `      - mode: ${upstream}`]),
  ],
}

function bind() {
  const at = web.upstreamAt.get('billing')
  if (at === undefined) throw new Error('web has no upstream billing')
  return at
}

describe.each(['hcl', 'yaml'] as const)('with files in %s', format => {
  const defaults = (kind: string, name: string, mode: string) =>
    write(`${kind}.${format}`, entry[format](kind, name, mode))
  const register = (own: string, upstream: string) =>
    give(['services', 'register'], `web.${format}`, registration[format](own, upstream))

  test('proxy-defaults sends requests through both gateways of the own partition, and from there through both of the other', async () => {
    await register('', '')
    await defaults('service-defaults', 'web', '')
    await defaults('proxy-defaults', 'global', 'local')
    await dials(...lan())
    const traffic = web.keepAsking('billing')
    const path = await mesh.pathOf(() => traffic.flows())
    await traffic.stop()
    expect(traffic.failures).toEqual([])
    expect(path).toEqual(
      expect.arrayContaining([
        'web -> onprem gateway (lan)',
        'web -> onprem gateway 2 (lan)',
        'onprem gateway -> finance gateway (wan)',
        'onprem gateway -> finance gateway 2 (wan)',
      ]),
    )
  })

  test('service-defaults wins over that, the instance over both, the upstream over all', async () => {
    await defaults('service-defaults', 'web', 'remote')
    await dials(...wan())
    await register('local', '')
    await dials(...lan())
    await register('local', 'remote')
    await dials(...wan())
    await web.reaches('billing', { service: 'billing', datacenter: 'finance' })
  })
})

test('upstreams to partitions that export nothing leave the sidecar as it is, and it is said what is missing', async () => {
  const more = (name: string, partition: string, port: number) => [
    `    - destination_name: ${name}`,
    `      destination_partition: ${partition}`,
    `      local_bind_address: ${bind().address}`,
    `      local_bind_port: ${port}`,
  ]
  const { port } = bind()
  const lines = [
    ...registration.yaml('local', ''),
    ...more('secret', 'finance', port + 1),
    ...more('api', 'api', port + 2),
  ]
  await give(['services', 'register'], 'more.yaml', lines)
  await until('web has a listener for each upstream', async () => {
    expect((await web.sidecar.admin.listeners()).filter(name => /^(finance|api)\//.test(name))).toHaveLength(3)
  })
  await web.reaches('billing', { service: 'billing', datacenter: 'finance' })
  const answer = await home.agent.call('GET', '/v1/internal/explain-upstreams/web')
  expect(answer).toMatchObject([
    {
      Upstreams: [
        { Upstream: 'finance/default/billing', Targets: [{ Mode: 'local', Healthy: 1, Gateways: 2 }], Problems: [] },
        { Problems: [expect.stringContaining('finance/default/secret is not exported to partition "default"')] },
        { Problems: [expect.stringContaining('there is no partition "api"')] },
      ],
    },
  ])
  await give(['services', 'register'], 'web.yaml', registration.yaml('local', 'remote'))
  await dials(...wan())
})

test('a gateway of the other partition is killed: every request is answered, some at a later attempt', async () => {
  const traffic = web.keepAsking('billing', { attempts: 100 })
  await traffic.flows()
  await far[0]?.proxy.child.kill()
  await dials(...wan().slice(1))
  await traffic.flows(100)
  await traffic.stop()
  expect(traffic.failures).toEqual([])
})

test('a gateway of the own partition is killed in mode local: every request is answered, some at a later attempt', async () => {
  await give(['services', 'register'], 'web.yaml', registration.yaml('local', ''))
  await dials(...lan())
  const traffic = web.keepAsking('billing', { attempts: 100 })
  await traffic.flows()
  await near[0]?.proxy.child.kill()
  await dials(...lan().slice(1))
  await traffic.flows(100)
  await traffic.stop()
  expect(traffic.failures).toEqual([])
})

test('once the checks have taken them out of service, no request fails', async () => {
  const traffic = web.keepAsking('billing')
  await traffic.flows(100)
  await traffic.stop()
  expect(traffic.failures).toEqual([])
})
