import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, test } from 'vitest'
import { expandAddressTemplate } from './address-template.ts'

const info = (address: string, family: 'IPv4' | 'IPv6', internal = false) =>
  ({ address, family, internal }) as NetworkInterfaceInfo

const interfaces = {
  lo: [info('127.0.0.1', 'IPv4', true)],
  eth0: [info('fe80::1', 'IPv6'), info('10.5.0.33', 'IPv4')],
  eth1: [info('203.0.113.7', 'IPv4')],
}

describe('expandAddressTemplate', () => {
  test.each([
    ['10.0.0.1:8443', '10.0.0.1:8443'],
    ['{{ GetInterfaceIP "eth0" }}:8443', '10.5.0.33:8443'],
    ['{{GetPrivateIP}}', '10.5.0.33'],
    ['{{ GetPublicIP }}:1', '203.0.113.7:1'],
  ])('makes %s into %s', (text, expanded) => {
    expect(expandAddressTemplate(text, interfaces)).toBe(expanded)
  })

  test.each([
    ['{{ GetInterfaceIP "eth9" }}', /matches no address of this machine/],
    ['{{ GetInterfaceIP "constructor" }}', /matches no address of this machine/],
    ['{{ GetAllInterfaces | sort "address" }}', /is not supported/],
  ])('refuses %s', (text, message) => {
    expect(() => expandAddressTemplate(text, interfaces)).toThrow(message)
  })
})
