import { expect, it } from 'vitest'
import { fnv1, littleEndian64 } from './fnv.ts'

const utf8 = new TextEncoder()

it.each([
  ['', 'cbf29ce484222325'],
  ['a', 'af63bd4c8601b7be'],
  ['foobar', '340d8765a4dda9c2'],
])('hashes %j as the published FNV-1 test vectors do', (text, expected) => {
  expect(fnv1(utf8.encode(text)).toString(16)).toBe(expected)
})

it('writes a number lowest byte first, negative ones in two’s complement', () => {
  expect([...littleEndian64(0x0102n)]).toEqual([2, 1, 0, 0, 0, 0, 0, 0])
  expect([...littleEndian64(-1n)]).toEqual(Array(8).fill(255))
})
