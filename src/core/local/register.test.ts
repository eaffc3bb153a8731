import { describe, expect, it } from 'vitest'
import { TEST_SELF } from '../../../test/support/catalog-rows.ts'
import { decode } from '../../lib/schema.ts'
import { checkDefinition } from '../model/check.ts'
import { serviceDefinition } from '../model/service.ts'
import type { Reduced } from '../store/reduced.ts'
import { Store } from '../store/store.ts'
import type { State } from '../store/view.ts'
import { syncAll, syncChanges } from './catalog-sync.ts'
import {
  deregisterCheck,
  deregisterService,
  dropFileRows,
  registerCheck,
  registerService,
  setCheckStatus,
  setMaintenance,
} from './register.ts'

const OPTIONS = {
  node: 'n1',
  partition: 'default',
  origin: 'api' as 'api' | 'file',
  scripts: false,
  sidecarPorts: { min: 21000, max: 21001 },
  replaceChecks: false,
  judgesTenancy: true,
}

function agent() {
  const store = new Store(TEST_SELF)
  let revision = 0
  const run = (fold: (state: State) => Reduced) => {
    const reduced = fold(store)
    if (!reduced.ok) throw reduced.fault
    revision += 1
    store.apply(reduced.writes, revision, 'local')
    return reduced.writes
  }
  const register = (input: unknown, options: Partial<typeof OPTIONS> = {}) => {
    const decoded = decode(serviceDefinition, input)
    if (!decoded.ok) throw new Error(JSON.stringify(decoded.issues))
    return run(state => registerService(state, decoded.value, { ...OPTIONS, ...options }))
  }
  const ids = () => store.list('localServices', 'all', '').map(row => row.Instance.ID)
  const checks = () => store.list('localChecks', 'all', '').map(row => row.CheckID)
  const service = (id: string) => store.list('localServices', 'all', '').find(row => row.Instance.ID === id)?.Instance
  return { store, run, register, ids, checks, service }
}

