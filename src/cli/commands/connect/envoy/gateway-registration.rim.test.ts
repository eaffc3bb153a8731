import { describe, expect, test } from 'vitest'
import { canBind, gatewayRegistration, parseGatewayAddress } from './gateway-registration.ts'

const FLAGS = {
  'proxy-id': '',
  service: '',
  address: '127.0.0.1:8443',
  'wan-address': '',
  'bind-address': [],
  'expose-servers': false,
  'deregister-after-critical': '6h',
}

describe('parseGatewayAddress', () => {
  test.each([
    ['10.5.0.33:8443', '10.5.0.33', 8443],
    ['10.5.0.33:443', '10.5.0.33', 443],
    ['10.5.0.33', '10.5.0.33', 8443],
    ['gateway.example.com:443', 'gateway.example.com', 443],
    ['[2001:db8::1]:443', '2001:db8::1', 443],
    ['[2001:db8::1]', '2001:db8::1', 8443],
    ['2001:db8::1', '2001:db8::1', 8443],
    [':9443', '', 9443],
    ['{{ GetInterfaceIP "lo" }}:8443', '127.0.0.1', 8443],
  ])('reads %s', (text, Address, Port) => {
    expect(parseGatewayAddress('-address', text)).toEqual({ Address, Port })
  })

  test.each(['10.0.0.1:0', '10.0.0.1:70000', 'a b:1', 'http://x:1', '{{ GetEverything }}'])('refuses %s', text => {
    expect(() => parseGatewayAddress('-address', text)).toThrow(/expected ip:port|not supported/)
  })
})

test('canBind tells addresses of this machine', async () => {
  expect(await canBind('127.0.0.1')).toBe(true)
  expect(await canBind('192.0.2.1')).toBe(false)
  expect(await canBind('')).toBe(false)
})

describe('gatewayRegistration', () => {
  test('listens on the LAN address when there is no other', async () => {
    const body = await gatewayRegistration('mesh', FLAGS)
    expect(body).not.toHaveProperty('Proxy')
    expect(body.TaggedAddresses).toEqual({ lan: { Address: '127.0.0.1', Port: 8443 } })
  })

  test('listens on the LAN address alone when the WAN address is behind a load balancer', async () => {
    const body = await gatewayRegistration('mesh', { ...FLAGS, 'wan-address': '192.0.2.1:443' })
    expect(body).not.toHaveProperty('Proxy')
    expect(body.TaggedAddresses).toMatchObject({ wan: { Address: '192.0.2.1', Port: 443 } })
  })

  test('listens where it is told to', async () => {
    const bind = ['lan=127.0.0.1:9000', 'wan=127.0.0.2:9001']
    const body = await gatewayRegistration('mesh', { ...FLAGS, address: '192.0.2.7:8443', 'bind-address': bind })
    expect(body.Proxy).toEqual({
      Config: {
        envoy_gateway_no_default_bind: true,
        envoy_gateway_bind_addresses: {
          lan: { Address: '127.0.0.1', Port: 9000 },
          wan: { Address: '127.0.0.2', Port: 9001 },
        },
      },
    })
  })

  test('takes its name, ID and kind from the flags', async () => {
    const flags = { ...FLAGS, service: 'edge', 'proxy-id': 'edge-1', 'expose-servers': true }
    expect(await gatewayRegistration('mesh', flags)).toMatchObject({
      Name: 'edge',
      ID: 'edge-1',
      Meta: { 'consul-wan-federation': '1' },
    })
    const api = await gatewayRegistration('api', FLAGS)
    expect(api).toMatchObject({ Kind: 'api-gateway', Name: 'api-gateway' })
    expect(api).not.toHaveProperty('Check')
  })

  test('binds everywhere without an address, and checks loopback', async () => {
    const body = await gatewayRegistration('mesh', { ...FLAGS, address: ':8443' })
    expect(body).toMatchObject({ Address: '', TaggedAddresses: {}, Check: { TCP: '127.0.0.1:8443' } })
  })

  test.each([
    [{ address: '' }, '-register needs -address'],
    [{ address: '192.0.2.1:8443' }, '-address 192.0.2.1 is no address of this machine; give one that is, or say'],
    [{ 'wan-address': ':443' }, '-wan-address needs an address'],
    [{ 'bind-address': ['127.0.0.1:1'] }, '-bind-address 127.0.0.1:1: expected name=ip:port'],
    [{ 'deregister-after-critical': '6' }, '-deregister-after-critical 6: expected a duration such as 6h'],
  ])('refuses %j', async (flags, message) => {
    await expect(gatewayRegistration('mesh', { ...FLAGS, ...flags })).rejects.toThrow(message)
  })
})
