import { describe, expect, it } from 'vitest'
import { compileChain } from './assemble.ts'
import type { CompiledChain, RouterNode, SplitterNode } from './chain.ts'
import type { ChainOverrides } from './customization.ts'
import { entry, entryGraph } from './entries.fake.ts'

type Entry = ReturnType<typeof entry>

const TD = '11111111-2222-3333-4444-555555555555.consul'

const REQUEST = {
  service: 'main',
  namespace: 'default',
  partition: 'default',
  datacenter: 'dc1',
  trustDomain: TD,
}

function result(entries: readonly Entry[], overrides: ChainOverrides = {}) {
  return compileChain({ ...REQUEST, overrides }, entryGraph(entries))
}

function compile(entries: readonly Entry[], overrides: ChainOverrides = {}): CompiledChain {
  const compiled = result(entries, overrides)
  if (!compiled.ok) throw new Error(compiled.message)
  return compiled.chain
}

function failure(entries: readonly Entry[], overrides: ChainOverrides = {}): string {
  const compiled = result(entries, overrides)
  return compiled.ok ? 'compiled' : compiled.message
}

const http = (name: string) => entry('service-defaults', name, { Protocol: 'http' })
const httpEverywhere = entry('proxy-defaults', 'global', { Config: { protocol: 'http' } })
const resolver = (name: string, fields: object) => entry('service-resolver', name, fields)
const splitter = (name: string, splits: readonly object[]) => entry('service-splitter', name, { Splits: splits })
const router = (name: string, routes: readonly object[]) => entry('service-router', name, { Routes: routes })
const subsets = (...names: string[]) => ({
  Subsets: Object.fromEntries(names.map(name => [name, { Filter: `Service.Meta.version == ${name}` }])),
})

const MAIN = 'main.default.default.dc1'

function targets(chain: CompiledChain): string[] {
  return Object.keys(chain.Targets)
}

/** `primary | failover, failover` of the resolver under a key. */
function resolution(chain: CompiledChain, key = chain.StartNode): string {
  const node = chain.Nodes[key]
  if (node?.Type !== 'resolver') return `no resolver ${key}`
  return [node.Resolver.Target, ...(node.Resolver.Failover?.Targets ?? [])].join(' | ')
}

function routesOf(chain: CompiledChain): string[] {
  const start = chain.Nodes[chain.StartNode] as RouterNode
  return start.Routes.map(route => `${route.Definition.Match?.HTTP?.PathPrefix ?? '-'} => ${route.NextNode}`)
}

function splitsOf(chain: CompiledChain, key = chain.StartNode): string[] {
  const node = chain.Nodes[key] as SplitterNode
  return node.Splits.map(split => `${split.Weight} => ${split.NextNode}`)
}

