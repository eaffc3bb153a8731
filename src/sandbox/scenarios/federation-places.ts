// The machines of the federation scenario, and the way a request should take between them in each mode.

import { serviceSni } from '../../core/model/sni.ts'
import { spiffeUri } from '../../core/model/spiffe.ts'
import type { ExpectedHop } from '../judge.ts'
import { type Endpoint, type Loopback, spell } from '../loopback.ts'

export const MODES = ['none', 'remote', 'local'] as const

export type Mode = (typeof MODES)[number]

/** Where everything is. */
export interface Places {
  readonly web: Endpoint
  readonly webSidecar: Endpoint
  /** Where the sidecar of web offers api. */
  readonly apiForWeb: Endpoint
  readonly api: Endpoint
  readonly apiSidecar: Endpoint
  readonly onpremGateway: Gateway
  readonly cloudGateway: Gateway
}

export interface Gateway {
  readonly lan: Endpoint
  readonly wan: Endpoint
}

/** The networks, by the second number of their addresses: 127.10.0.0/24 is that of onprem. */
export const NETWORKS = { onprem: 10, cloud: 20, wan: 30 } as const

export async function findPlaces(loopback: Loopback): Promise<Places> {
  const place = async (network: keyof typeof NETWORKS, host: number, port: number): Promise<Endpoint> => {
    const address = await loopback.address(NETWORKS[network], host)
    return { address, port: await loopback.port(address, port) }
  }
  return {
    web: await place('onprem', 20, 9090),
    webSidecar: await place('onprem', 20, 21000),
    apiForWeb: await place('onprem', 20, 10000),
    api: await place('cloud', 20, 9090),
    apiSidecar: await place('cloud', 20, 21000),
    onpremGateway: { lan: await place('onprem', 33, 8443), wan: await place('wan', 10, 8443) },
    cloudGateway: { lan: await place('cloud', 33, 8443), wan: await place('wan', 20, 8443) },
  }
}

/** What each proxy on the way should do with a request of web for api. */
export function expectedHops(places: Places, trustDomain: string, mode: Mode): readonly ExpectedHop[] {
  const { apiForWeb, apiSidecar, api, onpremGateway, cloudGateway } = places
  const tenancy = { namespace: 'default', partition: 'default' }
  const sni = serviceSni({ service: 'api', datacenter: 'cloud', ...tenancy }, trustDomain)
  const identity = (service: string, datacenter: string) =>
    spiffeUri({ kind: 'service', service, datacenter, trustDomain, ...tenancy })
  const first = { proxy: 'web-sidecar', at: spell(apiForWeb), sni, answerer: identity('api', 'cloud') }
  const last = {
    proxy: 'api-sidecar',
    at: spell(apiSidecar),
    sni: '',
    caller: identity('web', 'onprem'),
    to: spell(api),
  }
  const throughCloud = { proxy: 'cloud-gateway', at: spell(cloudGateway.wan), sni, to: spell(apiSidecar) }
  const throughOnprem = {
    proxy: 'onprem-gateway',
    at: spell(onpremGateway.lan),
    sni,
    to: spell(cloudGateway.wan),
  }
  switch (mode) {
    case 'none':
      return [{ ...first, to: spell(apiSidecar) }, last]
    case 'remote':
      return [{ ...first, to: spell(cloudGateway.wan) }, throughCloud, last]
    case 'local':
      return [{ ...first, to: spell(onpremGateway.lan) }, throughOnprem, throughCloud, last]
  }
}
