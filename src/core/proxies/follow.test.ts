import { describe, expect, it } from 'vitest'
import {
  followProxy,
  instanceOf,
  leafOf,
  proxyKey,
  readyProxy,
  registration,
  run,
  type Scenario,
  type ScenarioService,
  scenarioStore,
  serviceUri,
} from '../../../test/support/scenario.ts'
import type { ResourceSet } from '../envoy/resource.ts'
import { remoteGatewaysKey } from '../model/fact.ts'
import { instanceKey } from '../model/service.ts'
import { ProxyBuild, proxySnapshot } from './follow.ts'

const api: ScenarioService = { sidecarOf: 'api', at: '10.1.0.1:20000', status: 'passing' }

function sidecar(name: string): ScenarioService {
  const upstreams = [{ destination_name: 'api', local_bind_port: 9191 }]
  return {
    sidecarOf: name,
    at: `10.2.0.${name.length}:20000`,
    definition: { proxy: { destination_service_name: name, upstreams } },
  }
}

function scene(...services: readonly ScenarioService[]) {
  const scenario: Scenario = { title: '', services, proxy: '' }
  return scenarioStore(scenario)
}

function keyOf(service: ScenarioService): string {
  return instanceKey(instanceOf(service))
}

describe('the state of a proxy', () => {
  it('is gone when there is no such instance', () => {
    expect(scene().read(proxySnapshot, 'nothing').value).toEqual({ state: 'gone' })
  })

  it('is unsupported for plain services', () => {
    const plain = { definition: { name: 'web', id: 'web' } }
    expect(scene(plain).read(proxySnapshot, keyOf(plain)).value).toEqual({ state: 'unsupported', kind: '' })
  })

  it('waits for the certificate of the service it speaks for', () => {
    const store = scene(sidecar('web'))
    const watch = store.watch(proxySnapshot, keyOf(sidecar('web')), () => {})
    expect(watch.current().value).toEqual({ state: 'waiting', for: [{ kind: 'leaf', key: serviceUri('web') }] })
    store.setFact('leaf', serviceUri('web'), leafOf(serviceUri('web')))
    expect(watch.current().value.state).toBe('ready')
  })

  it('turns to gone when the instance is deregistered', () => {
    const store = scene(sidecar('web'))
    const watch = followProxy(store, keyOf(sidecar('web')))
    const { Node: node, ID: serviceId } = instanceOf(sidecar('web'))
    const place = { partition: 'default', namespace: 'default', peer: '', checkId: '' }
    run(store, { type: 'deregister', node, serviceId, ...place })
    expect(watch.current().value).toEqual({ state: 'gone' })
  })
})

describe('a change', () => {
  const settings = () => {
    const store = scene(api, sidecar('web'), sidecar('shop'))
    const proxies = ['web', 'shop'].map(name => {
      const builds = new ProxyBuild()
      const watch = followProxy(store, keyOf(sidecar(name)))
      return { build: (): ResourceSet => builds.build(readyProxy(watch)) }
    })
    return { store, web: proxies[0]!, shop: proxies[1]! }
  }

  it('of endpoints touches nothing else, and all proxies get the same resource', () => {
    const { store, web, shop } = settings()
    const before = web.build()
    run(store, registration({ ...api, status: 'critical' }, 'dc1'))
    const after = web.build()
    expect(after.endpoints).not.toBe(before.endpoints)
    expect(after.cluster).toBe(before.cluster)
    expect(after.listener).toBe(before.listener)
    expect(after.route).toBe(before.route)
    expect(shop.build().endpoints[0]).toBe(after.endpoints[0])
  })

  it('that leaves the endpoints as they were touches nothing', () => {
    const { store, web } = settings()
    const before = web.build()
    run(store, registration({ ...api, definition: { tags: ['new'] } }, 'dc1'))
    expect(web.build().endpoints).toBe(before.endpoints)
  })

  it('of the certificate touches what carries it', () => {
    const { store, web } = settings()
    const before = web.build()
    store.setFact('leaf', serviceUri('web'), { ...leafOf(serviceUri('web')), certPem: 'NEW\n' })
    const after = web.build()
    expect(after.endpoints).toBe(before.endpoints)
    expect(names(changed(before, after))).toEqual(['api.default', 'public_listener'])
  })

  it('of an option of the application touches the application only', () => {
    const { store, web } = settings()
    const before = web.build()
    const entry = { Kind: 'service-defaults' as const, Name: 'web', Partition: 'default', Namespace: 'default' }
    const fields = { LocalConnectTimeoutMs: 77, TransparentProxy: {}, MeshGateway: {}, Expose: {} }
    run(store, { type: 'set-entry', entry: { ...entry, ...fields } })
    expect(names(changed(before, web.build()))).toEqual(['local_app'])
  })
})

