import { isMessage } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { ListenerSchema } from '../../../gen/envoy/config/listener/v3/listener_pb.ts'
import { messageOf } from '../../envoy/make-resource.ts'
import { serviceName } from '../../model/tenancy.ts'
import type { ExportedChain } from './exported-chain.ts'
import { gatewayListeners } from './listener.ts'

function exported(name: string, ...serverNames: readonly string[]): ExportedChain {
  return { service: serviceName(name), datacenter: 'dc1', serverNames, to: { kind: 'tcp', cluster: name } }
}

/** The server names of each filter chain, in order. */
function chainsOf(chains: readonly ExportedChain[], theirs: readonly string[] = []) {
  const [listener] = gatewayListeners({
    binds: [{ name: 'default', address: '10.0.0.1', port: 8443 }],
    destinations: {
      datacenter: 'dc1',
      trustDomain: 'td.consul',
      remotes: [{ datacenter: 'dc2', partition: 'default' }],
      servers: undefined,
      peering: { own: 'server.dc1.peering.td.consul', theirs },
    },
    exported: chains,
    identity: undefined,
    options: { fetchTimeoutMs: undefined, maxRequestHeadersKb: undefined },
    accessLogs: undefined,
  })
  const message = listener && messageOf(listener)
  if (!isMessage(message, ListenerSchema)) throw new Error('no listener')
  return message.filterChains.map(chain => chain.filterChainMatch?.serverNames ?? [])
}

const OWN = ['server.dc1.peering.td.consul']
const DC2 = ['*.dc2.internal.td.consul']
const ANY: readonly string[] = []

it('has exported services first, by name, and the chain without a match last', () => {
  const chains = [exported('web', 'web.east', 'web.west'), exported('api', 'api.east')]
  expect(chainsOf(chains, ['server.east'])).toEqual([
    ['api.east'],
    ['web.east', 'web.west'],
    DC2,
    OWN,
    ['server.east'],
    ANY,
  ])
})

it('never repeats a name, for which Envoy would refuse the listener as a whole', () => {
  const chains = [exported('api', 'x.east', 'x.east'), exported('web', 'x.east', 'web.east'), exported('z', 'x.east')]
  expect(chainsOf(chains, [...OWN, 'server.east', 'server.east'])).toEqual([
    ['x.east'],
    ['web.east'],
    DC2,
    OWN,
    ['server.east'],
    ANY,
  ])
})

describe('an HTTP service', () => {
  const to = { kind: 'http', protocol: 'http', peers: [], maxRequestHeadersKb: undefined } as const

  it('is left out while there is no certificate to end its TLS with', () => {
    const chains = [{ ...exported('web', 'web.east'), to: { ...to, clusters: [] } }]
    expect(chainsOf(chains)).toEqual([DC2, OWN, ANY])
  })

  it('has clusters that cannot be asked for by name, because the gateway lends them its own', () => {
    const chains = [{ ...exported('web', 'web.east'), to: { ...to, clusters: ['exported~web', 'exported~api'] } }]
    expect(chainsOf(chains)).toEqual([['exported~api', 'exported~web'], DC2, OWN, ANY])
  })
})
