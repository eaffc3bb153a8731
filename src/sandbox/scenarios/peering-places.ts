// The machines of the peering scenario, and the way a request should take between them in each mode.

import { peeredSni } from '../../core/model/sni.ts'
import { spiffeUri } from '../../core/model/spiffe.ts'
import type { ExpectedHop } from '../judge.ts'
import { type Endpoint, type Loopback, spell } from '../loopback.ts'

export const MODES = ['remote', 'local'] as const

export type Mode = (typeof MODES)[number]

/** The services of west, with their protocols. */
export const PROTOCOLS = { api: 'http', ledger: 'tcp' } as const

export type ServiceOfWest = keyof typeof PROTOCOLS

export const SERVICES = ['api', 'ledger'] as const satisfies readonly ServiceOfWest[]

/** The networks, by the second number of their addresses. */
export const NETWORKS = { east: 70, west: 80, between: 90 } as const

export interface Gateway {
  readonly lan: Endpoint
  readonly wan: Endpoint
}

export interface PeeringPlaces {
  /** Where web is asked to ask a service of west. */
  readonly web: Readonly<Record<ServiceOfWest, Endpoint>>
  readonly webSidecar: Endpoint
  /** Where the sidecar of web offers each service. */
  readonly forWeb: Readonly<Record<ServiceOfWest, Endpoint>>
  readonly services: Readonly<Record<ServiceOfWest, Endpoint>>
  readonly sidecars: Readonly<Record<ServiceOfWest, Endpoint>>
  readonly gateways: Readonly<Record<'east' | 'west', Gateway>>
}

export interface TrustDomains {
  readonly east: string
  readonly west: string
}

export async function findPlaces(loopback: Loopback): Promise<PeeringPlaces> {
  const place = async (network: keyof typeof NETWORKS, host: number, port: number): Promise<Endpoint> => {
    const address = await loopback.address(NETWORKS[network], host)
    return { address, port: await loopback.port(address, port) }
  }
  return {
    web: { api: await place('east', 20, 9090), ledger: await place('east', 20, 9091) },
    webSidecar: await place('east', 20, 21000),
    forWeb: { api: await place('east', 20, 10000), ledger: await place('east', 20, 10001) },
    services: { api: await place('west', 20, 9090), ledger: await place('west', 21, 9090) },
    sidecars: { api: await place('west', 20, 21000), ledger: await place('west', 21, 21000) },
    gateways: {
      east: { lan: await place('east', 33, 8443), wan: await place('between', 10, 8443) },
      west: { lan: await place('west', 33, 8443), wan: await place('between', 20, 8443) },
    },
  }
}

/** What each proxy on the way should do with a request of web for a service of west. */
export function expectedHops(
  places: PeeringPlaces,
  trust: TrustDomains,
  { service, mode }: { readonly service: ServiceOfWest; readonly mode: Mode },
): readonly ExpectedHop[] {
  const { forWeb, gateways, sidecars, services } = places
  const sni = peeredSni({ service, namespace: 'default', partition: 'default' }, 'east', trust.west)
  const caller = identity('web', 'east', trust.east)
  const destination = identity(service, 'west', trust.west)
  const gateway = spiffeUri({ kind: 'mesh-gateway', partition: 'default', datacenter: 'west', trustDomain: trust.west })
  // The gateway of west ends the TLS of http, to route by requests, and speaks for the caller; that of tcp it passes on.
  const ends = PROTOCOLS[service] === 'http'
  const first = { proxy: 'web-sidecar', at: spell(forWeb[service]), sni, answerer: ends ? gateway : destination }
  const east = { proxy: 'east-gateway', at: spell(gateways.east.lan), sni, caller: '', to: spell(gateways.west.wan) }
  const west = {
    ...{ proxy: 'west-gateway', at: spell(gateways.west.wan), sni, to: spell(sidecars[service]) },
    ...(ends ? { caller, answerer: destination } : { caller: '', answerer: '' }),
  }
  const last = {
    ...{ proxy: `${service}-sidecar`, at: spell(sidecars[service]), to: spell(services[service]) },
    caller: ends ? gateway : caller,
  }
  return mode === 'local'
    ? [{ ...first, to: spell(gateways.east.lan) }, east, west, last]
    : [{ ...first, to: spell(gateways.west.wan) }, west, last]
}

function identity(service: string, datacenter: string, trustDomain: string): string {
  return spiffeUri({ kind: 'service', service, datacenter, trustDomain, namespace: 'default', partition: 'default' })
}