describe('a mesh gateway', () => {
  const gateway: ScenarioService = { gateway: 'gw', at: '10.0.0.1:8443' }
  const proxy: Scenario = { title: '', services: [gateway, api], proxy: 'gw' }

  it('gets one cluster and one set of endpoints for one service more', () => {
    const store = scenarioStore(proxy)
    const builds = new ProxyBuild()
    const watch = followProxy(store, proxyKey(proxy))
    const before = builds.build(readyProxy(watch))
    run(store, registration({ sidecarOf: 'new', at: '10.3.0.1:20000' }, 'dc1'))
    const after = builds.build(readyProxy(watch))
    expect(after.listener).toBe(before.listener)
    expect(changed(before, after).map(resource => resource.type)).toEqual(['cluster', 'endpoints'])
  })

  it('drops a service whose last instance has gone', () => {
    const store = scenarioStore(proxy)
    const builds = new ProxyBuild()
    const watch = followProxy(store, proxyKey(proxy))
    expect(builds.build(readyProxy(watch)).cluster).toHaveLength(1)
    const { Node: node, ID: serviceId } = instanceOf(api)
    run(store, {
      type: 'deregister',
      node,
      serviceId,
      partition: 'default',
      namespace: 'default',
      peer: '',
      checkId: '',
    })
    const set = builds.build(readyProxy(watch))
    expect(set.cluster).toHaveLength(0)
    expect(set.allowEmpty.has('cluster')).toBe(true)
  })

  it('waits until every other datacenter has been asked, and not for an answer', () => {
    const store = scenarioStore({ ...proxy, remote: { dc2: { gateways: [] } } })
    const key = remoteGatewaysKey('dc2', 'default')
    store.setFact('remote-gateways', key, undefined)
    const watch = followProxy(store, proxyKey(proxy))
    expect(watch.current().value).toEqual({ state: 'waiting', for: [{ kind: 'remote-gateways', key }] })
    store.setFact('remote-gateways', key, { value: undefined, fresh: false })
    expect(watch.current().value.state).toBe('ready')
  })

  it('leaves its listener alone when gateways elsewhere change their addresses', () => {
    const store = scenarioStore({ ...proxy, remote: { dc2: { gateways: [] } } })
    const builds = new ProxyBuild()
    const watch = followProxy(store, proxyKey(proxy))
    const before = builds.build(readyProxy(watch))
    const instance = instanceOf({ gateway: 'gw2', at: '10.9.0.1:8443' })
    const row = { ...instance, CreateIndex: 1, ModifyIndex: 1 }
    const Node = { ID: '', Node: 'n', Address: '10.9.0.1', Datacenter: 'dc2', Partition: 'default', PeerName: '' }
    const node = { ...Node, TaggedAddresses: {}, Meta: {}, CreateIndex: 1, ModifyIndex: 1 }
    const value = [{ Node: node, Service: row, Checks: [] }]
    store.setFact('remote-gateways', remoteGatewaysKey('dc2', 'default'), { value, fresh: true })
    const after = builds.build(readyProxy(watch))
    expect(after.listener).toBe(before.listener)
    expect(changed(before, after).map(resource => resource.type)).toEqual(['endpoints'])
  })
})

type Listed = ResourceSet['cluster'][number]

/** Resources of which Envoy would notice a change. */
function changed(before: ResourceSet, after: ResourceSet): readonly Listed[] {
  const all = (set: ResourceSet) => [...set.cluster, ...set.endpoints, ...set.listener, ...set.route]
  const versions = new Set(all(before).map(resource => `${resource.name} ${resource.version}`))
  return all(after).filter(resource => !versions.has(`${resource.name} ${resource.version}`))
}

function names(resources: readonly Listed[]): readonly string[] {
  return resources.map(resource => resource.name.split(/[:]|\.dc1/)[0] ?? '').sort()
}
