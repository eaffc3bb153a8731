import { describe, expect, it } from 'vitest'
import { checkRow, nodeRow, registering, serviceRow } from '../../../test/support/catalog-rows.ts'
import { applyTo, storeAfter } from '../../../test/support/peering-rows.ts'
import { decodeEntry } from '../entries/index.ts'
import type { HealthCheck } from '../model/check.ts'
import type { Command } from '../store/commands.ts'
import type { Store } from '../store/store.ts'
import { exportedInstances, exportedProxies } from './export.ts'
import { servicesExportedTo } from './exported-services.ts'
import { resourceId } from './resource-id.ts'
import { ExportedServiceMessage } from './wire/peerstream.ts'

const DOMAIN = '11111111-2222-3333-4444-555555555555.consul'
const WEB = { Name: 'web', Namespace: 'default', Partition: 'default' }

function entry(document: object): Command {
  const decoded = decodeEntry(document)
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.issues))
  return { type: 'set-entry', entry: decoded.value }
}

function exporting(...services: readonly (readonly [name: string, ...peers: readonly string[]])[]): Command {
  const Services = services.map(([Name, ...peers]) => ({ Name, Consumers: peers.map(Peer => ({ Peer })) }))
  return entry({ Kind: 'exported-services', Name: 'default', Services })
}

function sidecarOf(service: string, checks: Partial<HealthCheck> = {}): Command {
  const proxy = serviceRow('a', `${service}-sidecar-proxy`, {
    ...{ Kind: 'connect-proxy', Proxy: { DestinationServiceName: service, MeshGateway: {}, Expose: {} } },
  })
  const check = checkRow('a', `${service}-proxy-check`, { ServiceID: proxy.ID, ...checks })
  return registering(nodeRow('a'), [serviceRow('a', service), proxy], [check])
}

function gateway(node: string, check: Partial<HealthCheck> = {}): Command {
  const row = serviceRow(node, 'mesh-gateway', {
    ...{
      Kind: 'mesh-gateway',
      Port: 8443,
      Address: '10.0.0.9',
      Tags: ['private'],
      Weights: { Passing: 3, Warning: 2 },
    },
    TaggedAddresses: { wan: { Address: '198.51.100.7', Port: 443 } },
  })
  return registering(nodeRow(node), [row], [checkRow(node, 'gw', { ServiceID: row.ID, ...check })])
}

function storeWithRoots(...commands: readonly Command[]): Store {
  const store = storeAfter(...commands)
  store.apply([{ table: 'caRoots', key: '', row: { ActiveRootID: '', TrustDomain: DOMAIN, Roots: [] } }], 99)
  return store
}

function namesTo(store: Store, peer: string): readonly string[] {
  return store.read(servicesExportedTo, { partition: 'default', peer }).value.map(resourceId)
}

function instances(store: Store) {
  return ExportedServiceMessage.decode(store.read(exportedInstances, WEB).value).Nodes
}

function proxies(store: Store, service = WEB) {
  const bytes = store.read(exportedProxies, { ...service, peer: 'west' }).value
  return bytes && ExportedServiceMessage.decode(bytes).Nodes
}

describe('the services exported to a peer', () => {
  it('are those that an entry names it a consumer of, whether they have instances or not', () => {
    const store = storeAfter(exporting(['web', 'west', 'east'], ['api', 'east'], ['later', 'west']))
    expect(namesTo(store, 'west')).toEqual(['later', 'web'])
    expect(namesTo(store, 'east')).toEqual(['api', 'web'])
    expect(namesTo(store, 'nobody')).toEqual([])
  })

  it('are with * all that have instances or a chain, and never servers, proxies or gateways', () => {
    const consul = registering(nodeRow('s'), [serviceRow('s', 'consul')])
    const store = storeAfter(
      ...[sidecarOf('web'), gateway('g'), consul, registering(nodeRow('b'), [serviceRow('b', 'plain')])],
      entry({ Kind: 'service-resolver', Name: 'virtual', Redirect: { Service: 'web' } }),
      entry({ Kind: 'service-resolver', Name: 'mesh-gateway', ConnectTimeout: '3s' }),
      exporting(['*', 'west']),
    )
    expect(namesTo(store, 'west')).toEqual(['plain', 'virtual', 'web'])
  })

  it('do not include what is only named and must stay', () => {
    const store = storeAfter(
      gateway('g'),
      exporting(['consul', 'west'], ['web-sidecar-proxy', 'west'], ['mesh-gateway', 'west']),
    )
    expect(namesTo(store, 'west')).toEqual([])
  })
})

