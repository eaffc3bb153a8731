import { describe, expect, test } from 'vitest'
import { describeAgentAddress, parseAgentAddress } from './agent-address.ts'

describe('parseAgentAddress', () => {
  test.each([
    ['127.0.0.1:8500', false, 'http://127.0.0.1:8500'],
    ['127.0.0.1:8501', true, 'https://127.0.0.1:8501'],
    ['http://10.5.0.2:8500', true, 'http://10.5.0.2:8500'],
    ['https://consul.example.com', false, 'https://consul.example.com:443'],
    ['consul.example.com', false, 'http://consul.example.com:80'],
    [':8500', false, 'http://127.0.0.1:8500'],
    ['[::1]:8500', false, 'http://[::1]:8500'],
    ['https://lb:443/consul/', false, 'https://lb:443/consul'],
    ['unix:///run/consul.sock', false, 'unix:///run/consul.sock'],
  ])('reads %s (TLS by default: %s)', (text, isTls, url) => {
    expect(describeAgentAddress(parseAgentAddress(text, isTls))).toBe(url)
  })

  test.each(['', 'ftp://x', 'a:b', 'a:99999', 'a:0', 'unix://', 'user@host:1', '::1:8500', 'host:8500?x=1'])(
    'refuses %j and says what is understood',
    text => {
      expect(() => parseAgentAddress(text, false)).toThrow(/is not understood; write host:port, http:/)
    },
  )
})
