import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeAgent, startFakeAgent } from '../../../../test/fakes/fake-agent.ts'
import { runCommand } from '../../../../test/support/run-command.ts'

const RESOLVER =
  'kind = "service-resolver"\nname = "api"\n\nredirect {\n  service    = "api"\n  datacenter = "cloud"\n}\n'
const RESOLVER_JSON = { kind: 'service-resolver', name: 'api', redirect: [{ service: 'api', datacenter: 'cloud' }] }

let agent: FakeAgent
let folder: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-config-'))
  agent = await startFakeAgent({
    'PUT /v1/config': ({ query }) => ({ json: query.cas !== '7' }),
    'GET /v1/config/service-resolver/api': {
      json: { Kind: 'service-resolver', Name: 'api', Redirect: { Service: 'api', Datacenter: 'cloud' } },
    },
    'GET /v1/config/service-resolver/none': {
      status: 404,
      text: 'Config entry not found for "service-resolver" / "none"',
    },
    'GET /v1/config/service-resolver': { json: [{ Name: 'api' }, { Name: 'web' }] },
    'GET /v1/config/mesh': { json: [{ Kind: 'mesh' }] },
    'GET /v1/config/service-router': { json: [] },
    'DELETE /v1/config/service-resolver/api': ({ query }) => ({ json: query.cas === '7' ? false : {} }),
  })
})

afterEach(async () => {
  await agent.close()
  rmSync(folder, { recursive: true })
})

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('config write', () => {
  test('sends the HCL of the tutorial as its JSON view', async () => {
    const { code, stdout } = await runCommand(['config', 'write', file('api.hcl', RESOLVER)], { agent })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Config entry written: service-resolver/api\n' })
    expect(agent.requests[0]).toMatchObject({ method: 'PUT', path: '/v1/config', body: RESOLVER_JSON })
  })

  test('reads YAML and standard input', async () => {
    const yaml = 'Kind: proxy-defaults\nMeshGateway:\n- Mode: local\nName: global\n'
    const { stdout } = await runCommand(['config', 'write', '-'], { agent, stdin: yaml })
    expect(stdout).toBe('Config entry written: proxy-defaults/global\n')
    expect(agent.requests[0]?.body).toEqual({
      Kind: 'proxy-defaults',
      MeshGateway: [{ Mode: 'local' }],
      Name: 'global',
    })
  })

  test('names the entry of a kind that has only one', async () => {
    const { stdout } = await runCommand(['config', 'write', '-'], { agent, stdin: 'Kind = "mesh"\n' })
    expect(stdout).toBe('Config entry written: mesh/mesh\n')
  })

  test('-cas sends the index, and a lost race is a failure', async () => {
    const args = (index: string) => ['config', 'write', '-cas', '-modify-index', index, file('api.hcl', RESOLVER)]
    expect((await runCommand(args('6'), { agent })).code).toBe(0)
    const lost = await runCommand(args('7'), { agent })
    expect(lost).toMatchObject({ code: 1, stdout: '' })
    expect(lost.stderr).toMatch(/^Error writing config entry: service-resolver\/api has another ModifyIndex/)
    expect(agent.requests.map(seen => seen.query)).toEqual([{ cas: '6' }, { cas: '7' }])
  })

  test.each([
    ['kind = "x"\nname = \n}', /^Error writing config entry: .*bad\.hcl:\d+:\d+: /],
    ['name = "x"', /bad\.hcl: Kind is required, and is a string/],
    ['', /bad\.hcl: is empty/],
  ])('refuses %j before asking the agent', async (text, message) => {
    const { code, stderr } = await runCommand(['config', 'write', file('bad.hcl', text)], { agent })
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
    expect(agent.requests).toEqual([])
  })

  test('counts its arguments', async () => {
    expect((await runCommand(['config', 'write'], { agent })).stderr).toMatch(
      /^Not enough arguments \(expected 1, got 0\)/,
    )
    const late = await runCommand(['config', 'write', 'x.hcl', '-cas'], { agent })
    expect(late.stderr).toMatch(
      /^Too many arguments \(expected 1, got 2\) \(options such as -cas go before the arguments\)/,
    )
  })

  test('passes on the refusal of the server', async () => {
    await agent.close()
    agent = await startFakeAgent({ 'PUT /v1/config': { status: 500, text: 'MeshGateway.Mode: got "lokal"' } })
    const { code, stderr } = await runCommand(['config', 'write', file('api.hcl', RESOLVER)], { agent })
    expect(code).toBe(1)
    expect(stderr).toBe('Error writing config entry: Unexpected response code: 500 (MeshGateway.Mode: got "lokal")\n')
  })
})

describe('config read', () => {
  test('prints the entry as indented JSON', async () => {
    const { stdout } = await runCommand(['config', 'read', '-kind', 'service-resolver', '-name', 'api'], { agent })
    expect(stdout).toMatch(/^\{\n {4}"Kind": "service-resolver",\n/)
    expect(JSON.parse(stdout)).toMatchObject({ Redirect: { Datacenter: 'cloud' } })
  })

  test('prints a table', async () => {
    const args = ['config', 'read', '-kind=service-resolver', '-name=api', '-format=table']
    expect((await runCommand(args, { agent })).stdout).toMatch(/^Key {7}Value\nKind {6}service-resolver\n/)
  })

  test('needs kind and name', async () => {
    expect((await runCommand(['config', 'read'], { agent })).stderr).toMatch(/Must specify the -kind parameter/)
    const noName = await runCommand(['config', 'read', '-kind=mesh'], { agent })
    expect(noName.stderr).toMatch(/Must specify the -name parameter/)
  })

  test('passes on that it does not exist', async () => {
    const { code, stderr } = await runCommand(['config', 'read', '-kind=service-resolver', '-name=none'], { agent })
    expect(code).toBe(1)
    expect(stderr).toMatch(/404 \(Config entry not found for "service-resolver" \/ "none"\)/)
  })
})

describe('config list', () => {
  test('prints names, for nameless kinds the kind, for none nothing', async () => {
    const list = async (kind: string) => (await runCommand(['config', 'list', '-kind', kind], { agent })).stdout
    expect(await list('service-resolver')).toBe('api\nweb\n')
    expect(await list('mesh')).toBe('mesh\n')
    expect(await list('service-router')).toBe('')
  })
})

describe('config delete', () => {
  const deleted = 'Config entry deleted: service-resolver/api\n'

  test('by kind and name, or by file', async () => {
    const byName = await runCommand(['config', 'delete', '-kind=service-resolver', '-name=api'], { agent })
    const byFile = await runCommand(['config', 'delete', '-filename', file('api.hcl', RESOLVER)], { agent })
    expect([byName.stdout, byFile.stdout]).toEqual([deleted, deleted])
  })

  test('-cas loses against a later change', async () => {
    const args = ['config', 'delete', '-kind=service-resolver', '-name=api', '-cas', '-modify-index=7']
    expect(await runCommand(args, { agent })).toMatchObject({ code: 1, stdout: '' })
  })

  test('refuses a mixture', async () => {
    const args = ['config', 'delete', '-kind=service-resolver', '-filename=x.hcl']
    expect((await runCommand(args, { agent })).stderr).toMatch(/-filename cannot be used with -kind or -name/)
  })
})