describe('an exported instance', () => {
  it('is sent without what only matters here', () => {
    const row = serviceRow('a', 'web', {
      ...{ Tags: ['v1'], Meta: { k: 'v' }, Address: '10.0.0.5', Connect: { Native: true } },
      TaggedAddresses: { lan: { Address: '10.0.0.5', Port: 80 }, 'consul-virtual': { Address: '240.0.0.1', Port: 80 } },
    })
    const store = storeAfter(
      registering(nodeRow('a', { Meta: { zone: 'z' } }), [row], [checkRow('a', 'c', { ServiceID: 'web' })]),
    )
    const [instance] = instances(store)
    expect(instance?.Node).toMatchObject({
      Node: 'a',
      Address: '10.0.0.1',
      Datacenter: 'dc1',
      Meta: new Map([['zone', 'z']]),
    })
    expect(instance?.Service).toMatchObject({
      ...{ Service: 'web', Tags: ['v1'], Address: '10.0.0.5', Port: 80, Kind: '', PeerName: '' },
      Meta: new Map([['k', 'v']]),
      TaggedAddresses: new Map([['lan', { Address: '10.0.0.5', Port: 80 }]]),
      Connect: { Native: false },
    })
  })

  it.each([
    ['passing', ['passing', 'passing']],
    ['warning', ['passing', 'warning']],
    ['critical', ['warning', 'critical']],
  ] as const)('has one check, %s, for checks that are %j', (status, statuses) => {
    const [ofNode, ofService] = statuses
    const checks = [checkRow('a', 'n', { Status: ofNode }), checkRow('a', 's', { Status: ofService, ServiceID: 'web' })]
    const store = storeAfter(registering(nodeRow('a'), [serviceRow('a', 'web')], checks))
    expect(instances(store)[0]?.Checks).toMatchObject([
      {
        CheckID: 'web:overall-check',
        Name: 'overall-check',
        Status: status,
        ServiceID: 'web',
        ServiceName: 'web',
        Node: 'a',
      },
    ])
  })

  it('is in maintenance when a check says so, and has no check when it has none', () => {
    const maintained = checkRow('a', '_service_maintenance:web', { ServiceID: 'web', Status: 'critical' })
    const store = storeAfter(registering(nodeRow('a'), [serviceRow('a', 'web')], [maintained]))
    expect(instances(store)[0]?.Checks).toMatchObject([{ Status: 'maintenance' }])
    expect(instances(storeAfter(registering(nodeRow('a'), [serviceRow('a', 'web')])))[0]?.Checks).toEqual([])
  })
})