describe('a service without entries', () => {
  it('has the default chain: one resolver, one target, tcp', () => {
    expect(compile([])).toEqual({
      ServiceName: 'main',
      Namespace: 'default',
      Partition: 'default',
      Datacenter: 'dc1',
      Default: true,
      Protocol: 'tcp',
      StartNode: `resolver:${MAIN}`,
      Nodes: {
        [`resolver:${MAIN}`]: {
          Type: 'resolver',
          Name: MAIN,
          Resolver: { Default: true, ConnectTimeout: '5s', Target: MAIN },
        },
      },
      Targets: {
        [MAIN]: {
          ID: MAIN,
          Service: 'main',
          Namespace: 'default',
          Partition: 'default',
          Datacenter: 'dc1',
          MeshGateway: {},
          Subset: {},
          ConnectTimeout: '5s',
          TransparentProxy: {},
          SNI: `main.default.dc1.internal.${TD}`,
          Name: `main.default.dc1.internal.${TD}`,
        },
      },
      AutoVirtualIPs: [],
      ManualVirtualIPs: [],
    })
  })

  it('takes its protocol from proxy-defaults, and service-defaults wins over that', () => {
    expect(compile([httpEverywhere]).Protocol).toBe('http')
    expect(compile([httpEverywhere, entry('service-defaults', 'main', { Protocol: 'grpc' })]).Protocol).toBe('grpc')
  })

  it('keeps the default chain with service-defaults, proxy-defaults or a resolver that says nothing', () => {
    expect(compile([http('main')]).Default).toBe(true)
    expect(compile([httpEverywhere]).Default).toBe(true)
    expect(compile([resolver('main', {})]).Default).toBe(true)
  })

  it('carries the metadata and extensions of its service-defaults, those of proxy-defaults first', () => {
    const chain = compile([
      entry('proxy-defaults', 'global', { EnvoyExtensions: [{ Name: 'builtin/lua' }] }),
      entry('service-defaults', 'main', { Meta: { team: 'a' }, EnvoyExtensions: [{ Name: 'builtin/wasm' }] }),
    ])
    expect(chain.ServiceMeta).toEqual({ team: 'a' })
    expect(chain.EnvoyExtensions?.map(extension => extension.Name)).toEqual(['builtin/lua', 'builtin/wasm'])
  })

  it('shows the virtual addresses it was given', () => {
    const request = { ...REQUEST, virtualIps: { auto: ['240.0.0.1'], manual: ['10.0.0.9'] } }
    const compiled = compileChain(request, entryGraph([]))
    expect(compiled).toMatchObject({ chain: { AutoVirtualIPs: ['240.0.0.1'], ManualVirtualIPs: ['10.0.0.9'] } })
  })

  it('uses internal-v1 names in a partition other than the default one', () => {
    const compiled = compileChain({ ...REQUEST, partition: 'east' }, entryGraph([]))
    expect(compiled.ok && compiled.chain.Targets['main.default.east.dc1']?.SNI).toBe(
      `main.default.east.dc1.internal-v1.${TD}`,
    )
  })

  it('treats names that mean something to JavaScript as names', () => {
    const compiled = compileChain({ ...REQUEST, service: '__proto__' }, entryGraph([]))
    expect(compiled.ok && Object.keys(compiled.chain.Targets)).toEqual(['__proto__.default.default.dc1'])
  })
})

describe('routers', () => {
  it('with no routes lead to the service by the implied last route', () => {
    const chain = compile([http('main'), router('main', [])])
    expect(chain.StartNode).toBe('router:main.default.default')
    expect(chain.Default).toBeUndefined()
    expect(chain.Nodes[chain.StartNode]).toEqual({
      Type: 'router',
      Name: 'main.default.default',
      Routes: [
        {
          Definition: {
            Match: { HTTP: { PathPrefix: '/' } },
            Destination: { Service: 'main', Namespace: 'default', Partition: 'default' },
          },
          NextNode: `resolver:${MAIN}`,
        },
      ],
    })
  })

  it('with a route without destination lead to the service itself', () => {
    const chain = compile([http('main'), router('main', [{ Match: { HTTP: { PathPrefix: '/a' } } }])])
    expect(routesOf(chain)).toEqual([`/a => resolver:${MAIN}`, `/ => resolver:${MAIN}`])
  })

  it('take protocols from proxy-defaults', () => {
    const chain = compile([httpEverywhere, router('main', [{ Destination: { Service: 'other' } }])])
    expect(routesOf(chain)).toEqual(['- => resolver:other.default.default.dc1', `/ => resolver:${MAIN}`])
  })

  it('go through the splitter of the service', () => {
    const chain = compile([http('main'), router('main', []), splitter('main', [{ Weight: 100 }])])
    expect(routesOf(chain)).toEqual(['/ => splitter:main.default.default'])
    expect(splitsOf(chain, 'splitter:main.default.default')).toEqual([`100 => resolver:${MAIN}`])
  })

  it('go past the splitter when a route names a subset', () => {
    const chain = compile([
      http('main'),
      router('main', [{ Match: { HTTP: { PathPrefix: '/a' } }, Destination: { ServiceSubset: 'v2' } }]),
      splitter('main', [{ Weight: 100, ServiceSubset: 'v1' }]),
      resolver('main', subsets('v1', 'v2')),
    ])
    expect(routesOf(chain)).toEqual([`/a => resolver:v2.${MAIN}`, '/ => splitter:main.default.default'])
  })

  it('of other services are not entered', () => {
    const chain = compile([
      httpEverywhere,
      router('main', [{ Match: { HTTP: { PathPrefix: '/b' } }, Destination: { Service: 'b' } }]),
      router('b', [{ Destination: { Service: 'c' } }]),
    ])
    expect(routesOf(chain)).toEqual(['/b => resolver:b.default.default.dc1', `/ => resolver:${MAIN}`])
    expect(targets(chain)).not.toContain('c.default.default.dc1')
  })

  it('may send several routes to one resolver', () => {
    const chain = compile([
      httpEverywhere,
      router('main', [
        { Match: { HTTP: { PathPrefix: '/x' } }, Destination: { Service: 'b' } },
        { Match: { HTTP: { PathPrefix: '/y' } }, Destination: { Service: 'b' } },
      ]),
    ])
    expect(Object.keys(chain.Nodes)).toEqual([
      'resolver:b.default.default.dc1',
      `resolver:${MAIN}`,
      'router:main.default.default',
    ])
  })
})

