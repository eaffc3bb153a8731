// The addresses a gateway listens on.

import type { ServiceInstance } from '../../model/service.ts'
import type { BindAddress, GatewayOptions } from './gateway-options.ts'

const ANY_ADDRESS = '0.0.0.0'

type Binds = Pick<GatewayOptions, 'bindTaggedAddresses' | 'bindAddresses' | 'noDefaultBind'>

/**
 * The service's own address as `default`, its tagged addresses and the configured ones, sorted by name; of several with the
 * same address and port only the first.
 */
export function boundAddresses(service: ServiceInstance, options: Binds): readonly BindAddress[] {
  const own: BindAddress = { name: 'default', address: service.Address, port: service.Port }
  const tagged = Object.entries(service.TaggedAddresses).map(([name, { Address, Port }]) => {
    return { name, address: Address, port: Port }
  })
  const all = [
    ...(options.noDefaultBind ? [] : [own]),
    ...(options.bindTaggedAddresses ? tagged : []),
    ...options.bindAddresses,
  ].map(bind => (bind.address === '' ? { ...bind, address: ANY_ADDRESS } : bind))

  const taken = new Set<string>()
  return all
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .filter(({ address, port }) => {
      const key = `${address} ${port}`
      if (taken.has(key)) return false
      taken.add(key)
      return true
    })
}
