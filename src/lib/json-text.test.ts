import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findJsonError, reindentJson } from './json-text.ts'

describe('findJsonError', () => {
  test.each([
    ['', { line: 1, column: 1, message: 'unexpected end of input, expected a value' }],
    ['{"a": 1,}', { line: 1, column: 9, message: 'a comma stands before "}"' }],
    ['{\n  "a": tru\n}', { line: 2, column: 8, message: 'unexpected "t", expected a value' }],
    ['{"a" 1}', { line: 1, column: 6, message: 'unexpected "1", expected ":"' }],
    ['[1 2]', { line: 1, column: 4, message: 'unexpected "2", expected "," or "]"' }],
    ['{a: 1}', { line: 1, column: 2, message: 'unexpected "a", expected a key in double quotes or "}"' }],
    ['{"a": "b', { line: 1, column: 7, message: 'unfinished or invalid string' }],
    ['{} {}', { line: 1, column: 4, message: 'unexpected text after the value' }],
    ['[1,\n2', { line: 2, column: 2, message: 'unexpected end of input, expected "," or "]"' }],
    ['[1}', { line: 1, column: 3, message: 'unexpected "}", expected "," or "]"' }],
    ['[01]', { line: 1, column: 3, message: 'unexpected "1", expected "," or "]"' }],
  ])('points into %j', (text, error) => {
    expect(findJsonError(text)).toEqual(error)
  })

  test('agrees with JSON.parse about what is JSON', () => {
    const text = fc.string({ unit: fc.constantFrom(...'{}[]",:\\ \n01-.eEtrufalsn'), maxLength: 12 })
    fc.assert(
      fc.property(text, sample => {
        let isJson = true
        try {
          JSON.parse(sample)
        } catch {
          isJson = false
        }
        expect(findJsonError(sample) === undefined).toBe(isJson)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('reindentJson', () => {
  test('lays out like JSON.stringify', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(reindentJson(JSON.stringify(value), 4)).toBe(JSON.stringify(value, null, 4))
      }),
    )
  })

  test('keeps integers that JavaScript would round', () => {
    expect(reindentJson('{"Hash":18446744073709551615}', 4)).toBe('{\n    "Hash": 18446744073709551615\n}')
  })

  test('leaves alone what is not JSON', () => {
    expect(reindentJson('no cluster leader', 4)).toBe('no cluster leader')
  })
})
