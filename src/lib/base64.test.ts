import { expect, it } from 'vitest'
import { decodeBase64, encodeBase64 } from './base64.ts'

it('writes the standard alphabet with padding', () => {
  expect(encodeBase64('a')).toBe('YQ==')
  expect(encodeBase64('???>')).toBe('Pz8/Pg==')
})

it('reads what it wrote, folded or not', () => {
  expect(decodeBase64(encodeBase64('größer'))).toBe('größer')
  expect(decodeBase64(' YW\nJj\n')).toBe('abc')
})

it.each(['YQ', 'YQ=', '****', 'YQ==YQ==', '_w==', '/w=='])('refuses %j', text => {
  expect(decodeBase64(text)).toBeUndefined()
})