describe('registering a service', () => {
  it('gives it its name as id and no checks of its own', () => {
    const { register, service, checks } = agent()
    register({ Name: 'web', Port: 80 })
    expect(service('web')).toMatchObject({ ID: 'web', Service: 'web', Port: 80, Node: 'n1', Kind: '' })
    expect(checks()).toEqual([])
  })

  it('numbers several checks and gives a single one the plain id', () => {
    const { register, checks } = agent()
    register({ Name: 'one', Check: { TTL: '10s' } })
    register({ Name: 'two', Checks: [{ TTL: '10s' }, { TCP: 'x:1', Interval: '1s' }] })
    expect(checks()).toEqual(['service:one', 'service:two:1', 'service:two:2'])
  })

  it('expands a nested sidecar: name, destination, lowest free port, two checks', () => {
    const { register, service, store } = agent()
    register({ Name: 'web', ID: 'web-1', Port: 80, Tags: ['a'], Connect: { SidecarService: {} } })
    expect(service('web-1-sidecar-proxy')).toMatchObject({
      Kind: 'connect-proxy',
      Service: 'web-sidecar-proxy',
      Port: 21000,
      Tags: ['a'],
      Proxy: {
        DestinationServiceName: 'web',
        DestinationServiceID: 'web-1',
        LocalServiceAddress: '127.0.0.1',
        LocalServicePort: 80,
      },
    })
    const checks = store.list('localChecks', 'all', '')
    expect(checks.map(check => check.Name)).toEqual(['Connect Sidecar Listening', 'Connect Sidecar Aliasing web-1'])
    expect(checks[0]?.Definition).toMatchObject({ TCP: '127.0.0.1:21000', Interval: '10s' })
  })

  it('keeps the port of a sidecar when the service is registered again', () => {
    const { register, service } = agent()
    register({ Name: 'a', Port: 1, Connect: { SidecarService: {} } })
    register({ Name: 'b', Port: 2, Connect: { SidecarService: {} } })
    register({ Name: 'b', Port: 3, Connect: { SidecarService: {} } })
    expect(service('b-sidecar-proxy')?.Port).toBe(21001)
  })

  it('gives sidecars of the same name in two namespaces ports of their own, and lets them keep those', () => {
    const { store, register } = agent()
    const inNamespace = (Namespace: string) => ({ Name: 'web', Namespace, Connect: { SidecarService: {} } })
    const options = { judgesTenancy: false }
    for (const namespace of ['default', 'dev', 'default', 'dev']) register(inNamespace(namespace), options)
    const sidecars = store.list('localServices', 'all', '').filter(row => row.ParentID === 'web')
    expect(sidecars.map(({ Instance }) => [Instance.Namespace, Instance.Port])).toEqual([
      ['default', 21000],
      ['dev', 21001],
    ])
  })

  it('says so when no sidecar port is left', () => {
    const { register } = agent()
    register({ Name: 'a', Port: 1, Connect: { SidecarService: {} } })
    register({ Name: 'b', Port: 2, Connect: { SidecarService: {} } })
    expect(() => register({ Name: 'c', Port: 3, Connect: { SidecarService: {} } })).toThrow(
      'Connect.SidecarService.Port: no port left between 21000 and 21001',
    )
  })

  it('keeps the sidecar when the service is registered again without one', () => {
    const { register, ids } = agent()
    register({ Name: 'web', Port: 80, Connect: { SidecarService: {} } })
    register({ Name: 'web', Port: 80 })
    expect(ids()).toEqual(['web', 'web-sidecar-proxy'])
  })

  it('shows an address that is an IP under its family too', () => {
    const { register, service } = agent()
    const tagged = (id: string) => service(id)?.TaggedAddresses ?? {}
    register({
      Name: 'four',
      Port: 80,
      Address: '10.0.0.1',
      TaggedAddresses: { lan_ipv4: { Address: '10.0.0.2', Port: 1 } },
    })
    register({ Name: 'six', Port: 80, Address: 'fd00::1' })
    register({ Name: 'named', Port: 80, Address: 'host.example' })
    expect(tagged('four')).toEqual({
      lan_ipv4: { Address: '10.0.0.2', Port: 1 },
      wan_ipv4: { Address: '10.0.0.1', Port: 80 },
    })
    expect(Object.keys(tagged('six'))).toEqual(['lan_ipv6', 'wan_ipv6'])
    expect(tagged('named')).toEqual({})
  })

  it('lets an unchanged check go on from the status it has', () => {
    const { register, run, store } = agent()
    register({ Name: 'web', Check: { TTL: '10s' } })
    const key = ['default', 'default', 'service:web'].join('\u001f')
    run(state => setCheckStatus(state, key, 'passing', 'fine'))
    register({ Name: 'web', Port: 81, Check: { TTL: '10s' } })
    expect(store.get('localChecks', key)).toMatchObject({ Status: 'passing', Output: 'fine' })
  })

  it('keeps checks registered apart unless it is told to replace them', () => {
    const { register, run, checks } = agent()
    const apart = decode(checkDefinition, { Name: 'apart', ServiceID: 'web', TTL: '5s' })
    register({ Name: 'web' })
    run(state => registerCheck(state, apart.ok ? apart.value : {}, OPTIONS))
    register({ Name: 'web', Port: 1 })
    expect(checks()).toEqual(['apart'])
    register({ Name: 'web', Port: 2 }, { replaceChecks: true })
    expect(checks()).toEqual([])
  })

  it.each([
    [{ Port: 1 }, 'Missing service name'],
    [{ Name: 'a\u0001b' }, 'Name: invalid value "a\\u0001b"'],
    [{ Name: 'x', Address: '0.0.0.0' }, 'Invalid service address'],
    [{ Name: 'x', Meta: { 'consul-x': '1' } }, 'reserved'],
    [{ Name: 'x', Weights: { Passing: 0 } }, 'Invalid Weights'],
    [{ Name: 'x', Kind: 'mesh-gateway' }, 'Port must be non-zero for a mesh-gateway'],
    [{ Name: 'x', Kind: 'connect-proxy', Port: 1 }, 'Proxy.DestinationServiceName'],
    [{ Name: 'x', Check: { Interval: '1s' } }, 'Invalid check'],
    [{ Name: 'x', Check: { HTTP: 'http://x' } }, 'Check.Interval: Invalid check: Interval must be > 0'],
    [{ Name: 'x', Check: { ScriptArgs: ['ls'], Interval: '1s' } }, 'Scripts are disabled'],
    [
      { Name: 'x', Kind: 'mesh-gateway', Port: 1, Connect: { SidecarService: {} } },
      'A mesh-gateway cannot have a sidecar',
    ],
  ])('refuses %j', (definition, reason) => {
    const { register, ids } = agent()
    expect(() => register(definition)).toThrow(reason)
    expect(ids()).toEqual([])
  })

  it('takes names that mean something to the language', () => {
    const { register, ids } = agent()
    for (const Name of ['constructor', '__proto__', 'toString']) register({ Name })
    expect(ids().sort()).toEqual(['__proto__', 'constructor', 'toString'])
  })

  it('refuses two upstreams that bind the same port', () => {
    const { register } = agent()
    const Upstreams = [
      { DestinationName: 'a', LocalBindPort: 9000 },
      { DestinationName: 'b', LocalBindPort: 9000 },
    ]
    expect(() => register({ Name: 'web', Port: 1, Connect: { SidecarService: { Proxy: { Upstreams } } } })).toThrow(
      'Connect.SidecarService.Proxy.Upstreams[1]: local address 127.0.0.1:9000 is already used',
    )
  })
})

