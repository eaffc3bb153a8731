// Runs vitest with the reporter over a folder of small test files, and reads the last line.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'

const project = join(import.meta.dirname, '..')
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function run(files: Record<string, string>) {
  // Inside the project, so that the small files can import vitest; no project of the real configuration looks here.
  const folder = mkdtempSync(join(project, 'node_modules', '.summary-'))
  folders.push(folder)
  const reporter = JSON.stringify(join(project, 'tools', 'summary-reporter.ts'))
  const config = `import { summaryReporter } from ${reporter}
    export default { test: { include: ['*.case.ts'], exclude: [], reporters: ['default', summaryReporter()] } }`
  writeFileSync(join(folder, 'vitest.config.ts'), config)
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), `import { beforeAll, describe, expect, test } from 'vitest'\n${text}`)
  }
  const vitest = join(project, 'node_modules', 'vitest', 'vitest.mjs')
  const result = spawnSync(process.execPath, [vitest, 'run', '--root', folder], { encoding: 'utf8' })
  return { status: result.status, last: result.stdout.trimEnd().split('\n').at(-1) }
}

test('a good run ends with the number of tests passed', () => {
  const good = 'test("one", () => expect(1).toBe(1)); describe("inner", () => { test("two", () => expect(2).toBe(2)) })'

  expect(run({ 'good.case.ts': good })).toEqual({ status: 0, last: '2 passed, 0 failed' })
})

test('failed and skipped tests are counted', () => {
  const mixed =
    'test("one", () => expect(1).toBe(1)); test("two", () => expect(1).toBe(2)); test.skip("three", () => {})'

  expect(run({ 'mixed.case.ts': mixed })).toEqual({ status: 1, last: '1 passed, 1 failed, 1 skipped' })
})

test('a file that cannot be loaded and a failed hook count as failures', () => {
  const hook = 'describe("d", () => { beforeAll(() => { throw new Error("no") }); test("one", () => {}) })'

  expect(run({ 'broken.case.ts': 'throw new Error("no")', 'hook.case.ts': hook })).toEqual({
    status: 1,
    last: '0 passed, 2 failed, 1 skipped',
  })
})
