// Addresses of nodes and services, and which of them a caller dials.

import { type Infer, int, map, object, string, withDefault } from '../../lib/schema.ts'

export const serviceAddress = object({
  Address: withDefault(string(), ''),
  Port: withDefault(int({ min: 0, max: 65535 }), 0),
})

export type ServiceAddress = Infer<typeof serviceAddress>

export const taggedAddresses = map(serviceAddress)

interface Addressable {
  readonly Address: string
  readonly Port?: number
  readonly TaggedAddresses?: Readonly<Record<string, ServiceAddress>>
}

interface NodeAddresses {
  readonly Address: string
  readonly TaggedAddresses?: Readonly<Record<string, string>>
}

/**
 * The address a proxy dials. Across a boundary (`wan`): the service's tagged address `wan` (its port when not 0), else
 * the service address, else the node's `wan`, else the node address. Inside: the service address, else the node address.
 */
export function bestAddress(node: NodeAddresses, service: Addressable, wan: boolean): ServiceAddress {
  const port = service.Port ?? 0
  const tagged = wan ? own(service.TaggedAddresses, 'wan') : undefined
  if (tagged !== undefined && tagged.Address !== '') return { Address: tagged.Address, Port: tagged.Port || port }
  if (service.Address !== '') return { Address: service.Address, Port: port }
  const nodeWan = wan ? own(node.TaggedAddresses, 'wan') : undefined
  return { Address: nodeWan || node.Address, Port: port }
}

function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined
}
