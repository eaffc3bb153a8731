import { SocketAddress } from 'node:net'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ipOctets, ipText } from './ip.ts'

it.each(['127.0.0.1', '::1', '::', '2001:db8::1', 'fe80::1:0:0:2', '1:2:3:4:5:6:7:8', '1:0:2:0:3:0:4:0'])(
  'keeps %s',
  text => {
    const octets = ipOctets(text)
    expect(octets && ipText(octets)).toBe(text)
  },
)

it('reads IPv4 embedded in IPv6', () => {
  expect(ipOctets('::ffff:10.0.0.1')).toEqual(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1]))
})

it.each(['', 'web', '1.2.3', '1.2.3.4.5', '::1%eth0', '1::2::3', '10.0.0.1/8'])('refuses %j', text => {
  expect(ipOctets(text)).toBeUndefined()
})

it('agrees with the platform about any IPv6 address', () => {
  fc.assert(
    fc.property(fc.ipV6(), text => {
      const octets = ipOctets(text)
      const canonical = octets && ipText(octets)
      expect(canonical).toBeDefined()
      const address = (ip: string) => new SocketAddress({ address: ip, family: 'ipv6' }).address
      expect(address(canonical ?? '')).toBe(address(text))
    }),
  )
})
