// members, join, reload, leave, force-leave, info and maint against a scripted agent.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeAgent, startFakeAgent } from '../../../test/fakes/fake-agent.ts'
import { runCommand } from '../../../test/support/run-command.ts'

const MEMBERS = [
  {
    Name: 'worker-1',
    Addr: '10.0.0.9',
    Port: 8301,
    Status: 4,
    ProtocolCur: 2,
    Tags: { role: 'node', dc: 'dc1', vsn: '2', build: '1.22.0:abcdef01' },
  },
  {
    Name: 'server-1',
    Addr: '::1',
    Port: 8301,
    Status: 1,
    Tags: { role: 'consul', dc: 'dc1', vsn: '2', ap: 'default' },
  },
]

let agent: FakeAgent

beforeEach(async () => {
  agent = await startFakeAgent({
    'GET /v1/agent/members': { json: MEMBERS },
    'PUT /v1/agent/reload': { status: 200, text: '' },
    'PUT /v1/agent/leave': { status: 200, text: '' },
    'PUT /v1/agent/join/one': { status: 200, text: '' },
    'PUT /v1/agent/join/two:8301': { status: 200, text: '' },
    'PUT /v1/agent/join/bad': { status: 500, text: 'Failed to join bad:8301' },
    'PUT /v1/agent/force-leave/n2': { status: 200, text: '' },
    'GET /v1/agent/self': { json: { Stats: { runtime: { goroutines: '12' }, agent: { services: '3', checks: '1' } } } },
    'PUT /v1/agent/maintenance': { status: 200, text: '' },
    'PUT /v1/agent/service/maintenance/web': { status: 404, text: 'Unknown service ID "web".' },
    'GET /v1/agent/checks': {
      json: {
        'service:web': { CheckID: 'service:web' },
        _node_maintenance: { CheckID: '_node_maintenance', Node: 'n1', Notes: 'kernel' },
        '_service_maintenance:db': { CheckID: '_service_maintenance:db', ServiceID: 'db', Notes: 'index' },
      },
    },
  })
})

afterEach(() => agent.close())

describe('members', () => {
  test('prints servers first, with the columns of Consul', async () => {
    const { code, stdout } = await runCommand(['members'], { agent })
    expect(code).toBe(0)
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'Node      Address        Status  Type    Build    Protocol  DC   Partition  Segment',
      'server-1  [::1]:8301     alive   server  unknown  2         dc1  default    <all>',
      'worker-1  10.0.0.9:8301  failed  client  1.22.0   2         dc1  default    <default>',
    ])
    expect(agent.requests[0]?.query).toEqual({ segment: '_all' })
  })

  test('-wan asks for all datacenters', async () => {
    await runCommand(['members', '-wan'], { agent })
    expect(agent.requests[0]?.query).toEqual({ wan: '1' })
  })

  test('-status filters, and nobody left is status 2', async () => {
    expect((await runCommand(['members', '-status=alive'], { agent })).stdout).not.toMatch(/worker-1/)
    expect(await runCommand(['members', '-status=left'], { agent })).toMatchObject({ code: 2, stdout: '' })
    expect((await runCommand(['members', '-status=('], { agent })).stderr).toMatch(/"\(" is not a regular expression/)
  })

  test('-detailed prints tags, -format=json the answer', async () => {
    const detailed = await runCommand(['members', '-detailed'], { agent })
    expect(detailed.stdout).toMatch(
      /worker-1 {2}10\.0\.0\.9:8301 {2}failed {2}build=1\.22\.0:abcdef01,dc=dc1,role=node/,
    )
    const json = await runCommand(['members', '-format', 'json'], { agent })
    expect(JSON.parse(json.stdout)).toHaveLength(2)
  })

  test('says how to name another agent when there is none', async () => {
    await agent.close()
    const { code, stderr } = await runCommand(['members'], { agent })
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^Error retrieving members: cannot reach the agent at http:\/\/127\.0\.0\.1:\d+ \(CONSUL_HTTP_ADDR/,
    )
  })
})

test('reload and leave say that it is done', async () => {
  expect((await runCommand(['reload'], { agent })).stdout).toBe('Configuration reload triggered\n')
  expect((await runCommand(['leave', '-token=t'], { agent })).stdout).toBe('Graceful leave complete\n')
  expect(agent.requests.map(seen => seen.method)).toEqual(['PUT', 'PUT'])
})

