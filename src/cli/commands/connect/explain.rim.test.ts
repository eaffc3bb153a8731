import { afterEach, describe, expect, test } from 'vitest'
import { type FakeAgent, startFakeAgent } from '../../../../test/fakes/fake-agent.ts'
import { runCommand } from '../../../../test/support/run-command.ts'

const PATH = '/v1/internal/explain-upstreams/web'
const TARGET = { ID: 'billing.default.finance.dc1', Mode: 'local', Instances: 2, Healthy: 1, Gateways: 2 }
const UPSTREAM = { Upstream: 'finance/default/billing', Targets: [TARGET], Problems: [] }
const MISSING = { Upstream: 'api/dev/api', Targets: [{ ID: 'api.dev.api.dc1', Mode: '' }], Problems: ['no export'] }
const PROXY = { Node: 'n1', ID: 'web-sidecar-proxy', Service: 'web', Problems: [] }

let agent: FakeAgent
afterEach(() => agent.close())

async function explain(answer: object, ...args: readonly string[]) {
  agent = await startFakeAgent({ [`GET ${PATH}`]: { status: 200, text: JSON.stringify(answer) } })
  return await runCommand(['connect', 'explain', ...args, 'web'], { agent })
}

describe('connect explain', () => {
  test('prints where each upstream leads, and through what', async () => {
    const { code, stdout } = await explain([{ ...PROXY, Upstreams: [UPSTREAM] }])
    expect(code).toBe(0)
    expect(stdout.split('\n')).toEqual([
      'web-sidecar-proxy on n1',
      '  finance/default/billing',
      '    billing.default.finance.dc1: 1 of 2 instances healthy, through 2 mesh gateways, mode local',
      '',
    ])
  })

  test('says what is missing, and fails with 2', async () => {
    const { code, stdout } = await explain([{ ...PROXY, Upstreams: [UPSTREAM, MISSING], Problems: ['odd option'] }])
    expect(code).toBe(2)
    expect(stdout).toContain(
      '  api/dev/api\n    api.dev.api.dc1: nothing is shown of it here\n    ! no export\n  ! odd option\n',
    )
    await agent.close()
    const table = await explain([{ ...PROXY, Upstreams: [UPSTREAM, MISSING] }], '-format=table')
    expect(table.stdout).toContain('web-sidecar-proxy  api/dev/api              no export')
  })

  test('fails with 1 where there is no sidecar', async () => {
    const { code, stderr } = await explain([])
    expect([code, stderr]).toEqual([1, 'No sidecar of "web" is registered there.\n'])
  })
})
