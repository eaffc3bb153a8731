// The endpoints behind which a set of mesh gateways is reached from another gateway: by address, or by host name.

import { isIpAddress } from '../../envoy/address.ts'
import type { Endpoint } from '../../envoy/load-assignment.ts'
import { bestAddress } from '../../model/address.ts'
import type { CheckServiceNode } from '../../model/fact.ts'
import { endpointHealth, usableGateways } from '../../queries/instance-health.ts'

export interface GatewayEndpoints {
  /** `dns` as soon as one gateway is known by host name; those known by address are then not used. */
  readonly by: 'eds' | 'dns'
  readonly endpoints: readonly Endpoint[]
}

/**
 * Critical gateways are left out. A set of host names is resolved by Envoy: all healthy ones with `strictDns`, else the first
 * healthy one; when none is healthy the last one stays, marked as such, because a DNS cluster must have an endpoint.
 */
export function gatewayEndpoints(
  gateways: readonly CheckServiceNode[],
  options: { readonly wan: boolean; readonly strictDns: boolean },
): GatewayEndpoints {
  const hosts = gateways.filter(gateway => !isIpAddress(addressOf(gateway, options.wan).address))
  if (hosts.length === 0) {
    return { by: 'eds', endpoints: usableGateways(gateways).map(gateway => endpoint(gateway, options.wan)) }
  }
  const all = hosts.map(gateway => endpoint(gateway, options.wan))
  const healthy = all.filter(each => each.health?.healthy)
  if (healthy.length === 0) return { by: 'dns', endpoints: all.slice(-1) }
  return { by: 'dns', endpoints: options.strictDns ? healthy : healthy.slice(0, 1) }
}

function endpoint(gateway: CheckServiceNode, wan: boolean): Endpoint {
  return { ...addressOf(gateway, wan), health: endpointHealth(gateway, false) }
}

function addressOf(gateway: CheckServiceNode, wan: boolean): { readonly address: string; readonly port: number } {
  const { Address, Port } = bestAddress(gateway.Node, gateway.Service, wan)
  return { address: Address, port: Port }
}
