import { expect, test } from 'vitest'
import { sizeProblems } from './check-sizes.ts'
import { temporaryProject } from './temporary-project.ts'

const lines = (count: number) => '// line\n'.repeat(count)

test('sources may have 400 lines and tests 800', () => {
  const root = temporaryProject({
    'src/core/a.ts': lines(400),
    'src/core/a.test.ts': lines(800),
    'test/support/b.ts': lines(800),
    'tools/c.ts': lines(400),
  })

  expect(sizeProblems(root)).toEqual([])
})

test('a longer file is named with its length and its limit', () => {
  const root = temporaryProject({ 'src/core/a.ts': lines(401), 'src/core/a.test.ts': lines(801) })

  expect(sizeProblems(root)).toEqual([
    'src/core/a.test.ts: 801 lines, and 800 are allowed: split it by concept',
    'src/core/a.ts: 401 lines, and 400 are allowed: split it by concept',
  ])
})

test('generated code has no limit', () => {
  expect(sizeProblems(temporaryProject({ 'src/gen/envoy/a_pb.ts': lines(5_000) }))).toEqual([])
})
