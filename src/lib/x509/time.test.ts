import { expect, it } from 'vitest'
import { asciiBytes, element, readDer, TAG } from '../asn1.ts'
import { readTime, writeTime } from './time.ts'

it.each([
  '1950-01-01T00:00:00Z',
  '2026-02-28T23:59:59Z',
  '2049-12-31T23:59:59Z',
  '2050-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
])('keeps %s', iso => {
  expect(readTime(readDer(writeTime(Date.parse(iso))), 'x')).toBe(Date.parse(iso))
})

it('uses UTCTime through 2049 and GeneralizedTime after', () => {
  expect(writeTime(Date.parse('2049-12-31T23:59:59.999Z'))).toEqual(element(TAG.utcTime, asciiBytes('491231235959Z')))
  expect(writeTime(Date.parse('2050-01-01T00:00:00Z'))).toEqual(
    element(TAG.generalizedTime, asciiBytes('20500101000000Z')),
  )
})

it.each(['2602301200Z', '260230120000Z', '260101000000+0000', '26010100000Z', '261301000000Z'])('refuses %s', text => {
  expect(() => readTime(readDer(element(TAG.utcTime, asciiBytes(text))), 'x')).toThrow(/x is not a/)
})
