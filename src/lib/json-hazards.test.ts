import { expect, it } from 'vitest'
import { jsonHazard, MAX_JSON_DEPTH } from './json-hazards.ts'

it('takes what people write', () => {
  expect(jsonHazard('{"a":[1,{"b":"\\u00e9 \\n \\\\ud800 \\ud83d\\ude00"}]}')).toBeUndefined()
  expect(jsonHazard(nested(MAX_JSON_DEPTH))).toBeUndefined()
})

it('counts levels, not brackets', () => {
  expect(jsonHazard(`[${'[],'.repeat(1000)}[]]`)).toBeUndefined()
  expect(jsonHazard(`"${'['.repeat(1000)}\\"${'{'.repeat(1000)}"`)).toBeUndefined()
})

it('refuses a document nested too deep', () => {
  expect(jsonHazard(nested(MAX_JSON_DEPTH + 1))).toBe('it is nested deeper than 200 levels')
  expect(jsonHazard('{"a":'.repeat(100_000))).toBe('it is nested deeper than 200 levels')
})

it.each(['"\\ud800"', '"x\\uDFFF"', '"\\ud83d \\ude00"', '"\\\\\\udc00"', '"\\ud83d\\ud83d\\ude00"'])(
  'refuses half a character in %s',
  text => {
    expect(jsonHazard(text)).toMatch(/is half of a character; it comes in pairs/)
  },
)

function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels)
}
