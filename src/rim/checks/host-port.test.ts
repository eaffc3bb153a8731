import { expect, it } from 'vitest'
import { parseHostPort } from './host-port.ts'

it.each([
  ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
  ['[::1]:8080', { host: '::1', port: 8080 }],
  ['db.local:5432', { host: 'db.local', port: 5432 }],
  [':80', { host: 'localhost', port: 80 }],
])('%s is an address', (address, parts) => {
  expect(parseHostPort(address)).toEqual(parts)
})

it.each(['', 'db', 'db:', 'db:x', 'db:0', 'db:65536', '::1:80', '[::1]', 'a:1:2'])('"%s" is no address', address => {
  expect(() => parseHostPort(address)).toThrow(`invalid check address "${address}"; expected host:port`)
})