describe('join', () => {
  test('tells the agent each place, and counts those that answered', async () => {
    const { code, stdout, stderr } = await runCommand(['join', 'one', 'two:8301', 'bad'], { agent })
    expect([code, stdout]).toEqual([0, 'Successfully joined cluster by contacting 2 nodes.\n'])
    expect(stderr).toBe("Error joining address 'bad': Unexpected response code: 500 (Failed to join bad:8301)\n")
    expect(agent.requests.map(seen => seen.path)).toEqual([
      '/v1/agent/join/one',
      '/v1/agent/join/two:8301',
      '/v1/agent/join/bad',
    ])
  })

  test('-wan is passed on; no place at all, or none that answers, is an error', async () => {
    await runCommand(['join', '-wan', 'one'], { agent })
    expect(agent.requests[0]?.query).toEqual({ wan: '1' })
    expect(await runCommand(['join', 'bad'], { agent })).toMatchObject({
      ...{ code: 1, stdout: '', stderr: expect.stringMatching(/Failed to join any nodes\.\n$/) },
    })
    expect((await runCommand(['join'], { agent })).stderr).toMatch(/At least one address to join must be specified/)
  })
})

describe('force-leave', () => {
  test('says nothing when it is done, and passes on -prune and the partition', async () => {
    const done = await runCommand(['force-leave', '-prune', '-partition=finance', 'n2'], { agent })
    expect(done).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(agent.requests[0]).toMatchObject({
      ...{ method: 'PUT', path: '/v1/agent/force-leave/n2', query: { prune: '1', partition: 'finance' } },
    })
  })

  test('needs exactly one node', async () => {
    for (const nodes of [[], ['a', 'b']]) {
      const { code, stderr } = await runCommand(['force-leave', ...nodes], { agent })
      expect([code, stderr]).toEqual([1, expect.stringContaining('A single node name must be specified')])
    }
    expect(agent.requests).toEqual([])
  })
})

test('info prints sorted groups', async () => {
  const { stdout } = await runCommand(['info'], { agent })
  expect(stdout).toBe('agent:\n\tchecks = 1\n\tservices = 3\nruntime:\n\tgoroutines = 12\n')
})

describe('maint', () => {
  test('lists what is in maintenance', async () => {
    const { stdout } = await runCommand(['maint'], { agent })
    expect(stdout).toBe('Node:\n  Name:   n1\n  Reason: kernel\n\nService:\n  ID:     db\n  Reason: index\n')
  })

  test('prints nothing when nothing is', async () => {
    const calm = await startFakeAgent({ 'GET /v1/agent/checks': { json: {} } })
    expect(await runCommand(['maint'], { agent: calm })).toMatchObject({ code: 0, stdout: '' })
    await calm.close()
  })

  test('switches a service', async () => {
    const ready = await startFakeAgent({ 'PUT /v1/agent/service/maintenance/web': { status: 200, text: '' } })
    const { stdout } = await runCommand(['maint', '-enable', '-service=web'], { agent: ready })
    expect(stdout).toBe('Service maintenance is now enabled for "web"\n')
    await ready.close()
  })

  test('switches the node', async () => {
    const { stdout } = await runCommand(['maint', '-enable', '-reason', 'new kernel'], { agent })
    expect(stdout).toBe('Node maintenance is now enabled\n')
    expect(agent.requests[0]?.query).toEqual({ enable: 'true', reason: 'new kernel' })
  })

  test('passes on what the agent says about an unknown service', async () => {
    const { code, stderr } = await runCommand(['maint', '-disable', '-service=web'], { agent })
    expect(code).toBe(1)
    expect(stderr).toMatch(/Unexpected response code: 404 \(Unknown service ID "web"\.\)/)
  })

  test('refuses contradictions', async () => {
    expect((await runCommand(['maint', '-enable', '-disable'], { agent })).stderr).toMatch(/only one of/)
    expect((await runCommand(['maint', '-service=x'], { agent })).stderr).toMatch(/need -enable or -disable/)
    expect(agent.requests).toEqual([])
  })
})
