// The set-up's first steps in small checkouts, with a stand-in for npm; the steps after them are a file that says hello.
import { spawnSync } from 'node:child_process'
import { copyFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryProject } from './temporary-project.ts'

const project = join(import.meta.dirname, '..')
const foreign = { version: '1.0.0', optional: true, os: ['plan9'] }
const native = { version: '1.0.0', optional: true }

interface Checkout {
  readonly engine?: string
  readonly npm?: string
  readonly wanted?: object
  readonly present?: object
}

function setup({ engine = '>=20.19', npm = 'process.exit(0)', wanted = {}, present }: Checkout) {
  const root = { optionalDependencies: { native: '1.0.0', foreign: '1.0.0' } }
  const folder = temporaryProject({
    'package.json': JSON.stringify({ type: 'module', engines: { node: engine } }),
    'package-lock.json': JSON.stringify({ packages: { '': root, ...wanted } }),
    'node_modules/installed': '',
    ...(present ? { 'node_modules/.package-lock.json': JSON.stringify({ packages: present }) } : {}),
    'tools/setup-steps.ts': "console.log('hello from the rest' as string)",
    'npm.cjs': npm,
  })
  for (const file of ['setup.mjs', 'progress.mjs']) {
    copyFileSync(join(project, 'tools', file), join(folder, 'tools', file))
  }
  symlinkSync(join(project, 'node_modules', 'tsx'), join(folder, 'node_modules', 'tsx'))
  const env = { ...process.env, npm_execpath: join(folder, 'npm.cjs') }
  const result = spawnSync(process.execPath, ['tools/setup.mjs'], { cwd: folder, encoding: 'utf8', env })
  return { status: result.status, output: `${result.stdout}${result.stderr}` }
}

test('too old a Node stops the set-up with the version that is needed', () => {
  const { status, output } = setup({ engine: '>=99.1' })

  expect(status).toBe(1)
  expect(output).toContain(`Isthmus needs Node 99.1 or newer, and this is ${process.versions.node}`)
  expect(output).not.toContain('npm packages')
})

test('packages are installed when there are none, and the other steps follow', () => {
  const { status, output } = setup({ npm: "if (process.argv[2] !== 'ci') process.exit(1)" })

  expect(output).toMatch(/\[2\/5\] npm packages: installed .*\nhello from the rest/)
  expect(status).toBe(0)
})

test('packages that are as the lockfile says are left alone', () => {
  const wanted = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/native': native }
  const absent = { 'node_modules/foreign': foreign, 'node_modules/b/node_modules/c': native }

  expect(setup({ wanted: { ...wanted, ...absent }, present: wanted }).output).toContain('npm packages: up to date')
})

test.each([
  ['another version', { 'node_modules/a': { version: '1.0.0' } }, { 'node_modules/a': { version: '0.9.0' } }],
  ['a missing package', { 'node_modules/a': { version: '1.0.0' } }, {}],
  ['a missing optional package for this platform', { 'node_modules/native': native }, {}],
])('%s is installed', (_, wanted, present) => {
  expect(setup({ wanted, present }).output).toContain('npm packages: installed')
})

test("a failed npm stops the set-up with npm's own words", () => {
  const { status, output } = setup({ npm: "console.error('npm error code E404'); process.exit(1)" })

  expect(status).toBe(1)
  expect(output).toContain('npm packages: failed\nnpm ci failed:\nnpm error code E404')
  expect(output).not.toContain('hello')
})
