import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeAgent, startFakeAgent } from '../../../../test/fakes/fake-agent.ts'
import { runCommand } from '../../../../test/support/run-command.ts'

const NODE = { ID: 'a1b2c3d4-0000-0000-0000-000000000000', Node: 'n1', Address: '10.0.0.1', Datacenter: 'onprem' }

let agent: FakeAgent

beforeEach(async () => {
  agent = await startFakeAgent({
    'GET /v1/catalog/datacenters': { json: ['onprem', 'cloud'] },
    'GET /v1/catalog/nodes': {
      json: [{ ...NODE, TaggedAddresses: { wan: '1.2.3.4', lan: '10.0.0.1' }, Meta: { rack: '7' } }],
    },
    'GET /v1/catalog/service/web': { json: [NODE, NODE] },
    'GET /v1/catalog/service/none': { json: [] },
    'GET /v1/catalog/services': { json: { web: ['v2', 'v1'], api: [], constructor: ['x'] } },
    'GET /v1/catalog/node/n1': {
      json: {
        Node: NODE,
        Services: { 'web-1': { Service: 'web', Tags: ['v1'] }, 'web-2': { Service: 'web', Tags: ['v2'] } },
      },
    },
  })
})

afterEach(() => agent.close())

test('catalog datacenters prints one name per line', async () => {
  expect((await runCommand(['catalog', 'datacenters'], { agent })).stdout).toBe('onprem\ncloud\n')
})

describe('catalog nodes', () => {
  test('shortens IDs', async () => {
    const { stdout } = await runCommand(['catalog', 'nodes', '-datacenter=onprem', '-stale'], { agent })
    expect(stdout).toBe('Node  ID        Address   DC\nn1    a1b2c3d4  10.0.0.1  onprem\n')
    expect(agent.requests[0]?.query).toEqual({ dc: 'onprem', stale: 'true' })
  })

  test('-detailed prints everything', async () => {
    const { stdout } = await runCommand(['catalog', 'nodes', '-detailed', '-node-meta', 'rack=7'], { agent })
    expect(stdout).toMatch(
      /n1 {4}a1b2c3d4-0000-\S+ {2}10\.0\.0\.1 {2}onprem {2}lan=10\.0\.0\.1, wan=1\.2\.3\.4 {2}rack=7\n/,
    )
    expect(agent.requests[0]?.query).toEqual({ 'node-meta': 'rack:7' })
  })

  test('-service lists each node of a service once', async () => {
    const { stdout } = await runCommand(['catalog', 'nodes', '-service=web'], { agent })
    expect(stdout.trim().split('\n')).toHaveLength(2)
  })

  test('says when nothing matches', async () => {
    const { code, stderr } = await runCommand(['catalog', 'nodes', '-service=none'], { agent })
    expect(code).toBe(0)
    expect(stderr).toBe('No nodes match the given query - try expanding your search.\n')
  })
})

describe('catalog services', () => {
  test('prints sorted names', async () => {
    expect((await runCommand(['catalog', 'services'], { agent })).stdout).toBe('api\nconstructor\nweb\n')
  })

  test('-tags adds a column', async () => {
    const { stdout } = await runCommand(['catalog', 'services', '-tags'], { agent })
    expect(stdout).toBe('Service      Tags\napi\nconstructor  x\nweb          v1,v2\n')
  })

  test('-node gathers the tags of a node', async () => {
    const { stdout } = await runCommand(['catalog', 'services', '-node=n1', '-tags', '-format=json'], { agent })
    expect(JSON.parse(stdout)).toEqual({ web: ['v1', 'v2'] })
  })
})
