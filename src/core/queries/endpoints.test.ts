import { describe, expect, it } from 'vitest'
import { type Scenario, scenarioStore } from '../../../test/support/scenario.ts'
import { messageOf } from '../envoy/make-resource.ts'
import { remoteConnectKey, remoteGatewaysKey } from '../model/fact.ts'
import type { MeshGatewayMode } from '../model/mesh-gateway-mode.ts'
import { serviceName } from '../model/tenancy.ts'
import type { Store } from '../store/store.ts'
import { type EndpointsArg, targetEndpoints } from './endpoints.ts'

const base: Scenario = {
  title: '',
  proxy: '',
  services: [
    { gateway: 'gw1', at: '10.0.0.1:8443', wan: '198.18.0.1:443', status: 'passing' },
    { gateway: 'gw2', at: '10.0.0.2:8443', wan: '198.18.0.2:443', status: 'critical' },
    { sidecarOf: 'api', at: '10.1.0.1:20000', wan: '198.18.1.1:20000' },
  ],
  remote: {
    dc2: {
      services: { api: [{ sidecarOf: 'api', at: '10.2.0.1:20000', wan: '198.18.2.1:20000' }] },
      gateways: [{ gateway: 'gw', at: '10.2.0.9:8443', wan: '198.18.2.9:443' }],
    },
  },
}

function arg(mode: MeshGatewayMode, datacenter: string, more: Partial<EndpointsArg> = {}): EndpointsArg {
  const service = serviceName('api')
  return { clusterName: 'c', service, datacenter, filter: '', onlyPassing: false, mode, partition: 'default', ...more }
}

/** `<address>:<port> <health>` of each endpoint; undefined when there is no resource. */
function endpoints(store: Store, asked: EndpointsArg): readonly string[] | undefined {
  const resource = store.read(targetEndpoints, asked).value
  if (resource?.type !== 'endpoints') return undefined
  const message = messageOf(resource as typeof resource & { type: 'endpoints' })
  return message.endpoints.flatMap(group =>
    group.lbEndpoints.map(({ hostIdentifier, healthStatus }) => {
      const address = hostIdentifier.case === 'endpoint' ? hostIdentifier.value.address?.address : undefined
      if (address?.case !== 'socketAddress') return 'other'
      return `${address.value.address}:${address.value.portSpecifier.value} ${healthStatus === 1 ? 'up' : 'down'}`
    }),
  )
}