describe('splitters', () => {
  it('with one split of everything stay splitters', () => {
    const chain = compile([http('main'), splitter('main', [{ Weight: 100 }])])
    expect(chain.StartNode).toBe('splitter:main.default.default')
    expect(splitsOf(chain)).toEqual([`100 => resolver:${MAIN}`])
  })

  it('split between subsets of the service', () => {
    const chain = compile([
      http('main'),
      splitter('main', [
        { Weight: 60, ServiceSubset: 'v1' },
        { Weight: 40, ServiceSubset: 'v2' },
      ]),
      resolver('main', subsets('v1', 'v2')),
    ])
    expect(splitsOf(chain)).toEqual([`60 => resolver:v1.${MAIN}`, `40 => resolver:v2.${MAIN}`])
    expect(chain.Targets[`v1.${MAIN}`]).toMatchObject({
      ServiceSubset: 'v1',
      Subset: { Filter: 'Service.Meta.version == v1' },
      SNI: `v1.main.default.dc1.internal.${TD}`,
    })
  })

  it('that lead to another service with a splitter are merged with it, shares multiplied', () => {
    const chain = compile([
      httpEverywhere,
      splitter('main', [{ Weight: 60, Service: 'b' }, { Weight: 40 }]),
      splitter('b', [
        { Weight: 33.33, Service: 'c' },
        { Weight: 66.67, Service: 'd' },
      ]),
    ])
    expect(splitsOf(chain)).toEqual([
      '20 => resolver:c.default.default.dc1',
      '40 => resolver:d.default.default.dc1',
      `40 => resolver:${MAIN}`,
    ])
    expect(Object.keys(chain.Nodes)).not.toContain('splitter:b.default.default')
  })

  it('that name a subset of another service go past its splitter', () => {
    const chain = compile([
      httpEverywhere,
      splitter('main', [{ Weight: 100, Service: 'b', ServiceSubset: 'v1' }]),
      splitter('b', [{ Weight: 100, Service: 'c' }]),
      resolver('b', subsets('v1')),
    ])
    expect(splitsOf(chain)).toEqual(['100 => resolver:v1.b.default.default.dc1'])
  })

  it('merged with others unite header changes: the child wins in requests, the parent in responses', () => {
    const parentChange = { Set: { both: 'parent', p: '1' }, Remove: ['x'] }
    const childChange = { Set: { both: 'child', c: '1' }, Add: { added: 'child' }, Remove: ['x', 'y'] }
    const chain = compile([
      httpEverywhere,
      splitter('main', [{ Weight: 100, Service: 'b', RequestHeaders: parentChange, ResponseHeaders: parentChange }]),
      splitter('b', [{ Weight: 100, Service: 'c', RequestHeaders: childChange, ResponseHeaders: childChange }]),
    ])
    const start = chain.Nodes[chain.StartNode] as SplitterNode
    expect(start.Splits[0]?.Definition).toMatchObject({
      Service: 'c',
      RequestHeaders: { Set: { both: 'child', p: '1', c: '1' }, Add: { added: 'child' }, Remove: ['x', 'y'] },
      ResponseHeaders: { Set: { both: 'parent', p: '1', c: '1' }, Add: { added: 'child' } },
    })
  })

  it('that come back to themselves are refused', () => {
    const entries = [
      httpEverywhere,
      splitter('main', [{ Weight: 100, Service: 'b' }]),
      splitter('b', [{ Weight: 100, Service: 'main' }]),
    ]
    expect(failure(entries)).toBe(
      'detected circular reference: [splitter:main.default.default -> splitter:b.default.default -> ' +
        'splitter:main.default.default]',
    )
  })

  it('take the first load balancer that hashes from their resolvers', () => {
    const balancer = (policy: string) => ({ LoadBalancer: { Policy: policy } })
    const chain = compile([
      httpEverywhere,
      splitter('main', [
        { Weight: 50, Service: 'b' },
        { Weight: 50, Service: 'c' },
      ]),
      resolver('b', balancer('least_request')),
      resolver('c', balancer('maglev')),
    ])
    expect(chain.Nodes[chain.StartNode]).toMatchObject({ LoadBalancer: { Policy: 'maglev' } })
    expect(chain.Nodes['resolver:b.default.default.dc1']).toMatchObject({ LoadBalancer: { Policy: 'least_request' } })
  })
})

