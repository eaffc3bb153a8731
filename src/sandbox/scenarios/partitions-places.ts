// The machines of the partitions scenario, and the way a request should take between them in each mode.

import { serviceSni } from '../../core/model/sni.ts'
import { spiffeUri } from '../../core/model/spiffe.ts'
import type { ExpectedHop } from '../judge.ts'
import { type Endpoint, type Loopback, spell } from '../loopback.ts'

export const MODES = ['none', 'remote', 'local'] as const

export type Mode = (typeof MODES)[number]

/** The networks, by the second number of their addresses. */
export const NETWORKS = { default: 40, finance: 50, between: 60 } as const

export interface PartitionPlaces {
  readonly web: Endpoint
  readonly webSidecar: Endpoint
  /** Where the sidecar of web offers billing. */
  readonly billingForWeb: Endpoint
  readonly billing: Endpoint
  readonly billingSidecar: Endpoint
  readonly gateways: Readonly<Record<'default' | 'finance', { readonly lan: Endpoint; readonly wan: Endpoint }>>
}

export async function findPlaces(loopback: Loopback): Promise<PartitionPlaces> {
  const place = async (network: keyof typeof NETWORKS, host: number, port: number): Promise<Endpoint> => {
    const address = await loopback.address(NETWORKS[network], host)
    return { address, port: await loopback.port(address, port) }
  }
  return {
    web: await place('default', 20, 9090),
    webSidecar: await place('default', 20, 21000),
    billingForWeb: await place('default', 20, 10000),
    billing: await place('finance', 20, 9090),
    billingSidecar: await place('finance', 20, 21000),
    gateways: {
      default: { lan: await place('default', 33, 8443), wan: await place('between', 10, 8443) },
      finance: { lan: await place('finance', 33, 8443), wan: await place('between', 20, 8443) },
    },
  }
}

/** What each proxy on the way should do with a request of web for billing. */
export function expectedHops(places: PartitionPlaces, trustDomain: string, mode: Mode): readonly ExpectedHop[] {
  const { billingForWeb, billingSidecar, billing, gateways } = places
  const place = { namespace: 'default', datacenter: 'dc1' }
  const sni = serviceSni({ service: 'billing', partition: 'finance', ...place }, trustDomain)
  const identity = (service: string, partition: string) =>
    spiffeUri({ kind: 'service', service, partition, trustDomain, ...place })
  const first = { proxy: 'web-sidecar', at: spell(billingForWeb), sni, answerer: identity('billing', 'finance') }
  const last = {
    proxy: 'billing-sidecar',
    at: spell(billingSidecar),
    sni: '',
    caller: identity('web', 'default'),
    to: spell(billing),
  }
  const finance = { proxy: 'finance-gateway', at: spell(gateways.finance.wan), sni, to: spell(billingSidecar) }
  const own = { proxy: 'default-gateway', at: spell(gateways.default.lan), sni, to: spell(gateways.finance.wan) }
  switch (mode) {
    case 'none':
      return [{ ...first, to: spell(billingSidecar) }, last]
    case 'remote':
      return [{ ...first, to: spell(gateways.finance.wan) }, finance, last]
    case 'local':
      return [{ ...first, to: spell(gateways.default.lan) }, own, finance, last]
  }
}
