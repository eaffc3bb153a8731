import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

describe('parseDuration', () => {
  it.each<[string, number]>([
    ['0', 0],
    ['5s', 5 * SECOND],
    ['30s', 30 * SECOND],
    ['1478s', 1478 * SECOND],
    ['-5s', -5 * SECOND],
    ['+5s', 5 * SECOND],
    ['-0', 0],
    ['+0', 0],
    ['-0s', 0],
    ['5.0s', 5 * SECOND],
    ['5.6s', 5.6 * SECOND],
    ['5.s', 5 * SECOND],
    ['.5s', 0.5 * SECOND],
    ['1.004s', 1004],
    ['10ns', 10e-6],
    ['11us', 0.011],
    ['12\u00b5s', 0.012],
    ['12\u03bcs', 0.012],
    ['13ms', 13],
    ['3h30m', 3.5 * HOUR],
    ['10.5s4m', 4 * MINUTE + 10.5 * SECOND],
    ['-2m3.4s', -(2 * MINUTE + 3.4 * SECOND)],
    ['1h2m3s4ms5us6ns', HOUR + 2 * MINUTE + 3 * SECOND + 4.005006],
    ['39h9m14.425s', 39 * HOUR + 9 * MINUTE + 14.425 * SECOND],
    ['0.3333333333333333333h', 20 * MINUTE],
    ['0.100000000000000000000h', 6 * MINUTE],
    ['87600h', 87600 * HOUR],
    ['8589934592.5s', 8589934592500],
    ['000000000000000000000000005s', 5 * SECOND],
  ])('reads %s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  it.each([
    '',
    '3',
    '-',
    's',
    '.',
    '-.',
    '.s',
    '+.s',
    '1d',
    '5 s',
    ' 5s',
    '5s ',
    '1e3s',
    '--5s',
    '5S',
    '5s3',
    '9223372036854775808ns',
    '3000000h',
    '99999999999999999999999s',
    '1h__proto__',
    `${'9'.repeat(100_000)}s`,
  ])('refuses "%s"', text => {
    expect(parseDuration(text)).toBeUndefined()
  })
})

describe('formatDuration', () => {
  it.each<[number, string]>([
    [0, '0s'],
    [-0, '0s'],
    [1e-6, '1ns'],
    [0.0011, '1.1\u00b5s'],
    [2.2, '2.2ms'],
    [250, '250ms'],
    [999.999999, '999.999999ms'],
    [999.9999999, '1s'],
    [1500, '1.5s'],
    [5 * SECOND, '5s'],
    [3300, '3.3s'],
    [MINUTE, '1m0s'],
    [4 * MINUTE + 5 * SECOND, '4m5s'],
    [4 * MINUTE + 5001, '4m5.001s'],
    [5 * HOUR + 6 * MINUTE + 7001, '5h6m7.001s'],
    [72 * HOUR, '72h0m0s'],
    [8 * MINUTE + 1e-6, '8m0.000000001s'],
    [-1500, '-1.5s'],
    [87600 * HOUR, '87600h0m0s'],
  ])('prints %d ms as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text)
  })

  it('refuses a duration that is not finite', () => {
    expect(() => formatDuration(Number.NaN)).toThrow(RangeError)
  })
})

it('reads back whatever it prints', () => {
  const nanoseconds = fc.integer({ min: -(2 ** 50), max: 2 ** 50 })
  fc.assert(
    fc.property(nanoseconds, value => {
      const milliseconds = value / 1e6
      const read = parseDuration(formatDuration(milliseconds))!
      expect(Math.round(read * 1e6)).toBe(value === 0 ? 0 : value)
    }),
    { numRuns: 1000 },
  )
})