describe('redirects', () => {
  it('lead to another service, and the chain is no default one', () => {
    const chain = compile([resolver('main', { Redirect: { Service: 'other' } })])
    expect(chain.StartNode).toBe('resolver:other.default.default.dc1')
    expect(chain.Default).toBeUndefined()
    expect(targets(chain)).toEqual(['other.default.default.dc1'])
  })

  it('lead to a subset of another service', () => {
    const redirect = { Redirect: { Service: 'other', ServiceSubset: 'v2' } }
    const chain = compile([resolver('main', redirect), resolver('other', subsets('v2'))])
    expect(resolution(chain)).toBe('v2.other.default.default.dc1')
  })

  it('lead to another datacenter, as in the tutorial of two datacenters', () => {
    const chain = compile([resolver('main', { Redirect: { Service: 'main', Datacenter: 'cloud' } })])
    expect(chain.StartNode).toBe('resolver:main.default.default.cloud')
    expect(chain.Default).toBeUndefined()
    expect(chain.Targets['main.default.default.cloud']).toMatchObject({
      Datacenter: 'cloud',
      SNI: `main.default.cloud.internal.${TD}`,
    })
  })

  it('need not name the service to go to another datacenter', () => {
    expect(targets(compile([resolver('main', { Redirect: { Datacenter: 'cloud' } })]))).toEqual([
      'main.default.default.cloud',
    ])
  })

  it('lead to a peer, whose target has neither datacenter nor SNI', () => {
    const chain = compile([resolver('main', { Redirect: { Service: 'other', Peer: 'east' } })])
    expect(chain.Targets).toEqual({
      'other.default.default.external.east': {
        ID: 'other.default.default.external.east',
        Service: 'other',
        Namespace: 'default',
        Partition: 'default',
        Datacenter: '',
        Peer: 'east',
        MeshGateway: {},
        Subset: {},
        ConnectTimeout: '5s',
        TransparentProxy: {},
      },
    })
  })

  it('follow each other', () => {
    const redirect = (to: string) => ({ Redirect: { Service: to } })
    expect(targets(compile([resolver('main', redirect('b')), resolver('b', redirect('c'))]))).toEqual([
      'c.default.default.dc1',
    ])
  })

  it('forget the subset that was asked for when they leave the service', () => {
    const chain = compile([
      httpEverywhere,
      router('main', [{ Destination: { Service: 'b', ServiceSubset: 'v1' } }]),
      resolver('b', { Redirect: { Service: 'c' } }),
    ])
    expect(targets(chain)).toEqual(['c.default.default.dc1', MAIN])
  })

  it('that come back are refused', () => {
    const redirect = (to: string) => ({ Redirect: { Service: to } })
    expect(failure([resolver('main', redirect('b')), resolver('b', redirect('main'))])).toBe(
      `detected circular resolver redirect: [${MAIN} -> b.default.default.dc1 -> ${MAIN}]`,
    )
  })

  it('take mesh gateway modes from the service they lead to', () => {
    const chain = compile([
      entry('proxy-defaults', 'global', { MeshGateway: { Mode: 'remote' } }),
      entry('service-defaults', 'other', { MeshGateway: { Mode: 'local' } }),
      resolver('main', { Redirect: { Service: 'other', Datacenter: 'dc2' } }),
    ])
    expect(chain.Targets['other.default.default.dc2']?.MeshGateway).toEqual({ Mode: 'local' })
  })

  it('are used by splits that lead to the redirected service', () => {
    const chain = compile([
      httpEverywhere,
      splitter('main', [{ Weight: 100, Service: 'b' }]),
      resolver('b', { Redirect: { Datacenter: 'dc2' } }),
    ])
    expect(splitsOf(chain)).toEqual(['100 => resolver:b.default.default.dc2'])
  })
})

