import { expect, test } from 'vitest'
import { layerProblems } from './check-layers.ts'
import { temporaryProject } from './temporary-project.ts'

const problemsOf = (file: string, text: string) => layerProblems(temporaryProject({ [file]: text }))
const messageOf = (file: string, text: string) => problemsOf(file, text).map(problem => problem.replace(/^.*?: /, ''))

test('a tree that keeps the laws has no problems', () => {
  const root = temporaryProject({
    'src/lib/hash.ts': "import { createHash } from 'node:crypto'\nimport { isIP } from 'node:net'\nexport const x = 1",
    'src/core/model/node.ts': "import { x } from '../../lib/hash.ts'\nexport const y = x",
    'src/core/store/store.ts': "import { y } from '../model/node.ts'\nexport const z = y",
    'src/rim/http/server.ts': "import { createServer } from 'node:http'\nimport { z } from '../../core/store/store.ts'",
    'src/agent/agent.ts': "import { s } from '../rim/http/server.ts'\nimport { c } from '../cli/index.ts'",
    'src/main.ts': "const { a } = await import('./agent/agent.ts')",
    'src/core/model/node.test.ts': "import { s } from '../../rim/http/server.ts'\nawait s()",
  })

  expect(layerProblems(root)).toEqual([])
})

test('a problem names the file and the line', () => {
  expect(problemsOf('src/lib/a.ts', "\n\nimport { x } from '../core/x.ts'")).toEqual([
    'src/lib/a.ts:3: src/lib must not import src/core (src/core/x.ts)',
  ])
})

test.each([
  ['lib', 'core', "import { x } from '../core/model/x.ts'"],
  ['core', 'rim', "import type { x } from '../rim/x.ts'"],
  ['rim', 'agent', "export const load = () => import('../agent/agent.ts')"],
  ['cli', 'agent', "export type A = import('../agent/agent.ts').A"],
  ['rim', 'cli', "export { x } from '../cli/x.ts'"],
])('src/%s must not import src/%s', (from, to, text) => {
  const own = from === 'core' ? `src/${from}/model/a.ts` : `src/${from}/a.ts`
  const adjusted = from === 'core' ? text.replace('../', '../../') : text

  expect(messageOf(own, adjusted)).toEqual([expect.stringContaining(`src/${from} must not import src/${to}`)])
})

test.each([
  ['model', 'acl'],
  ['entries', 'store'],
  ['envoy', 'store'],
  ['store', 'queries'],
  ['queries', 'api'],
])('inside the core, %s must not import %s', (from, to) => {
  expect(messageOf(`src/core/${from}/a.ts`, `import { b } from '../${to}/b.ts'`)).toEqual([
    `src/core/${from} must not import src/core/${to} (src/core/${to}/b.ts)`,
  ])
})

test('a folder without a place in the tables is a problem, once per file', () => {
  const text = "import { b } from '../model/b.ts'\nimport { c } from '../model/c.ts'"

  expect(messageOf('src/core/misc/a.ts', text)).toEqual(['src/core/misc has no place in tools/layers.ts'])
  expect(messageOf('src/other/a.ts', text)).toEqual(['src/other has no place in tools/layers.ts'])
})

test.each(['node:fs', 'crypto', 'yaml', '@grpc/grpc-js'])('the core must not import %s', name => {
  expect(messageOf('src/core/model/a.ts', `import { x } from '${name}'`)).toHaveLength(1)
})

test.each([
  "import { connect } from 'node:net'",
  "import { isIP, connect } from 'node:net'",
  "import * as net from 'node:net'",
  "import { readFile } from 'node:fs/promises'",
])('lib must not reach for the world: %s', text => {
  expect(messageOf('src/lib/a.ts', text)).toHaveLength(1)
})

test.each([
  ['async', 'export async function f() {}'],
  ['await', 'const x = await f()'],
  ['await', 'for await (const x of xs) f(x)'],
  ['Promise', 'export type P = Promise<string>'],
  ['Date', 'const now = Date.now()'],
  ['Math.random', 'const x = Math.random()'],
  ['setTimeout', 'setTimeout(f, 1)'],
  ['process', 'const home = process.env.HOME'],
])('the core must not use %s', (what, text) => {
  expect(messageOf('src/core/model/a.ts', text)).toEqual([`src/core is pure and must not use ${what}`])
})

test('names of properties and words in comments are not uses', () => {
  const text =
    '// Date, Promise and await\nexport interface A { readonly Date: string }\nconst b = a.Date + { process: 1 }.process'

  expect(problemsOf('src/core/model/a.ts', text)).toEqual([])
})

test('default exports and barrels are problems, also in tools', () => {
  expect(messageOf('tools/a.ts', 'export default 1')).toEqual([expect.stringContaining('default export')])
  expect(messageOf('src/rim/a.ts', 'export default function f() {}')).toEqual([
    expect.stringContaining('default export'),
  ])
  expect(messageOf('src/rim/index.ts', "export * from './a.ts'")).toEqual([expect.stringContaining('barrel')])
})

test('sources must not import tests or files outside src', () => {
  expect(messageOf('src/rim/a.ts', "import { x } from './b.test.ts'")).toHaveLength(1)
  expect(messageOf('src/rim/a.ts', "import { x } from '../../tools/x.ts'")).toHaveLength(1)
  expect(messageOf('src/rim/a.ts', "import { x } from '../../test/fakes/x.ts'")).toHaveLength(1)
})
