// Addresses in Envoy's form.

import {
  type Address,
  AddressSchema,
  type CidrRange,
  CidrRangeSchema,
} from '../../gen/envoy/config/core/v3/address_pb.ts'
import { ipOctets } from '../../lib/x509/ip.ts'
import { create } from './create-message.ts'

/** An IP address, or a hostname where the cluster resolves names, with its port. */
export function socketAddress(address: string, port: number): Address {
  return create(AddressSchema, {
    address: { case: 'socketAddress', value: { address, portSpecifier: { case: 'portValue', value: port } } },
  })
}

/** A unix socket; `mode` is the file mode, 0 to leave it to the system. */
export function pipeAddress(path: string, mode = 0): Address {
  return create(AddressSchema, { address: { case: 'pipe', value: { path, mode } } })
}

export function cidrRange(addressPrefix: string, prefixLen: number): CidrRange {
  return create(CidrRangeSchema, { addressPrefix, prefixLen })
}

/** False for host names, which only a DNS cluster can dial. */
export function isIpAddress(address: string): boolean {
  return ipOctets(address) !== undefined
}