describe('subsets', () => {
  it('are chosen by default where none is asked for', () => {
    const chain = compile([resolver('main', { DefaultSubset: 'v2', ...subsets('v1', 'v2') })])
    expect(resolution(chain)).toBe(`v2.${MAIN}`)
    expect(chain.Default).toBeUndefined()
  })

  it('carry OnlyPassing', () => {
    const chain = compile([resolver('main', { DefaultSubset: 'v1', Subsets: { v1: { OnlyPassing: true } } })])
    expect(chain.Targets[`v1.${MAIN}`]?.Subset).toEqual({ OnlyPassing: true })
  })

  it('that do not exist are refused', () => {
    const entries = [httpEverywhere, splitter('main', [{ Weight: 100, ServiceSubset: 'v9' }])]
    expect(failure(entries)).toBe('service "main" does not have a subset named "v9"')
    const redirect = { Redirect: { Service: 'b', ServiceSubset: 'constructor' } }
    expect(failure([resolver('main', redirect)])).toBe('service "b" does not have a subset named "constructor"')
  })
})

describe('failovers', () => {
  it('lead to other datacenters in order', () => {
    const chain = compile([resolver('main', { Failover: { '*': { Datacenters: ['dc3', 'dc2'] } } })])
    expect(resolution(chain)).toBe(`${MAIN} | main.default.default.dc3 | main.default.default.dc2`)
    expect(chain.Default).toBeUndefined()
  })

  it('lead to another service', () => {
    const chain = compile([resolver('main', { Failover: { '*': { Service: 'backup' } } })])
    expect(resolution(chain)).toBe(`${MAIN} | backup.default.default.dc1`)
  })

  it('to another partition are done without while the service there does not fit, and refused when they are written', () => {
    const targets = [{ Partition: 'finance' }, { Partition: 'sales' }]
    const grpc = entry('service-defaults', 'main', { Partition: 'finance', Protocol: 'grpc' })
    const entries = [resolver('main', { Failover: { '*': { Targets: targets } } }), grpc]
    expect(resolution(compile(entries))).toBe(`${MAIN} | main.default.sales.dc1`)
    expect(compileChain({ ...REQUEST, isJudged: true }, entryGraph(entries))).toMatchObject({
      message: expect.stringContaining('uses inconsistent protocols; service "main" has "grpc"'),
    })
  })

  it('lead to a subset of the service', () => {
    const fields = { Failover: { '*': { ServiceSubset: 'backup' } }, ...subsets('backup') }
    expect(resolution(compile([resolver('main', fields)]))).toBe(`${MAIN} | backup.${MAIN}`)
  })

  it('lead to a subset of another service in other datacenters', () => {
    const failover = { Service: 'other', ServiceSubset: 'v1', Datacenters: ['dc2', 'dc3'] }
    const chain = compile([resolver('main', { Failover: { '*': failover } }), resolver('other', subsets('v1'))])
    expect(resolution(chain)).toBe(`${MAIN} | v1.other.default.default.dc2 | v1.other.default.default.dc3`)
  })

  it('lead to targets one by one: services, subsets, datacenters, peers', () => {
    const list = [
      { Service: 'b' },
      { ServiceSubset: 'v1' },
      { Datacenter: 'dc2' },
      { Peer: 'east' },
      { Service: 'b', Datacenter: 'dc3' },
    ]
    const chain = compile([resolver('main', { Failover: { '*': { Targets: list } }, ...subsets('v1') })])
    expect(resolution(chain)).toBe(
      [
        MAIN,
        'b.default.default.dc1',
        `v1.${MAIN}`,
        'main.default.default.dc2',
        'main.default.default.external.east',
        'b.default.default.dc3',
      ].join(' | '),
    )
  })

  it('of the subset asked for win over those of all', () => {
    const failover = { '*': { Service: 'all' }, v1: { Service: 'one' } }
    const chain = compile([resolver('main', { DefaultSubset: 'v1', Failover: failover, ...subsets('v1', 'v2') })])
    expect(resolution(chain)).toBe(`v1.${MAIN} | one.default.default.dc1`)
  })

  it('keep the subset in other datacenters', () => {
    const failover = { '*': { Datacenters: ['dc2'] } }
    const chain = compile([resolver('main', { DefaultSubset: 'v1', Failover: failover, ...subsets('v1') })])
    expect(resolution(chain)).toBe(`v1.${MAIN} | v1.main.default.default.dc2`)
  })

  it('follow redirects and default subsets of the service they name, but not its failovers', () => {
    const chain = compile([
      resolver('main', { Failover: { '*': { Service: 'b' } } }),
      resolver('b', { Redirect: { Service: 'c' } }),
      resolver('c', { DefaultSubset: 'v1', Failover: { '*': { Service: 'd' } }, ...subsets('v1') }),
    ])
    expect(resolution(chain)).toBe(`${MAIN} | v1.c.default.default.dc1`)
    expect(targets(chain)).toEqual([MAIN, 'v1.c.default.default.dc1'])
  })

  it('may name each other without harm', () => {
    const failover = (to: string) => ({ Failover: { '*': { Service: to } } })
    const chain = compile([resolver('main', failover('b')), resolver('b', failover('main'))])
    expect(resolution(chain)).toBe(`${MAIN} | b.default.default.dc1`)
  })

  it('never lead to the target itself, and are absent when nothing else is left', () => {
    const chain = compile([resolver('main', { Failover: { '*': { Datacenters: ['dc1'] } } })])
    expect(chain.Nodes[chain.StartNode]).toEqual({
      Type: 'resolver',
      Name: MAIN,
      Resolver: { ConnectTimeout: '5s', Target: MAIN },
    })
    const back = compile([resolver('main', { Failover: { '*': { Datacenters: ['dc1', 'dc2'] } } })])
    expect(resolution(back)).toBe(`${MAIN} | main.default.default.dc2`)
  })

  it('give each target the mesh gateway mode and timeout of its own service', () => {
    const chain = compile([
      entry('proxy-defaults', 'global', { MeshGateway: { Mode: 'remote' } }),
      entry('service-defaults', 'b', { MeshGateway: { Mode: 'local' } }),
      resolver('main', { Failover: { '*': { Targets: [{ Service: 'b' }, { Datacenter: 'dc2' }, { Peer: 'east' }] } } }),
      resolver('b', { ConnectTimeout: '7s' }),
    ])
    const modes = Object.values(chain.Targets).map(target => [
      target.ID,
      target.MeshGateway.Mode,
      target.ConnectTimeout,
    ])
    expect(modes).toEqual([
      ['b.default.default.dc1', 'local', '7s'],
      [MAIN, 'remote', '5s'],
      ['main.default.default.dc2', 'remote', '5s'],
      ['main.default.default.external.east', 'remote', '5s'],
    ])
  })

  it('carry their policy, else that of proxy-defaults', () => {
    const own = resolver('main', { Failover: { '*': { Service: 'b', Policy: { Mode: 'sequential' } } } })
    const policyOf = (chain: CompiledChain) => {
      const node = chain.Nodes[chain.StartNode]
      return node?.Type === 'resolver' ? node.Resolver.Failover?.Policy : undefined
    }
    expect(policyOf(compile([own]))).toEqual({ Mode: 'sequential' })
    const general = entry('proxy-defaults', 'global', { FailoverPolicy: { Mode: 'sequential' } })
    expect(policyOf(compile([general, resolver('main', { Failover: { '*': { Service: 'b' } } })]))).toEqual({
      Mode: 'sequential',
    })
  })
})

