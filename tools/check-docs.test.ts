import { expect, test } from 'vitest'
import { docProblems } from './check-docs.ts'
import { temporaryProject } from './temporary-project.ts'

test('links and paths that lead somewhere are fine', () => {
  const root = temporaryProject({
    'README.md': '[guide](docs/guide.md#start) ![picture](docs/a%20b.svg "title") `src/main.ts` `src/core`',
    'docs/guide.md': '[back](../README.md) [web](https://example.com) [here](#start) [mail](mailto:a@example.com)',
    'docs/a b.svg': '<svg/>',
    'src/main.ts': '',
    'src/core/a.ts': '',
  })

  expect(docProblems(root)).toEqual([])
})

test('a link to nothing is named with its line', () => {
  const root = temporaryProject({ 'docs/guide.md': '# Guide\n\nSee [this](gone.md) and [that](../README.md).' })

  expect(docProblems(root)).toEqual([
    'docs/guide.md:3: gone.md does not exist',
    'docs/guide.md:3: ../README.md does not exist',
  ])
})

test('a path in backticks must exist, wherever the document stands', () => {
  const root = temporaryProject({ 'docs/guide.md': 'Open `src/core/store.ts`.' })

  expect(docProblems(root)).toEqual(['docs/guide.md:1: src/core/store.ts does not exist'])
})

test('patterns, placeholders, generated code and code blocks are not paths', () => {
  const text = '`src/**/*.ts` `src/core/<name>.ts` `src/gen/envoy` `npm test`\n```sh\ncat `src/gone.ts` [x](gone)\n```'

  expect(docProblems(temporaryProject({ 'README.md': text }))).toEqual([])
})

test('decision records have a number each, and a name of the common form', () => {
  const root = temporaryProject({ 'docs/adr/0001-a.md': '', 'docs/adr/0001-b.md': '', 'docs/adr/Notes.md': '' })

  expect(docProblems(root)).toEqual([
    'docs/adr/0001-b.md: number 0001 is taken by docs/adr/0001-a.md',
    'docs/adr/Notes.md: the name of a decision record is NNNN-title.md',
  ])
})
