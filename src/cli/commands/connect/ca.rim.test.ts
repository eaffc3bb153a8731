import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeAgent, startFakeAgent } from '../../../../test/fakes/fake-agent.ts'
import { runCommand } from '../../../../test/support/run-command.ts'

let agent: FakeAgent

beforeEach(async () => {
  agent = await startFakeAgent({
    'GET /v1/connect/ca/configuration': { json: { Provider: 'consul', Config: { LeafCertTTL: '72h' } } },
    'PUT /v1/connect/ca/configuration': { status: 200, text: '' },
  })
})

afterEach(() => agent.close())

test('connect ca get-config prints JSON', async () => {
  const { stdout } = await runCommand(['connect', 'ca', 'get-config'], { agent })
  expect(JSON.parse(stdout)).toEqual({ Provider: 'consul', Config: { LeafCertTTL: '72h' } })
})

test('connect ca set-config sends the file', async () => {
  const args = ['connect', 'ca', 'set-config', '-config-file=-', '-force-without-cross-signing']
  const { stdout } = await runCommand(args, { agent, stdin: '{"Provider": "consul", "Config": {"LeafCertTTL": "1h"}}' })
  expect(stdout).toBe('Configuration updated!\n')
  expect(agent.requests[0]?.body).toEqual({
    Provider: 'consul',
    Config: { LeafCertTTL: '1h' },
    ForceWithoutCrossSigning: true,
  })
})

test('connect ca set-config needs a file', async () => {
  const { code, stderr } = await runCommand(['connect', 'ca', 'set-config'], { agent })
  expect(code).toBe(1)
  expect(stderr).toContain('the -config-file flag is required')
})