describe('timeouts and load balancing', () => {
  it('come from the resolver of the target', () => {
    const fields = { ConnectTimeout: '33s', RequestTimeout: '12s', LoadBalancer: { Policy: 'random' } }
    const chain = compile([resolver('main', fields)])
    expect(chain.Nodes[chain.StartNode]).toEqual({
      Type: 'resolver',
      Name: MAIN,
      Resolver: { ConnectTimeout: '33s', RequestTimeout: '12s', Target: MAIN },
      LoadBalancer: { Policy: 'random' },
    })
    expect(chain.Targets[MAIN]?.ConnectTimeout).toBe('33s')
  })
})

describe('transparent proxies', () => {
  it('may dial a service directly if its defaults or proxy-defaults say so', () => {
    const dialed = { TransparentProxy: { DialedDirectly: true } }
    expect(compile([entry('service-defaults', 'main', dialed)]).Targets[MAIN]?.TransparentProxy).toEqual({
      DialedDirectly: true,
    })
    expect(compile([entry('proxy-defaults', 'global', dialed)]).Targets[MAIN]?.TransparentProxy).toEqual({
      DialedDirectly: true,
    })
  })
})

describe('services outside the mesh', () => {
  const external = (name: string) => entry('service-defaults', name, { ExternalSNI: 'api.example.com' })

  it('keep the computed cluster name, are reached by their own SNI and never through gateways', () => {
    const gateways = entry('proxy-defaults', 'global', { MeshGateway: { Mode: 'local' } })
    const chain = compile([external('main'), gateways], { meshGatewayMode: 'remote' })
    expect(chain.Targets[MAIN]).toMatchObject({
      External: true,
      MeshGateway: {},
      SNI: 'api.example.com',
      Name: `main.default.dc1.internal.${TD}`,
    })
    expect(chain.CustomizationHash).toBeUndefined()
    expect(chain.Default).toBe(true)
  })

  it.each([
    ['redirects', { Redirect: { Service: 'b' } }],
    ['subsets', { Subsets: { v1: {} } }],
    ['failover', { Failover: { '*': { Service: 'b' } } }],
  ])('cannot have %s', (what, fields) => {
    expect(failure([external('main'), resolver('main', fields)])).toBe(
      `service "main" has an external SNI set; cannot define ${what} for external services`,
    )
  })

  it('may be failed over to', () => {
    const chain = compile([external('b'), resolver('main', { Failover: { '*': { Service: 'b' } } })])
    expect(chain.Targets['b.default.default.dc1']?.External).toBe(true)
  })
})

