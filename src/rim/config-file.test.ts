import { describe, expect, test } from 'vitest'
import { Fault } from '../core/model/fault.ts'
import { formatOfName, parseConfigText } from './config-file.ts'

function faultOf(text: string, name: string): string {
  try {
    parseConfigText(text, undefined, name)
  } catch (error) {
    if (error instanceof Fault && error.code === 'invalid') return error.message
    throw error
  }
  throw new Error('no fault')
}

const HCL = 'Kind = "proxy-defaults"\nName = "global"\nMeshGateway {\n  Mode = "local"\n}\n'
const JSON_TEXT = '{"Kind": "proxy-defaults", "Name": "global", "MeshGateway": [{"Mode": "local"}]}'
const YAML_TEXT = 'Kind: proxy-defaults\nMeshGateway:\n- Mode: local\nName: global\n'
const expected = { Kind: 'proxy-defaults', Name: 'global', MeshGateway: [{ Mode: 'local' }] }

describe('parseConfigText', () => {
  test.each([
    ['HCL by extension', HCL, 'global.hcl'],
    ['JSON by extension', JSON_TEXT, 'global.json'],
    ['YAML by extension', YAML_TEXT, 'global.yaml'],
    ['YAML by short extension', YAML_TEXT, 'global.YML'],
    ['JSON in a file called .hcl', JSON_TEXT, 'global.hcl'],
    ['HCL by its content', HCL, '-'],
    ['HCL behind comments', `# defaults\n\n// for all\n${HCL}`, '-'],
    ['JSON by its content', JSON_TEXT, '-'],
    ['YAML by its content', YAML_TEXT, '-'],
    ['YAML behind a marker and comments', `# defaults\n---\n${YAML_TEXT}`, '-'],
    ['a text behind a byte order mark', `\ufeff${JSON_TEXT}`, '-'],
  ])('reads %s', (_title, text, name) => {
    expect(parseConfigText(text, undefined, name)).toEqual(expected)
  })

  test('lets a given format win over the name', () => {
    expect(parseConfigText(YAML_TEXT, 'yaml', 'notes.hcl')).toEqual(expected)
  })

  test.each([
    ['a = {\n  b =\n}\n', 'x.hcl', /^x\.hcl:3:1: /],
    ['{\n  "a": 1,\n}', 'x.json', /^x\.json:3:1: /],
    ['\n [1]', 'x.json', /^x\.json:2:2: expected a JSON object/],
    ['a: [1\nb: 2\n', 'x.yaml', /^x\.yaml:\d+:\d+: /],
    ['a: 1\na: 2\n', 'x.yaml', /^x\.yaml:2:1: .*unique/],
    ['a: 1\n---\nb: 2\n', 'x.yaml', /^x\.yaml: holds 2 YAML documents/],
    ['? [a]\n: 1\n', 'x.yaml', /^x\.yaml:1:/],
  ])('names the place of a mistake in %j', (text, name, message) => {
    expect(faultOf(text, name)).toMatch(message)
  })

  test('refuses YAML that multiplies itself', () => {
    const levels = 'bcdefghi'.split('').map((key, i) => `${key}: [${Array(9).fill(`*${'abcdefgh'[i]}`).join(', ')}]`)
    const bomb = `a: &a [x, x]\n${levels.map(line => line.replace(/^(.): /, '$1: &$1 ')).join('\n')}\n`
    expect(faultOf(bomb, 'x.yaml')).toMatch(/^x\.yaml: .*alias/)
  })

  test('keeps dangerous names as ordinary keys', () => {
    for (const text of ['__proto__: {a: 1}\nconstructor: 2\n', '{"__proto__": {"a": 1}, "constructor": 2}']) {
      const value = parseConfigText(text, undefined, '-')
      expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor'])
      expect(({} as { a?: number }).a).toBeUndefined()
    }
  })

  test('reads an empty text as an empty document', () => {
    expect(parseConfigText('', 'yaml', 'x.yaml')).toEqual({})
    expect(parseConfigText('# nothing\n', 'hcl', 'x.hcl')).toEqual({})
  })
})

test('formatOfName knows the extensions', () => {
  expect(['a.hcl', 'b.JSON', 'c.yml', 'd.yaml', 'e', 'f.txt'].map(formatOfName)).toEqual([
    'hcl',
    'json',
    'yaml',
    'yaml',
    undefined,
    undefined,
  ])
})
