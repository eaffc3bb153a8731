import { describe, expect, it } from 'vitest'
import { decode } from '../../lib/schema.ts'
import { decodeEntry, type EntryOfKind } from '../entries/index.ts'
import { type ProxyConfig, proxyConfig } from '../model/proxy-config.ts'
import { type CentralConfig, mergeProxyConfig } from './merge-proxy-config.ts'

const tenancy = { Partition: 'default', Namespace: 'default' }

function registration(input: object): ProxyConfig {
  const decoded = decode(proxyConfig, input)
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.issues))
  return decoded.value
}

function entry<K extends 'proxy-defaults' | 'service-defaults'>(kind: K, fields: object): EntryOfKind<K> {
  const name = kind === 'proxy-defaults' ? 'global' : 'web'
  const decoded = decodeEntry({ kind, name, ...fields })
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.issues))
  return { ...decoded.value, CreateIndex: 1, ModifyIndex: 1 } as EntryOfKind<K>
}

function merge(registered: object, central: { everywhere?: object; service?: object } = {}): ProxyConfig {
  const defaults: CentralConfig = {
    proxyDefaults: central.everywhere && entry('proxy-defaults', central.everywhere),
    serviceDefaults: central.service && entry('service-defaults', central.service),
  }
  return mergeProxyConfig(registration(registered), tenancy, defaults)
}

describe('mergeProxyConfig', () => {
  it('leaves a registration alone that nothing central is about', () => {
    const merged = merge({ LocalServicePort: 80, Config: { protocol: 'http' } })
    expect(merged).toMatchObject({ LocalServicePort: 80, Config: { protocol: 'http' }, MeshGateway: {}, Expose: {} })
  })

  it('takes each option from the most specific place that sets it', () => {
    const merged = merge(
      { Config: { bind_port: 1 } },
      {
        everywhere: { Config: { protocol: 'tcp', bind_port: 2, max_inbound_connections: 3 } },
        service: { Protocol: 'http', MaxInboundConnections: 5, LocalRequestTimeoutMs: 7, MaxRequestHeadersKB: 0 },
      },
    )
    expect({ ...merged.Config }).toEqual({
      protocol: 'http',
      bind_port: 1,
      max_inbound_connections: 5,
      local_request_timeout_ms: 7,
      max_request_headers_kb: 0,
    })
  })

  it('carries options with names of every kind', () => {
    const everywhere = { Config: JSON.parse('{"__proto__": 1, "constructor": 2}') }
    expect(Object.entries(merge({}, { everywhere }).Config ?? {})).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ])
  })

  it('takes the mode, exposed paths and extensions from the nearest place that has any', () => {
    const path = { ListenerPort: 1, Path: '/a', LocalPathPort: 2 }
    const merged = merge(
      {},
      {
        everywhere: {
          MeshGateway: { Mode: 'remote' },
          EnvoyExtensions: [{ Name: 'builtin/lua', Arguments: { Script: 'x' } }],
        },
        service: { MeshGateway: { Mode: 'local' }, Expose: { Paths: [path] } },
      },
    )
    expect(merged.MeshGateway).toEqual({ Mode: 'local' })
    expect(merged.Expose.Paths).toMatchObject([path])
    expect(merged.EnvoyExtensions?.map(extension => extension.Name)).toEqual(['builtin/lua'])
  })

  it('shows upstream defaults and overrides under the keys of an upstream, the registration over both', () => {
    const merged = merge(
      { Upstreams: [{ DestinationName: 'db', Config: { connect_timeout_ms: 9 } }, { DestinationName: 'cache' }] },
      {
        service: {
          UpstreamConfig: {
            Defaults: {
              ConnectTimeoutMs: 1,
              Limits: { MaxConnections: 0 },
              PassiveHealthCheck: { Interval: '2s', MaxFailures: 4 },
            },
            Overrides: [{ Name: 'db', ConnectTimeoutMs: 2, Protocol: 'grpc' }],
          },
        },
      },
    )
    const inherited = { limits: { max_connections: 0 }, passive_health_check: { interval: '2s', max_failures: 4 } }
    expect(merged.Upstreams?.map(upstream => ({ ...upstream.Config }))).toEqual([
      { connect_timeout_ms: 9, protocol: 'grpc', ...inherited },
      { connect_timeout_ms: 1, ...inherited },
    ])
  })
})

describe('the mesh gateway mode of an upstream', () => {
  const central = {
    everywhere: { MeshGateway: { Mode: 'none' } },
    service: {
      MeshGateway: { Mode: 'local' },
      UpstreamConfig: {
        Defaults: { MeshGateway: { Mode: 'remote' } },
        Overrides: [{ Name: 'db', MeshGateway: { Mode: 'local' } }],
      },
    },
  }
  const modeOf = (registered: object, places: object) => merge(registered, places).Upstreams?.[0]?.MeshGateway.Mode
  const db = { DestinationName: 'db' }
  const cache = { DestinationName: 'cache' }

  it.each([
    ['proxy-defaults', { Upstreams: [db] }, { everywhere: central.everywhere }, 'none'],
    ['service-defaults', { Upstreams: [db] }, { ...central, service: { MeshGateway: { Mode: 'local' } } }, 'local'],
    ['the upstream defaults of service-defaults', { Upstreams: [cache] }, central, 'remote'],
    ['the registration', { MeshGateway: { Mode: 'none' }, Upstreams: [cache] }, central, 'none'],
    ['the override of service-defaults', { MeshGateway: { Mode: 'none' }, Upstreams: [db] }, central, 'local'],
    [
      'the older spelling in Config',
      { Upstreams: [{ ...db, Config: { mesh_gateway: { mode: 'remote' } } }] },
      central,
      'remote',
    ],
    ['the upstream', { Upstreams: [{ ...db, MeshGateway: { Mode: 'none' } }] }, central, 'none'],
  ])('comes from %s when nothing more specific sets it', (_, registered, places, mode) => {
    expect(modeOf(registered, places)).toBe(mode)
  })

  it('is not set when no place sets it', () => {
    expect(modeOf({ Upstreams: [db] }, {})).toBeUndefined()
  })
})
