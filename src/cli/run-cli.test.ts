import { describe, expect, test } from 'vitest'
import { runCommand } from '../../test/support/run-command.ts'
import { commands } from './index.ts'

describe('runCli', () => {
  test('without a command prints the commands and exits with 127', async () => {
    const { code, stderr } = await runCommand([])
    expect(code).toBe(127)
    expect(stderr).toMatch(/^Usage: isthmus \[--version\] \[--help\] <command> \[<args>\]\n\nAvailable commands are:\n/)
    expect(stderr).toMatch(/^ {4}config +Reads and writes configuration entries$/m)
    expect(stderr).not.toMatch(/config write/)
  })

  test.each(['-h', '--help', 'help'])('%s prints the commands and exits with 0', async word => {
    const { code, stdout } = await runCommand([word])
    expect(code).toBe(0)
    expect(stdout).toMatch(/Available commands are:/)
  })

  test('suggests the nearest command', async () => {
    const top = await runCommand(['confg'])
    expect(top.code).toBe(127)
    expect(top.stderr).toMatch(/^isthmus: unknown command "confg"; did you mean "config"\?\n/)
    const nested = await runCommand(['connect', 'ca', 'getconfig'])
    expect(nested.code).toBe(127)
    expect(nested.stderr).toMatch(/^isthmus connect ca: unknown command "getconfig"; did you mean "get-config"\?\n/)
  })

  test('says that options follow the command', async () => {
    const { code, stderr } = await runCommand(['-http-addr', 'x', 'members'])
    expect(code).toBe(127)
    expect(stderr).toMatch(/^options such as -http-addr go behind the name of a command\n/)
  })

  test('a group alone prints its commands and exits with 1, with -h 0', async () => {
    const alone = await runCommand(['intention'])
    const help = await runCommand(['intention', '-h'])
    expect([alone.code, help.code]).toEqual([1, 0])
    expect(alone.stdout).toBe(help.stdout)
    expect(help.stdout).toMatch(/Subcommands:\n {4}check {5}Prints whether a connection is allowed\n/)
  })

  test.each(['-v', '-version', '--version'])('%s prints the version', async flag => {
    const { code, stdout } = await runCommand([flag])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Isthmus v\d+\.\d+\.\d+\nCompatible with Consul v/)
  })
})

describe('every command', () => {
  const entries = commands.flatMap(entry => ('load' in entry ? [[entry.name, entry] as const] : []))

  test.each(entries)('%s has a help that begins with its name and fits 120 columns', async (name, entry) => {
    const { help } = await entry.load()
    expect(help.startsWith(`Usage: isthmus ${name}`)).toBe(true)
    expect(Math.max(...help.split('\n').map(line => line.length))).toBeLessThanOrEqual(120)
  })

  test.each(entries)('%s refuses an unknown option', async name => {
    const { code, stderr } = await runCommand([...name.split(' '), '-no-such-option'])
    expect(code).toBeGreaterThan(0)
    expect(stderr).toMatch(/^flag provided but not defined: -no-such-option/)
    expect(stderr).toContain(`Run "isthmus ${name} -h" for all options.`)
  })

  test('belongs to a group that is in the registry', () => {
    const parents = entries.map(([name]) => name.split(' ').slice(0, -1).join(' ')).filter(name => name !== '')
    const names = new Set(commands.map(entry => entry.name))
    expect(parents.filter(name => !names.has(name))).toEqual([])
  })
})

test('version prints JSON and a table on request', async () => {
  const json = await runCommand(['version', '-format=json'])
  expect(JSON.parse(json.stdout)).toMatchObject({ Version: expect.any(String), CompatibleWith: { Consul: '1.22.0' } })
  const table = await runCommand(['version', '-format=table'])
  expect(table.stdout).toMatch(/^Name {5}Version\nIsthmus {2}v/)
})

test('keygen prints a new key of 32 bytes each time', async () => {
  const [one, two] = [await runCommand(['keygen']), await runCommand(['keygen'])]
  expect(Buffer.from(one.stdout, 'base64')).toHaveLength(32)
  expect(one.stdout).not.toBe(two.stdout)
})
