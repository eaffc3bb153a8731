import { expect, it } from 'vitest'
import { joinHostPort, reachOf, splitHostPort } from './host-port.ts'

it('splits what it joins', () => {
  for (const each of [
    { host: '10.0.0.1', port: 8503 },
    { host: 'gateway.example', port: 443 },
    { host: 'fe80::1', port: 1 },
  ]) {
    expect(splitHostPort(joinHostPort(each.host, each.port))).toEqual(each)
  }
})

it.each([
  '',
  'host',
  'host:',
  ':80',
  'host:0',
  'host:65536',
  'a b:1',
  'fe80::1:80',
  '[10.0.0.1]:80',
  'http://h:80',
  '[::1]',
])('refuses %j', text => {
  expect(splitHostPort(text)).toBeUndefined()
})

it.each([
  ['127.0.0.1', 'machine'],
  ['0.0.0.0', 'machine'],
  ['localhost', 'machine'],
  ['::1', 'machine'],
  ['::', 'machine'],
  ['::ffff:127.0.0.1', 'machine'],
  ['10.1.2.3', 'site'],
  ['172.31.0.1', 'site'],
  ['192.168.1.1', 'site'],
  ['169.254.0.1', 'site'],
  ['100.64.0.1', 'site'],
  ['fd00::1', 'site'],
  ['fe80::1', 'site'],
  ['::ffff:10.0.0.1', 'site'],
  ['172.32.0.1', 'world'],
  ['8.8.8.8', 'world'],
  ['2001:db8::1', 'world'],
  ['example.com', 'world'],
])('%s reaches %s', (host, reach) => {
  expect(reachOf(host)).toBe(reach)
})