describe('the endpoints of a target', () => {
  it.each<[string, MeshGatewayMode, string, readonly string[]]>([
    ['the instances inside the datacenter', '', 'dc1', ['10.1.0.1:20000 up']],
    ['the instances inside the datacenter, though the mode is local', 'local', 'dc1', ['10.1.0.1:20000 up']],
    ['the instances inside the datacenter, though the mode is remote', 'remote', 'dc1', ['10.1.0.1:20000 up']],
    ['the instances at their WAN address without a mode', '', 'dc2', ['198.18.2.1:20000 up']],
    ['the instances at their WAN address in mode none', 'none', 'dc2', ['198.18.2.1:20000 up']],
    ['the healthy gateways here at their LAN address in mode local', 'local', 'dc2', ['10.0.0.1:8443 up']],
    ['the gateways there at their WAN address in mode remote', 'remote', 'dc2', ['198.18.2.9:443 up']],
  ])('are %s', (_, mode, datacenter, expected) => {
    expect(endpoints(scenarioStore(base), arg(mode, datacenter))).toEqual(expected)
  })

  it('cross a partition as they cross a datacenter', () => {
    const elsewhere = { partition: 'billing' }
    const exports = [{ name: 'api', consumers: [{ partition: 'billing' }] }]
    const entries = [{ kind: 'exported-services', name: 'default', services: exports }]
    const store = scenarioStore({ ...base, entries })
    expect(endpoints(store, arg('', 'dc1', elsewhere))).toEqual(['198.18.1.1:20000 up'])
    expect(endpoints(store, arg('remote', 'dc1', elsewhere))).toEqual(['198.18.0.1:443 up'])
    expect(endpoints(store, arg('local', 'dc1', elsewhere))).toEqual([])
  })

  it('are none where a datacenter and a partition would be crossed at once, and then nothing is asked for', () => {
    const inFinance = serviceName('api', { Partition: 'finance', Namespace: 'default' })
    const entry = { kind: 'exported-services', name: 'finance', partition: 'finance' }
    const entries = [{ ...entry, services: [{ name: 'api', consumers: [{ partition: 'default' }] }] }]
    const store = scenarioStore({ ...base, partitions: ['finance'], entries })
    const elsewhere: Partial<EndpointsArg>[] = [
      { service: inFinance },
      { partition: 'finance' },
      { service: inFinance, partition: 'finance' },
    ]
    for (const more of elsewhere) expect(endpoints(store, arg('remote', 'dc2', more))).toEqual([])
    expect(store.isWanted('remote-connect', remoteConnectKey('dc2', inFinance))).toBe(false)
  })

  it('take the health of the target when they are gateways', () => {
    const services = { api: [{ sidecarOf: 'api', at: '10.2.0.1:20000', status: 'warning' as const }] }
    const store = scenarioStore({ ...base, remote: { dc2: { ...base.remote?.dc2, services } } })
    expect(endpoints(store, arg('local', 'dc2'))).toEqual(['10.0.0.1:8443 up'])
    expect(endpoints(store, arg('local', 'dc2', { onlyPassing: true }))).toEqual(['10.0.0.1:8443 down'])
    expect(endpoints(store, arg('local', 'dc2', { filter: 'Service.ID == other' }))).toEqual(['10.0.0.1:8443 down'])
  })

  it('are unknown while the target or the gateways on the way are', () => {
    const withoutTarget = scenarioStore({ ...base, remote: { dc2: { gateways: base.remote?.dc2?.gateways ?? [] } } })
    expect(endpoints(withoutTarget, arg('remote', 'dc2'))).toBeUndefined()
    const withoutGateways = scenarioStore({ ...base, remote: { dc2: { services: base.remote?.dc2?.services ?? {} } } })
    expect(endpoints(withoutGateways, arg('remote', 'dc2'))).toBeUndefined()
    expect(endpoints(withoutGateways, arg('local', 'dc2'))).toEqual(['10.0.0.1:8443 up'])
  })

  it('are known to be none where nothing is registered', () => {
    expect(endpoints(scenarioStore(base), arg('', 'dc1', { service: serviceName('nothing') }))).toEqual([])
  })

  it('leave out host names, which Envoy takes in no set of endpoints', () => {
    const named = { sidecarOf: 'api', at: 'api.example.com:443', node: 'x' }
    const store = scenarioStore({ ...base, services: [...base.services, named] })
    expect(endpoints(store, arg('', 'dc1'))).toEqual(['10.1.0.1:20000 up'])
  })

  it.each(['no (such) expression', 'Service.Meta.x =='])('are none for the filter %j, which says nothing', filter => {
    expect(endpoints(scenarioStore(base), arg('', 'dc1', { filter }))).toEqual([])
  })
})

describe('what is wanted from elsewhere', () => {
  const wanted = (mode: MeshGatewayMode, datacenter: string) => {
    const store = scenarioStore({ ...base, remote: {} })
    store.watch(targetEndpoints, arg(mode, datacenter), () => {}).current()
    store.setFact('remote-connect', remoteConnectKey('dc2', serviceName('api')), { value: [], fresh: true })
    store.watch(targetEndpoints, arg(mode, datacenter), () => {}).current()
    return {
      instances: store.isWanted('remote-connect', remoteConnectKey('dc2', serviceName('api'))),
      gateways: store.isWanted('remote-gateways', remoteGatewaysKey('dc2', 'default')),
    }
  }

  it('is nothing for targets here', () => {
    expect(wanted('remote', 'dc1')).toEqual({ instances: false, gateways: false })
  })

  it('is the target, and its gateways only in mode remote', () => {
    expect(wanted('none', 'dc2')).toEqual({ instances: true, gateways: false })
    expect(wanted('local', 'dc2')).toEqual({ instances: true, gateways: false })
    expect(wanted('remote', 'dc2')).toEqual({ instances: true, gateways: true })
  })
})