describe('protocols', () => {
  it('must be the same along the chain', () => {
    const entries = [http('main'), router('main', [{ Destination: { Service: 'b' } }])]
    expect(failure(entries)).toBe(
      'discovery chain "main" uses inconsistent protocols; service "b" has "tcp" which is not "http"',
    )
    const redirected = [http('b'), resolver('main', { Redirect: { Service: 'b' } })]
    expect(failure(redirected)).toContain('service "b" has "http" which is not "tcp"')
    const failed = [http('b'), resolver('main', { Failover: { '*': { Service: 'b' } } })]
    expect(failure(failed)).toContain('uses inconsistent protocols')
  })

  it('of peers are not known here, so they do not count', () => {
    const failover = { Failover: { '*': { Targets: [{ Service: 'b', Peer: 'east' }] } } }
    expect(failure([http('main'), resolver('main', failover)])).toBe('compiled')
  })

  it('that are not HTTP-like allow neither routers nor splitters', () => {
    const message =
      'discovery chain "main" uses a protocol "tcp" that does not permit advanced routing or splitting behavior'
    expect(failure([router('main', [])])).toBe(message)
    expect(failure([splitter('main', [{ Weight: 100 }])])).toBe(message)
  })

  it('of the entries are judged before the caller’s own is applied', () => {
    expect(failure([router('main', [])], { protocol: 'http' })).toContain('does not permit advanced routing')
  })

  it('of a caller that are not HTTP-like make routers and splitters go unheard', () => {
    const entries = [http('main'), router('main', []), splitter('main', [{ Weight: 100, Service: 'b' }]), http('b')]
    const chain = compile(entries, { protocol: 'tcp' })
    expect(chain.StartNode).toBe(`resolver:${MAIN}`)
    expect(chain.Protocol).toBe('tcp')
    expect(chain.CustomizationHash).toBe('96f2c150')
  })
})

