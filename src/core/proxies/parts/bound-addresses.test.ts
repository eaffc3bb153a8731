import { expect, it } from 'vitest'
import { instanceOf } from '../../../../test/support/scenario.ts'
import type { ServiceInstance } from '../../model/service.ts'
import { boundAddresses } from './bound-addresses.ts'

function gateway(definition: object): ServiceInstance {
  const instance = instanceOf({ definition: { kind: 'mesh-gateway', name: 'gw', ...definition } })
  return { ...instance, CreateIndex: 1, ModifyIndex: 1 }
}

const plain = { bindTaggedAddresses: false, bindAddresses: [], noDefaultBind: false }

it('listens on its own address, or on any when it has none', () => {
  expect(boundAddresses(gateway({ port: 8443 }), plain)).toEqual([{ name: 'default', address: '0.0.0.0', port: 8443 }])
})

it('sorts by name and takes each address and port once', () => {
  const tagged_addresses = { wan: { address: '198.18.0.1', port: 443 }, lan: { address: '10.0.0.1', port: 8443 } }
  const service = gateway({ address: '10.0.0.1', port: 8443, tagged_addresses })
  const bindAddresses = [{ name: 'alpha', address: '198.18.0.1', port: 443 }]
  const bound = boundAddresses(service, { ...plain, bindTaggedAddresses: true, bindAddresses })
  expect(bound.map(bind => `${bind.name} ${bind.address}:${bind.port}`)).toEqual([
    'alpha 198.18.0.1:443',
    'default 10.0.0.1:8443',
  ])
})

it('leaves the default address out when asked to', () => {
  expect(boundAddresses(gateway({ port: 8443 }), { ...plain, noDefaultBind: true })).toEqual([])
})
