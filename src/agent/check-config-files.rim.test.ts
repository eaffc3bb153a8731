import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkConfigFiles } from './check-config-files.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-check-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('checkConfigFiles', () => {
  test('accepts files that are whole only together, and a folder of them', async () => {
    const one = file('a.hcl', 'server = true\nbind_addr = "127.0.0.1"\n')
    const two = file('b.json', `{"data_dir": ${JSON.stringify(folder)}}`)
    await expect(checkConfigFiles([one, two], '')).resolves.toEqual([])
    await expect(checkConfigFiles([folder], '')).resolves.toEqual([])
  })

  test('accepts service definitions alone', async () => {
    await expect(checkConfigFiles([file('web.hcl', 'service { name = "web" port = 9090 }\n')], '')).resolves.toEqual([])
  })

  test('reads a file without an extension in the given format', async () => {
    await expect(checkConfigFiles([file('web', 'service:\n  name: web\n')], 'yaml')).resolves.toEqual([])
  })

  test.each([
    ['unknown.hcl', 'servr = true\n', /servr/],
    ['rule.hcl', 'server = true\ndatacenter = "a b"\n', /datacenter/],
    ['mode.hcl', 'service { name = "web" proxy { mesh_gateway { mode = "lokal" } } }\n', /[Mm]ode/],
  ])('refuses %s', async (name, text, message) => {
    await expect(checkConfigFiles([file(name, text)], '')).rejects.toThrow(message)
  })
})
