import { isMessage } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import {
  followProxy,
  givePeer,
  leafOf,
  proxyKey,
  readyProxy,
  registration,
  run,
  type Scenario,
  type ScenarioService,
  scenarioStore,
  TRUST_DOMAIN,
} from '../../../test/support/scenario.ts'
import { ListenerSchema } from '../../gen/envoy/config/listener/v3/listener_pb.ts'
import { decodeEntry } from '../entries/index.ts'
import { messageOf } from '../envoy/make-resource.ts'
import type { ResourceSet } from '../envoy/resource.ts'
import type { Store } from '../store/store.ts'
import { consistent } from '../xds/consistent.ts'
import { ProxyBuild, proxySnapshot } from './follow.ts'

const CLOUD = '1c053652-8512-4373-90cf-5a7f6263a994.consul'

const api: ScenarioService = {
  sidecarOf: 'api',
  at: '10.1.0.1:20000',
  definition: {
    proxy: {
      destination_service_name: 'api',
      upstreams: [{ destination_name: 'payments', destination_peer: 'cloud', local_bind_port: 9090 }],
    },
  },
}
const web: ScenarioService = { sidecarOf: 'web', at: '10.1.0.2:20000', status: 'passing' }
const gateway: ScenarioService = { gateway: 'gw', at: '10.1.0.9:8443' }

const payments = (...gateways: readonly ScenarioService[]) => ({ payments: { gateways } })
const theirs: ScenarioService = { at: '10.40.1.1:8443', wan: '20.10.1.1:443', status: 'passing' }

function scene(proxy: string, more: Partial<Scenario> = {}) {
  const scenario: Scenario = {
    title: '',
    services: [api, web, gateway],
    entries: [exporting('web')],
    peers: { cloud: { trustDomain: CLOUD, roots: ['ROOT OF cloud'], services: payments(theirs) } },
    proxy,
    ...more,
  }
  const store = scenarioStore(scenario)
  const key = proxyKey(scenario)
  const builds = new ProxyBuild()
  const watch = followProxy(store, key)
  return { store, key, watch, build: (): ResourceSet => builds.build(readyProxy(watch)) }
}

function exporting(...names: readonly string[]): object {
  const Services = names.map(Name => ({ Name, Consumers: [{ Peer: 'cloud' }] }))
  return { Kind: 'exported-services', Name: 'default', Services }
}

function hear(store: Store, ...gateways: readonly ScenarioService[]): void {
  givePeer(store, 'cloud', { trustDomain: CLOUD, roots: ['ROOT OF cloud'], services: payments(...gateways) })
}

function write(store: Store, input: object): void {
  const entry = decodeEntry(input)
  if (!entry.ok) throw new Error(JSON.stringify(entry.issues))
  run(store, { type: 'set-entry', entry: entry.value })
}

function names(resources: ResourceSet['cluster']): readonly string[] {
  return resources.map(resource => resource.name)
}

function serverNames({ listener }: ResourceSet): readonly string[] {
  const chains = listener.flatMap(resource => {
    const message = messageOf(resource)
    return isMessage(message, ListenerSchema) ? message.filterChains : []
  })
  return chains.flatMap(chain => chain.filterChainMatch?.serverNames ?? [])
}

describe('a sidecar with an upstream at a peer', () => {
  it('gets new endpoints and nothing else when a gateway of the peer fails, moves or is added', () => {
    const { store, build } = scene('api-sidecar-proxy')
    const before = build()
    hear(store, { ...theirs, status: 'critical' }, { at: '10.40.1.2:8443', wan: '20.10.1.2:443' })
    const after = build()
    expect(after.endpoints[0]?.version).not.toBe(before.endpoints[0]?.version)
    expect(after.cluster).toBe(before.cluster)
    expect(after.listener).toBe(before.listener)
  })

  it('gets a new cluster when the peer comes to be known by host name', () => {
    const { store, build } = scene('api-sidecar-proxy')
    const [before] = build().endpoints
    expect(before?.name).toBe(`payments.default.cloud.external.${CLOUD}`)
    hear(store, { ...theirs, wan: 'gateway.cloud.example:443' })
    const after = build()
    expect(after.endpoints).toEqual([])
    expect(consistent(after)).toEqual([])
  })

  it('loses it with all that came from the peer, and learns of it again', () => {
    const { store, build, watch } = scene('api-sidecar-proxy')
    expect(names(build().cluster)).toHaveLength(2)
    hear(store)
    expect(names(build().cluster)).toEqual(['local_app'])
    expect(readyProxy(watch).issues[0]?.message).toContain('nothing is known about service "payments" of peer "cloud"')
    hear(store, theirs)
    expect(names(build().cluster)).toHaveLength(2)
  })
})

describe('a mesh gateway that exports', () => {
  it('needs no certificate for tcp', () => {
    const { build } = scene('gw')
    expect(serverNames(build())).toEqual([`web.default.default.cloud.external.${TRUST_DOMAIN}`])
  })

  it('waits for its certificate before it serves http, so that a restart of the servers cuts nobody off', () => {
    const entries = [{ Kind: 'service-defaults', Name: 'web', Protocol: 'http' }, exporting('web')]
    const scenario: Scenario = { title: '', services: [web, gateway], entries, proxy: 'gw' }
    const store = scenarioStore({ ...scenario, peers: { cloud: { trustDomain: CLOUD, roots: ['R'] } } })
    const watch = store.watch(proxySnapshot, proxyKey(scenario), () => {})
    const uri = `spiffe://${TRUST_DOMAIN}/gateway/mesh/dc/dc1`
    expect(watch.current().value).toEqual({ state: 'waiting', for: [{ kind: 'leaf', key: uri }] })
    store.setFact('leaf', uri, leafOf(uri))
    const set = new ProxyBuild().build(readyProxy(watch))
    expect(names(set.route)).toEqual(['web'])
    expect(consistent(set)).toEqual([])
  })

  it('wants no certificate while nothing is exported', () => {
    const { store, build } = scene('gw', { entries: [] })
    build()
    expect(store.isWanted('leaf', `spiffe://${TRUST_DOMAIN}/gateway/mesh/dc/dc1`)).toBe(false)
  })

  it('leaves its listener alone when instances of the exported service come and go', () => {
    const { store, build } = scene('gw')
    const before = build()
    run(store, registration({ ...web, at: '10.1.0.77:20000' }, 'dc1'))
    run(store, registration({ ...web, status: 'critical' }, 'dc1'))
    const after = build()
    expect(after.listener).toBe(before.listener)
    expect(after.cluster.every((cluster, i) => cluster === before.cluster[i])).toBe(true)
    expect(after.endpoints.every((endpoints, i) => endpoints === before.endpoints[i])).toBe(false)
  })

  it('closes the way when the export ends', () => {
    const { store, build } = scene('gw')
    build()
    write(store, exporting('other'))
    const after = build()
    expect(serverNames(after)).toEqual([])
    expect(names(after.cluster).filter(name => name.startsWith('exported~'))).toEqual([])
  })

  it('with a wildcard exports each service once, and what is new as soon as it is there', () => {
    const { store, build } = scene('gw', { entries: [exporting('*', 'web')] })
    const of = (name: string) => `${name}.default.default.cloud.external.${TRUST_DOMAIN}`
    expect(serverNames(build())).toEqual([of('api'), of('web')])
    run(store, registration({ sidecarOf: 'new', at: '10.1.0.78:20000' }, 'dc1'))
    expect(serverNames(build())).toEqual([of('api'), of('new'), of('web')])
  })
})
