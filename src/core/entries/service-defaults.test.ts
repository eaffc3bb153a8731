import { describe, expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { serviceDefaults } from './service-defaults.ts'

function decode(fields: object) {
  return serviceDefaults.decode({ Kind: 'service-defaults', Name: 'web', ...fields })
}

function problem(fields: object): string {
  const decoded = decode(fields)
  return decoded.ok ? 'accepted' : describeIssues(decoded.issues)
}

function stored(fields: object) {
  const decoded = decode(fields)
  if (!decoded.ok) throw new Error(describeIssues(decoded.issues))
  return decoded.value
}

describe('service-defaults', () => {
  it('lower-cases the protocol and refuses one it does not know', () => {
    expect(stored({ Protocol: 'HTTP2' }).Protocol).toBe('http2')
    expect(problem({ Protocol: 'ftp' })).toContain('invalid value for protocol: ftp')
  })

  it('is for one service, never for a wildcard', () => {
    expect(problem({ Name: '*' })).toContain('must be the name of a service, and not a wildcard')
  })

  it('takes numbers and booleans written as text', () => {
    expect(stored({ max_inbound_connections: '12', expose: { checks: 'true' } })).toMatchObject({
      MaxInboundConnections: 12,
      Expose: { Checks: true },
    })
  })

  it('shows passive health checks in nanoseconds and keeps their zeros', () => {
    const check = { Interval: '10s', MaxFailures: 0, EnforcingConsecutive5xx: 0, BaseEjectionTime: '1m' }
    const config = stored({ UpstreamConfig: { Defaults: { PassiveHealthCheck: check } } }).UpstreamConfig
    expect(config?.Defaults?.PassiveHealthCheck).toEqual({
      Interval: 10_000_000_000,
      MaxFailures: 0,
      EnforcingConsecutive5xx: 0,
      BaseEjectionTime: 60_000_000_000,
    })
  })

  it('shows Peer of an upstream even when it is empty, and keeps limits of zero', () => {
    const config = stored({
      UpstreamConfig: { Overrides: [{ Name: 'db', Limits: { MaxConnections: 0 } }] },
    }).UpstreamConfig
    expect(config).toEqual({ Overrides: [{ Name: 'db', Peer: '', Limits: { MaxConnections: 0 }, MeshGateway: {} }] })
  })

  it.each([
    [{ Overrides: [{ Protocol: 'http' }] }, 'error in upstream override for : Name is required'],
    [{ Overrides: [{ Name: '*' }] }, 'error in upstream override for *: Wildcard name is not supported'],
    [{ Defaults: { Name: 'db' } }, 'error in upstream defaults: Name must be empty'],
    [{ Defaults: { Namespace: 'team' } }, 'error in upstream defaults: Namespace must be empty'],
    [{ Defaults: { Limits: { MaxConnections: -1 } } }, 'Limits.MaxConnections: invalid value -1; allowed is 0 or more'],
    [{ Defaults: { PassiveHealthCheck: { MaxEjectionPercent: 101 } } }, 'MaxEjectionPercent: invalid value 101'],
    [{ Defaults: { BalanceOutboundConnections: 'fair' } }, 'BalanceOutboundConnections: invalid value "fair"'],
  ])('refuses the upstream config %j', (config, message) => {
    expect(problem({ UpstreamConfig: config })).toContain(message)
  })

  it.each([
    [{ Addresses: ['db.example.com', '10.0.0.1', '2001:db8::1'], Port: 443 }, 'accepted'],
    [{ Addresses: [], Port: 443 }, 'must contain at least one address'],
    [{ Addresses: ['not a host'], Port: 443 }, 'Could not validate address not a host as an IP or Hostname'],
    [{ Addresses: ['1::2::3'], Port: 443 }, 'Could not validate address 1::2::3'],
    [{ Addresses: ['a.example', 'a.example'], Port: 443 }, "Duplicate address 'a.example' in list"],
    [{ Addresses: ['a.example'] }, 'Invalid Port number 0'],
    [{ Addresses: ['a.example'], Port: 70000 }, 'Invalid Port number 70000'],
  ])('answers the destination %j with %s', (destination, message) => {
    expect(problem({ Destination: destination })).toContain(message)
  })

  it('takes either upstreams or a destination', () => {
    const destination = { Addresses: ['a.example'], Port: 1 }
    expect(problem({ Destination: destination, UpstreamConfig: { Defaults: {} } })).toContain('mutually exclusive')
  })

  it.each([
    [{ RequestsPerSecond: 5, RequestsMaxBurst: 10, Routes: [{ PathPrefix: '/a', RequestsPerSecond: 1 }] }, 'accepted'],
    [{ RequestsMaxBurst: 10 }, 'RequestsMaxBurst 10 needs a RequestsPerSecond of 1 to 10, got 0'],
    [{ Routes: [{ RequestsPerSecond: 1 }] }, 'exactly one of PathExact, PathPrefix, or PathRegex'],
  ])('answers the rate limits %j with %s', (limits, message) => {
    expect(problem({ RateLimits: { InstanceLevel: limits } })).toContain(message)
  })

  it('knows only the built-in Envoy extensions', () => {
    expect(problem({ EnvoyExtensions: [{ Name: 'builtin/lua' }] })).toBe('accepted')
    expect(problem({ EnvoyExtensions: [{ Name: 'mine' }] })).toContain('name "mine" is not a built-in extension')
  })
})
