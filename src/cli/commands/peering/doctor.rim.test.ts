import { afterEach, describe, expect, test } from 'vitest'
import { type FakeAgent, type FakeRoutes, startFakeAgent } from '../../../../test/fakes/fake-agent.ts'
import { runCommand } from '../../../../test/support/run-command.ts'

const agents: FakeAgent[] = []

afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.close()
})

async function start(routes: FakeRoutes): Promise<FakeAgent> {
  const agent = await startFakeAgent(routes)
  agents.push(agent)
  return agent
}

const DIAGNOSIS = '/v1/internal/peering/west/diagnosis'
const ACTIVE = { Check: 'state', Subject: '', Result: 'ok', Message: 'ACTIVE', Fix: '' }
const NO_GATEWAY = {
  Check: 'gateways here',
  Subject: 'gw',
  Result: 'failed',
  Message: 'it is critical',
  Fix: 'start it',
}
const NO_EXPORT = { Check: 'exports', Subject: 'web', Result: 'warn', Message: 'not in the mesh', Fix: '' }

function diagnosis(...Findings: readonly object[]) {
  return { json: { ID: 'ours', Name: 'west', PeerID: 'theirs', Dials: true, Datacenter: 'east', Findings } }
}

async function doctor(routes: FakeRoutes, ...args: readonly string[]) {
  const agent = await start(routes)
  return { agent, ...(await runCommand(['peering', 'doctor', ...args], { agent })) }
}

describe('peering doctor', () => {
  test('prints what works and what does not, with what to try, and fails', async () => {
    const routes = { [`GET ${DIAGNOSIS}`]: diagnosis(ACTIVE, NO_GATEWAY, NO_EXPORT) }
    const { code, stdout } = await doctor(routes, 'west')
    expect(code).toBe(1)
    expect(stdout).toBe(`Peering of east with west, which is dialled from here

Result  Side  Check          What  Found
ok      here  state          -     ACTIVE
FAILED  here  gateways here  gw    it is critical
                                   fix: start it
warn    here  exports        web   not in the mesh

1 of 3 checks failed; 1 warning. The broken hop: here, gateways here, gw: it is critical
`)
  })

  test('is content with warnings', async () => {
    const { code, stdout } = await doctor({ [`GET ${DIAGNOSIS}`]: diagnosis(ACTIVE, NO_EXPORT) }, '-name=west')
    expect(code).toBe(0)
    expect(stdout).toContain('Nothing is broken; 1 warning.')
  })

  test('prints JSON', async () => {
    const routes = { [`GET ${DIAGNOSIS}`]: diagnosis(ACTIVE, NO_GATEWAY) }
    const { code, stdout } = await doctor(routes, '-format=json', 'west')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ Name: 'west', Datacenter: 'east', Dials: true },
      Broken: { Side: 'here', Check: 'gateways here', Subject: 'gw', Result: 'failed', Fix: 'start it' },
      Findings: [{ Check: 'state', Result: 'ok' }, { Check: 'gateways here' }],
    })
  })

  test('asks the other cluster too, which finds the peering by its id', async () => {
    const other = await start({
      'GET /v1/peerings': {
        json: [
          { ID: 'x', Name: 'moon' },
          { ID: 'theirs', Name: 'east' },
        ],
      },
      'GET /v1/internal/peering/east/diagnosis': diagnosis(ACTIVE, NO_GATEWAY),
    })
    const here = { [`GET ${DIAGNOSIS}`]: diagnosis(ACTIVE, { ...NO_EXPORT, Result: 'failed' }) }
    const { code, stdout } = await doctor(here, `-peer-http-addr=${other.address}`, 'west')
    expect(code).toBe(1)
    expect(stdout).toContain('The broken hop: there, gateways here, gw: it is critical')
  })

  test('makes the most of a cluster that has no doctor', async () => {
    const StreamStatus = { LastHeartbeat: '2026-11-21T12:00:00Z' }
    const other = await start({
      'GET /v1/peerings': { json: [{ ID: 'theirs', Name: 'east', State: 'FAILING', StreamStatus }] },
    })
    const here = { [`GET ${DIAGNOSIS}`]: diagnosis(ACTIVE) }
    const { code, stdout } = await doctor(here, `-peer-http-addr=${other.address}`, 'west')
    expect(code).toBe(1)
    expect(stdout).toContain('FAILED  there  state      -     FAILING, says the other cluster, which can say no more')
  })

  test('finds that the other cluster does not know the peering, or cannot be asked', async () => {
    const here = { [`GET ${DIAGNOSIS}`]: diagnosis(ACTIVE) }
    const other = await start({ 'GET /v1/peerings': { json: [] } })
    const unknown = await doctor(here, `-peer-http-addr=${other.address}`, 'west')
    expect([unknown.code, unknown.stdout]).toEqual([1, expect.stringContaining('no peering that belongs to this one')])
    await other.close()
    const gone = await doctor(here, `-peer-http-addr=${other.address}`, 'west')
    expect([gone.code, gone.stdout]).toEqual([0, expect.stringContaining('the other cluster cannot be asked')])
  })

  test('needs the name of a peering that is there', async () => {
    const none = await doctor({})
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('Missing the name of the peering')])
    const routes = { [`GET ${DIAGNOSIS}`]: { status: 404, text: 'Peering not found for "west"' } }
    const unknown = await doctor(routes, 'west')
    expect(unknown.stderr).toBe('Error diagnosing peering: No peering with name west found.\n')
  })
})
