import { describe, expect, test } from 'vitest'
import { type Format, formatFields, formatTable, present, type View } from './output.ts'

function printed(format: Format, view: View): string {
  let out = ''
  const sink = { write: (text: string) => (out += text) }
  present({ args: [], env: {}, stdout: sink, stderr: sink, readStdin: async () => '' }, format, view)
  return out
}

describe('present', () => {
  const view: View = { json: '{"Name":"web","Hash":18446744073709551615,"Tags":["a"]}' }

  test('indents JSON by four spaces and keeps large numbers', () => {
    expect(printed('json', view)).toBe(
      '{\n    "Name": "web",\n    "Hash": 18446744073709551615,\n    "Tags": [\n        "a"\n    ]\n}\n',
    )
  })

  test('is JSON where a command has no form of its own', () => {
    expect(printed('pretty', view)).toBe(printed('json', view))
  })

  test('makes a table of any object', () => {
    expect(printed('table', { json: { Name: 'web', Tags: ['a'] } })).toBe('Key   Value\nName  web\nTags  ["a"]\n')
  })

  test('prefers what the command provides', () => {
    const own: View = { json: [], table: () => [['A'], ['b']], pretty: () => 'mine' }
    expect(printed('pretty', own)).toBe('mine\n')
    expect(printed('table', own)).toBe('A\nb\n')
    expect(printed('json', own)).toBe('[]\n')
  })
})

test('formatTable aligns columns two spaces apart, also beyond ASCII', () => {
  const rows = [
    ['Node', 'Address', 'DC'],
    ['kraków', '10.0.0.1:8301', 'dc1'],
    ['n', '', 'dc1'],
  ]
  expect(formatTable(rows).split('\n')).toEqual([
    'Node    Address        DC',
    'kraków  10.0.0.1:8301  dc1',
    'n                      dc1',
  ])
})

test('formatFields aligns values and leaves out empty ones', () => {
  const fields = [
    ['Source', 'web'],
    ['ID', ''],
    ['Created At', 'now'],
    ['Gone', undefined],
  ] as const
  expect(formatFields(fields)).toBe('Source:      web\nCreated At:  now')
})