describe('the proxies made up for a service', () => {
  it('are one per mesh gateway, where the gateway is, and know how the service is reached', () => {
    const store = storeWithRoots(sidecarOf('web'), gateway('g1'), gateway('g2'))
    expect(proxies(store)?.map(each => each.Node?.Node)).toEqual(['g1', 'g2'])
    expect(proxies(store)?.[1]?.Service).toMatchObject({
      ...{ Kind: 'connect-proxy', ID: 'web-sidecar-proxy-instance-1', Service: 'web-sidecar-proxy', Port: 8443 },
      ...{ Address: '10.0.0.9', Tags: [], Weights: { Passing: 3, Warning: 2 } },
      TaggedAddresses: new Map([['wan', { Address: '198.51.100.7', Port: 443 }]]),
      Proxy: { DestinationServiceName: 'web', DestinationServiceID: 'web-instance-1' },
      Connect: {
        PeerMeta: {
          SNI: [`web.default.default.west.external.${DOMAIN}`],
          SpiffeID: [`spiffe://${DOMAIN}/ns/default/dc/dc1/svc/web`, `spiffe://${DOMAIN}/gateway/mesh/dc/dc1`],
          Protocol: 'tcp',
        },
      },
    })
    expect(proxies(store)?.[0]?.Checks).toMatchObject([
      { CheckID: 'web-sidecar-proxy-instance-0:overall-check', Status: 'passing', ServiceName: 'web-sidecar-proxy' },
    ])
  })

  it('are none without a gateway, and not made up at all for a service outside the mesh', () => {
    expect(proxies(storeWithRoots(sidecarOf('web')))).toEqual([])
    const outside = storeWithRoots(registering(nodeRow('a'), [serviceRow('a', 'web')]), gateway('g'))
    expect(proxies(outside)).toBeUndefined()
  })

  it('are as healthy as their gateway, and critical when the service has no usable instance', () => {
    const sick = storeWithRoots(sidecarOf('web'), gateway('g', { Status: 'warning' }))
    expect(proxies(sick)?.[0]?.Checks).toMatchObject([{ Status: 'warning' }])
    applyTo(sick, sidecarOf('web', { Status: 'critical' }))
    expect(proxies(sick)?.[0]?.Checks).toMatchObject([{ Status: 'critical', Output: 'web has no healthy instance' }])
  })

  it('are healthy while anybody the chain leads to is', () => {
    const failover = entry({ Kind: 'service-resolver', Name: 'web', Failover: { '*': { Service: 'spare' } } })
    const store = storeWithRoots(sidecarOf('web', { Status: 'critical' }), sidecarOf('spare'), gateway('g'), failover)
    expect(proxies(store)?.[0]?.Checks).toMatchObject([{ Status: 'passing' }])
    expect(proxies(store)?.[0]?.Service?.Connect?.PeerMeta?.SpiffeID).toEqual([
      `spiffe://${DOMAIN}/ns/default/dc/dc1/svc/web`,
      `spiffe://${DOMAIN}/gateway/mesh/dc/dc1`,
      `spiffe://${DOMAIN}/ns/default/dc/dc1/svc/spare`,
    ])
  })

  it('only name service and gateway where requests are routed at the gateway', () => {
    const defaults = ['web', 'spare'].map(Name => entry({ Kind: 'service-defaults', Name, Protocol: 'http' }))
    const failover = entry({ Kind: 'service-resolver', Name: 'web', Failover: { '*': { Service: 'spare' } } })
    const store = storeWithRoots(sidecarOf('web'), sidecarOf('spare'), gateway('g'), ...defaults, failover)
    const meta = proxies(store)?.[0]?.Service?.Connect?.PeerMeta
    expect(meta?.Protocol).toBe('http')
    expect(meta?.SpiffeID).toHaveLength(2)
  })

  it('exist for a name that only a chain gives a meaning, and wait for the authority', () => {
    const redirect = entry({ Kind: 'service-resolver', Name: 'virtual', Redirect: { Service: 'web' } })
    const virtual = { ...WEB, Name: 'virtual' }
    const commands = [sidecarOf('web'), gateway('g'), redirect]
    expect(proxies(storeAfter(...commands), virtual)).toBeUndefined()
    const [proxy] = proxies(storeWithRoots(...commands), virtual) ?? []
    expect(proxy?.Service?.Service).toBe('virtual-sidecar-proxy')
    expect(proxy?.Checks).toMatchObject([{ Status: 'passing' }])
  })

  it('do not follow a chain to other places', () => {
    const away = entry({ Kind: 'service-resolver', Name: 'web', Failover: { '*': { Datacenters: ['dc2'] } } })
    const store = storeWithRoots(sidecarOf('web', { Status: 'critical' }), gateway('g'), away)
    expect(proxies(store)?.[0]?.Checks).toMatchObject([{ Status: 'critical' }])
  })
})

describe('names between peers', () => {
  it('are bare in the default tenancy and qualified elsewhere', () => {
    expect(resourceId(WEB)).toBe('web')
    expect(resourceId({ ...WEB, Namespace: 'team' })).toBe('default/team/web')
  })
})