describe('deregistering', () => {
  it('takes the sidecar and all checks along', () => {
    const { register, run, ids, checks } = agent()
    register({ Name: 'web', Port: 80, Check: { TTL: '1s' }, Connect: { SidecarService: {} } })
    run(state => deregisterService(state, 'default', 'default', 'web'))
    expect(ids()).toEqual([])
    expect(checks()).toEqual([])
  })

  it('tells a name from an id', () => {
    const { run } = agent()
    expect(() => run(state => deregisterService(state, 'default', 'default', 'web'))).toThrow(
      'Unknown service ID "web"',
    )
    expect(() => run(state => deregisterCheck(state, 'default', 'default', 'c'))).toThrow('Unknown check ID "c"')
  })

  it('drops what configuration files no longer say, and nothing else', () => {
    const { register, run, ids } = agent()
    register({ Name: 'old' }, { origin: 'file' })
    register({ Name: 'kept' }, { origin: 'file' })
    register({ Name: 'api' })
    run(state => dropFileRows(state, new Set(['kept'])))
    expect(ids()).toEqual(['api', 'kept'])
  })
})

describe('maintenance mode', () => {
  it('is a critical check with a reason, for a service or the node, until it ends', () => {
    const { register, run, store, checks } = agent()
    register({ Name: 'web' })
    run(state =>
      setMaintenance(state, OPTIONS, { serviceId: 'web', namespace: 'default', enable: true, reason: 'upgrade' }),
    )
    run(state => setMaintenance(state, OPTIONS, { serviceId: '', namespace: 'default', enable: true, reason: '' }))
    expect(checks()).toEqual(['_node_maintenance', '_service_maintenance:web'])
    const [node, service] = store.list('localChecks', 'all', '')
    expect(node).toMatchObject({ Status: 'critical', Name: 'Node Maintenance Mode', ServiceID: '' })
    expect(service).toMatchObject({ Status: 'critical', Notes: 'upgrade', ServiceID: 'web' })
    run(state => setMaintenance(state, OPTIONS, { serviceId: 'web', namespace: 'default', enable: false, reason: '' }))
    expect(checks()).toEqual(['_node_maintenance'])
  })
})

describe('bringing local changes into the catalog', () => {
  const node = {
    ...{ ID: '', Node: 'n1', Address: '127.0.0.1', Datacenter: 'dc1', Partition: 'default', PeerName: '' },
    TaggedAddresses: {},
    Meta: {},
  }

  it('costs one command for the rows of the change', () => {
    const { store, register } = agent()
    register({ Name: 'other', Port: 1 })
    const writes = register({ Name: 'web', Port: 80, Check: { TTL: '1s' } })
    const commands = syncChanges(store, node, writes)
    expect(commands).toHaveLength(1)
    expect(commands[0]).toMatchObject({
      type: 'register',
      services: [{ ID: 'web' }],
      checks: [{ CheckID: 'service:web' }],
    })
  })

  it('deregisters what is gone', () => {
    const { store, register, run } = agent()
    register({ Name: 'web', Port: 80 })
    const writes = run(state => deregisterService(state, 'default', 'default', 'web'))
    expect(syncChanges(store, node, writes)).toEqual([
      {
        type: 'deregister',
        node: 'n1',
        partition: 'default',
        peer: '',
        namespace: 'default',
        serviceId: 'web',
        checkId: '',
      },
    ])
  })

  it('finds every difference when it looks at everything', () => {
    const { store, register } = agent()
    register({ Name: 'web', Port: 80 })
    const foreign = { ...store.list('localServices', 'all', '')[0]?.Instance, ID: 'ghost', Service: 'ghost' }
    store.apply([{ table: 'services', key: ['default', '', 'n1', 'default', 'ghost'].join('\u001f'), row: foreign }], 1)
    const commands = syncAll(store, { node, services: [], saysAlive: true })
    expect(commands.map(command => command.type)).toEqual(['deregister', 'register'])
    expect(commands[1]).toMatchObject({ services: [{ ID: 'web' }], checks: [{ CheckID: 'serfHealth' }] })
  })
})