describe('overrides of the caller', () => {
  it('change every target and node and show as a hash', () => {
    const chain = compile([resolver('main', { Failover: { '*': { Datacenters: ['dc2'] } } })], {
      meshGatewayMode: 'local',
      protocol: 'grpc',
      connectTimeoutMs: 66_000,
    })
    expect(chain.CustomizationHash).toBe('78ebd528')
    expect(chain.Protocol).toBe('grpc')
    expect(chain.Nodes[chain.StartNode]).toMatchObject({ Resolver: { ConnectTimeout: '1m6s' } })
    expect(Object.values(chain.Targets).map(target => [target.MeshGateway.Mode, target.ConnectTimeout])).toEqual([
      ['local', '1m6s'],
      ['local', '1m6s'],
    ])
  })

  it('that say what the entries say anyway leave no trace', () => {
    const entries = [
      http('main'),
      entry('proxy-defaults', 'global', { MeshGateway: { Mode: 'local' } }),
      resolver('main', { ConnectTimeout: '33s' }),
    ]
    const overrides = { meshGatewayMode: 'local', protocol: 'http', connectTimeoutMs: 33_000 } as const
    expect(compile(entries, overrides)).toEqual(compile(entries))
  })

  it('that are empty are none', () => {
    expect(compile([], { meshGatewayMode: '', protocol: '', connectTimeoutMs: 0 })).toEqual(compile([]))
  })

  it('leave a default chain a default chain', () => {
    expect(compile([], { protocol: 'http' })).toMatchObject({ Default: true, CustomizationHash: '1a47f6e1' })
  })
})

describe('everything at once', () => {
  it('compiles a canary across datacenters', () => {
    const chain = compile([
      httpEverywhere,
      splitter('main', [
        { Weight: 60, Service: 'main-dc2' },
        { Weight: 40, Service: 'main-dc3' },
      ]),
      resolver('main-dc2', { Redirect: { Service: 'main', Datacenter: 'dc2' } }),
      resolver('main-dc3', { Redirect: { Service: 'main', Datacenter: 'dc3' } }),
    ])
    expect(splitsOf(chain)).toEqual([
      '60 => resolver:main.default.default.dc2',
      '40 => resolver:main.default.default.dc3',
    ])
    expect(targets(chain)).toEqual(['main.default.default.dc2', 'main.default.default.dc3'])
  })

  it('compiles a router above splitters above redirects, subsets and failovers', () => {
    const chain = compile([
      httpEverywhere,
      router('main', [
        { Match: { HTTP: { PathPrefix: '/svc' } }, Destination: { Service: 'svc-redirect' } },
        { Match: { HTTP: { PathPrefix: '/prefer' } }, Destination: { ServiceSubset: 'prod' } },
      ]),
      splitter('main', [
        { Weight: 50, Service: 'svc-split' },
        { Weight: 50, ServiceSubset: 'prod' },
      ]),
      splitter('svc-split', [
        { Weight: 50, Service: 'svc-redirect' },
        { Weight: 50, Service: 'svc-failover' },
      ]),
      resolver('svc-redirect', { Redirect: { Service: 'svc-final' } }),
      resolver('svc-failover', { Failover: { '*': { Datacenters: ['dc2'] } }, ConnectTimeout: '1s' }),
      resolver('main', { DefaultSubset: 'default', ...subsets('default', 'prod') }),
    ])
    expect(routesOf(chain)).toEqual([
      '/svc => resolver:svc-final.default.default.dc1',
      `/prefer => resolver:prod.${MAIN}`,
      '/ => splitter:main.default.default',
    ])
    expect(splitsOf(chain, 'splitter:main.default.default')).toEqual([
      '25 => resolver:svc-final.default.default.dc1',
      '25 => resolver:svc-failover.default.default.dc1',
      `50 => resolver:prod.${MAIN}`,
    ])
    expect(targets(chain)).toEqual([
      `prod.${MAIN}`,
      'svc-failover.default.default.dc1',
      'svc-failover.default.default.dc2',
      'svc-final.default.default.dc1',
    ])
  })
})
