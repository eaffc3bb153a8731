import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Fault } from '../../core/model/fault.ts'
import { validateCommand } from './validate.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-validate-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Runs the command with an agent check that remembers its paths and refuses files that hold `bad`. */
async function validate(...args: readonly string[]) {
  const checked: string[] = []
  const out = { stdout: '', stderr: '' }
  const command = validateCommand(async paths => {
    checked.push(...paths)
    if (paths.some(path => path.includes('bad'))) throw new Fault('invalid', 'bad.hcl: no_such_key: unknown field')
    return ['encrypt: has no effect here']
  })
  const code = await command.run({
    args,
    env: {},
    stdout: { write: text => (out.stdout += text) },
    stderr: { write: text => (out.stderr += text) },
    readStdin: async () => '',
  })
  return { code, checked, ...out }
}

describe('validate', () => {
  test('checks entries by themselves and leaves the rest to the agent', async () => {
    const entry = file('global.hcl', 'Kind = "proxy-defaults"\nName = "global"\nMeshGateway { Mode = "local" }\n')
    const agent = file('agent.hcl', 'server = true\n')
    expect(await validate(entry, agent, folder)).toEqual({
      code: 0,
      checked: [agent, folder],
      stdout: 'Configuration is valid!\n',
      stderr: 'encrypt: has no effect here\n',
    })
  })

  test('says nothing with -quiet', async () => {
    const entry = file('global.yaml', 'Kind: proxy-defaults\nName: global\nMeshGateway:\n- Mode: local\n')
    expect(await validate('-quiet', entry)).toMatchObject({ code: 0, stdout: '', checked: [] })
  })

  test.each([
    ['global.hcl', 'Kind = "proxy-defaults"\nName = "global"\nMeshGateway { Mode = "lokal" }\n', /MeshGateway\.Mode/],
    ['kind.hcl', 'Kind = "proxy-default"\nName = "x"\n', /invalid config entry kind: proxy-default/],
    ['syntax.hcl', 'Kind = "mesh"\nName =\n', /syntax\.hcl:\d+:\d+: /],
    ['bad.hcl', 'no_such_key = 1\n', /no_such_key: unknown field/],
  ])('refuses %s and says why', async (name, text, message) => {
    const { code, stdout, stderr } = await validate(file(name, text))
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^Config validation failed: /)
    expect(stderr).toMatch(message)
  })

  test('refuses what is not there', async () => {
    expect((await validate(join(folder, 'none.hcl'))).stderr).toMatch(/none\.hcl: no such file/)
    expect((await validate()).stderr).toMatch(/Not enough arguments/)
  })
})
