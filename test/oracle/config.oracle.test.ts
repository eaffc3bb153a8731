// Config entries: written in every spelling, read back, listed, compared and set, refused.

import { compareSteps, describeOracle, type Step } from '../support/oracle.ts'

function write(entry: string | object, more: Partial<Step> = {}): Step {
  return { method: 'PUT', path: '/v1/config', body: entry, ...more }
}

/** Writes an entry, then reads it alone and in the list. */
function roundTrip(entry: { Kind: string; Name?: string; [field: string]: unknown }, more: Partial<Step> = {}): Step[] {
  return [write(entry), { path: `/v1/config/${entry.Kind}/${entry.Name ?? 'mesh'}`, ...more }]
}

describeOracle('config entries', oracle => {
  compareSteps(oracle, [
    { path: '/v1/config/service-defaults' },
    ...roundTrip({ Kind: 'proxy-defaults', Name: 'global' }),
    ...roundTrip({
      Kind: 'proxy-defaults',
      Name: 'global',
      Config: { protocol: 'http', local_connect_timeout_ms: 1000, nested: { a: [1, 'x', true] } },
      MeshGateway: { Mode: 'local' },
      Mode: 'direct',
      Expose: { Checks: true, Paths: [{ Path: '/x', LocalPathPort: 1, ListenerPort: 2, Protocol: 'http' }] },
      AccessLogs: { Enabled: true, Type: 'stderr', JSONFormat: '{"a":"%START_TIME%"}' },
      TransparentProxy: { OutboundListenerPort: 15002 },
      Meta: { a: 'b' },
    }),
    { path: '/v1/config/proxy-defaults' },
    ...roundTrip({ Kind: 'service-defaults', Name: 'web' }),
    ...roundTrip({
      Kind: 'service-defaults',
      Name: 'web',
      Protocol: 'HTTP',
      MeshGateway: { Mode: 'remote' },
      ExternalSNI: 'x.example',
      MaxInboundConnections: 10,
      LocalConnectTimeoutMs: 100,
      LocalRequestTimeoutMs: 200,
      BalanceInboundConnections: 'exact_balance',
      UpstreamConfig: {
        Defaults: {
          ConnectTimeoutMs: 10,
          Limits: { MaxConnections: 1, MaxPendingRequests: 2, MaxConcurrentRequests: 3 },
          PassiveHealthCheck: { Interval: '10s', MaxFailures: 3, EnforcingConsecutive5xx: 50, BaseEjectionTime: '30s' },
        },
        Overrides: [
          { Name: 'api', Protocol: 'GRPC', MeshGateway: { Mode: 'local' } },
          { Name: 'db', EnvoyClusterJSON: '{}', BalanceOutboundConnections: 'exact_balance' },
        ],
      },
      EnvoyExtensions: [
        { Name: 'builtin/lua', Arguments: { ProxyType: 'connect-proxy', Listener: 'inbound', Script: 'x' } },
      ],
    }),
    write({
      kind: 'service-defaults',
      name: 'snake',
      protocol: 'tcp',
      mesh_gateway: { mode: 'none' },
      external_sni: 'y.example',
      max_inbound_connections: 1,
      upstream_config: { defaults: { connect_timeout_ms: 1, mesh_gateway: { mode: 'local' } } },
      meta: { x: 'y' },
    }),
    { path: '/v1/config/service-defaults/snake' },
    ...roundTrip({
      Kind: 'service-defaults',
      Name: 'ext',
      Destination: { Addresses: ['x.example', '10.0.0.1'], Port: 443 },
    }),
    { path: '/v1/config/service-defaults' },
    { path: '/v1/config/service-defaults?filter=Protocol==http' },
    { path: '/v1/config/service-resolver?filter=Protocol==http' },
    ...roundTrip({ Kind: 'service-resolver', Name: 'redirected', Redirect: { Service: 'api', Datacenter: 'dc2' } }),
    write({ kind: 'service-resolver', name: 'api', redirect: [{ service: 'other', datacenter: 'cloud' }] }),
    { path: '/v1/config/service-resolver/api' },
    ...roundTrip({
      Kind: 'service-resolver',
      Name: 'subsets',
      DefaultSubset: 'v1',
      Subsets: { v1: { Filter: 'Service.Meta.version == v1' }, v2: { Filter: '', OnlyPassing: true }, v3: {} },
      Failover: {
        v2: { Datacenters: ['dc2', 'dc3'] },
        v1: { Service: 'web', ServiceSubset: '' },
        '*': { Targets: [{ Datacenter: 'dc2' }, { Service: 'api' }, { Peer: 'p' }] },
      },
      ConnectTimeout: '15s',
      RequestTimeout: '1m',
    }),
    ...roundTrip({
      Kind: 'service-resolver',
      Name: 'balanced',
      LoadBalancer: {
        Policy: 'ring_hash',
        RingHashConfig: { MinimumRingSize: 10, MaximumRingSize: 100 },
        HashPolicies: [
          { Field: 'header', FieldValue: 'x-user' },
          { Field: 'cookie', FieldValue: 'c', CookieConfig: { TTL: '10s', Path: '/' } },
          { SourceIP: true, Terminal: true },
        ],
      },
    }),
    ...roundTrip({
      Kind: 'service-resolver',
      Name: 'least',
      LoadBalancer: { Policy: 'least_request', LeastRequestConfig: { ChoiceCount: 3 } },
    }),
    ...roundTrip({
      Kind: 'service-splitter',
      Name: 'web',
      Splits: [
        { Weight: 99.5, RequestHeaders: { Set: { a: 'b' } } },
        { Weight: 0.5, Service: 'snaky', ResponseHeaders: { Add: { c: 'd' }, Remove: ['e'] } },
      ],
    }),
    ...roundTrip({
      Kind: 'service-router',
      Name: 'web',
      Routes: [
        {
          Match: {
            HTTP: {
              PathPrefix: '/api',
              Header: [
                { Name: 'x', Present: true },
                { Name: 'y', Exact: '1', Invert: true },
              ],
              QueryParam: [{ Name: 'q', Regex: '[a-z]+' }],
              Methods: ['GET', 'post'],
            },
          },
          Destination: {
            Service: 'web',
            PrefixRewrite: '/',
            RequestTimeout: '5s',
            IdleTimeout: '1m',
            NumRetries: 3,
            RetryOnConnectFailure: true,
            RetryOn: ['reset'],
            RetryOnStatusCodes: [503],
            RequestHeaders: { Add: { a: 'b' } },
          },
        },
        { Match: { HTTP: { PathExact: '/exact', CaseInsensitive: true } } },
        { Match: { HTTP: { PathRegex: '/[0-9]+' } }, Destination: { Service: 'web' } },
      ],
    }),
    ...roundTrip({
      Kind: 'service-intentions',
      Name: 'web',
      Sources: [
        { Name: 'zed', Action: 'allow' },
        { Name: 'api', Action: 'deny', Description: 'why' },
        { Name: '*', Action: 'deny' },
        { Name: 'peered', Peer: 'p', Action: 'allow' },
        {
          Name: 'l7',
          Permissions: [
            { Action: 'allow', HTTP: { PathExact: '/a', Methods: ['GET'], Header: [{ Name: 'x', Prefix: 'y' }] } },
            { Action: 'deny', HTTP: { PathPrefix: '/' } },
          ],
        },
      ],
      Meta: { a: 'b' },
    }),
    ...roundTrip({ Kind: 'service-intentions', Name: '*', Sources: [{ Name: '*', Action: 'deny' }] }),
    { path: '/v1/config/service-intentions' },
    { path: '/v1/connect/intentions' },
    ...roundTrip({ Kind: 'mesh' }),
    ...roundTrip({
      Kind: 'mesh',
      TransparentProxy: { MeshDestinationsOnly: true },
      TLS: {
        Incoming: {
          TLSMinVersion: 'TLSv1_2',
          TLSMaxVersion: 'TLSv1_3',
          CipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
        },
        Outgoing: { TLSMinVersion: 'TLSv1_3' },
      },
      HTTP: { SanitizeXForwardedClientCert: true },
      Peering: { PeerThroughMeshGateways: true },
      AllowEnablingPermissiveMutualTLS: true,
    }),
    { path: '/v1/config/mesh' },
    ...roundTrip({
      Kind: 'exported-services',
      Name: 'default',
      Services: [{ Name: 'web', Consumers: [{ Peer: 'p' }] }],
    }),
    { path: '/v1/config/exported-services' },
    { method: 'DELETE', path: '/v1/config/service-router/web' },
    { method: 'DELETE', path: '/v1/config/service-router/web' },
    { path: '/v1/config/service-router/web' },
    { method: 'PUT', path: '/v1/config?cas=0', body: { Kind: 'service-defaults', Name: 'cas' } },
    { method: 'PUT', path: '/v1/config?cas=0', body: { Kind: 'service-defaults', Name: 'cas' } },
    { method: 'PUT', path: '/v1/config?cas=1', body: { Kind: 'service-defaults', Name: 'cas' } },
    { method: 'DELETE', path: '/v1/config/service-defaults/cas?cas=1' },
    ...known('wording', [
      { method: 'DELETE', path: '/v1/config/service-defaults/cas?cas=x' },
      { method: 'PUT', path: '/v1/config?cas=x', body: { Kind: 'service-defaults', Name: 'cas' } },
    ]),
    write(
      {
        Kind: 'service-defaults',
        Name: 'limited',
        Protocol: 'http',
        RateLimits: { InstanceLevel: { RequestsPerSecond: 5, RequestsMaxBurst: 6 } },
      },
      { known: 'free-features' },
    ),
    write(
      { Kind: 'exported-services', Name: 'default', Services: [{ Name: 'api', Consumers: [{ Peer: 'p' }] }] },
      { known: 'exports-unchecked', what: 'redirected to another datacenter' },
    ),
  ])
})

describeOracle('what config entries refuse', oracle => {
  const entry = (kind: string, name: string, fields: object) => write({ Kind: kind, Name: name, ...fields })
  const resolver = (fields: object) => entry('service-resolver', 'x', fields)
  const defaults = (fields: object) => entry('service-defaults', 'x', fields)
  const router = (...Routes: object[]) => entry('service-router', 'h', { Routes })
  const splitter = (...Splits: object[]) => entry('service-splitter', 'h', { Splits })
  const intentions = (...Sources: object[]) => entry('service-intentions', 'h', { Sources })
  const exported = (...Consumers: object[]) =>
    entry('exported-services', 'default', { Services: [{ Name: 'x', Consumers }] })
  const meshTls = (Incoming: object) => write({ Kind: 'mesh', TLS: { Incoming } })
  const L7 = { Permissions: [{ Action: 'allow', HTTP: { PathExact: '/' } }] }

  compareSteps(oracle, [
    write(''),
    write({ Name: 'x' }),
    write({ Kind: 'nope', Name: 'x' }),
    entry('proxy-defaults', 'x', {}),
    defaults({ Name: '*' }),
    defaults({ UpstreamConfig: { Defaults: { Name: 'x' } } }),
    defaults({ Destination: { Addresses: ['x.example'], Port: 0 } }),
    resolver({ DefaultSubset: 'nope' }),
    resolver({ Redirect: {} }),
    resolver({ Redirect: { Service: 'y' }, Failover: { '*': { Service: 'z' } } }),
    resolver({ Redirect: { ServiceSubset: 'v1' } }),
    resolver({ Redirect: { Service: 'y', Peer: 'p', Datacenter: 'dc2' } }),
    resolver({ Failover: { '*': {} } }),
    resolver({ Failover: { '*': { Targets: [{ Service: 'y' }], Datacenters: ['dc2'] } } }),
    resolver({ ConnectTimeout: '-1s' }),
    resolver({ LoadBalancer: { Policy: 'random', RingHashConfig: { MinimumRingSize: 1 } } }),
    resolver({ LoadBalancer: { Policy: 'ring_hash', HashPolicies: [{ Field: 'nope', FieldValue: 'x' }] } }),
    entry('service-defaults', 'h', { Protocol: 'http' }),
    router({ Match: { HTTP: { PathExact: '/a', PathPrefix: '/b' } } }),
    router({ Match: { HTTP: { PathExact: 'a' } } }),
    router({ Match: { HTTP: { Header: [{ Exact: 'x' }] } } }),
    router({ Match: { HTTP: { Header: [{ Name: 'x', Exact: 'x', Regex: 'y' }] } } }),
    router({ Match: { HTTP: { Header: [{ Name: 'x' }] } } }),
    router({ Destination: { PrefixRewrite: '/' } }),
    router({ Destination: { RetryOn: ['nope'] } }),
    router({ Destination: { Service: 'plain-tcp' } }),
    splitter(),
    splitter({ Weight: 50 }),
    entry('service-splitter', 'plain-tcp', { Splits: [{ Weight: 100 }] }),
    intentions(),
    intentions({ Name: 'a' }),
    intentions({ Name: 'a', Action: 'allow', ...L7 }),
    intentions({ Name: '', Action: 'allow' }),
    intentions({ Name: 'a*', Action: 'allow' }),
    intentions({ Name: 'a', Action: 'allow' }, { Name: 'a', Action: 'deny' }),
    intentions({ Name: 'a', Permissions: [{ Action: 'allow', HTTP: {} }] }),
    intentions({ Name: 'a', Permissions: [{ Action: 'allow', HTTP: { PathExact: 'x' } }] }),
    entry('service-intentions', '*', { Sources: [{ Name: 'a', ...L7 }] }),
    entry('service-intentions', 'plain', { Sources: [{ Name: 'a', ...L7 }] }),
    exported(),
    { path: '/v1/config/service-defaults/nope' },
    { method: 'DELETE', path: '/v1/config/nope/x' },
    { path: '/v1/config' },
    { method: 'POST', path: '/v1/config' },
    ...known('wording', [
      write('{'),
      write('[]'),
      write({ Kind: 'service-defaults' }),
      entry('proxy-defaults', 'global', { Nope: 1 }),
      entry('proxy-defaults', 'global', { Expose: { Nope: 1 } }),
      defaults({ UpstreamConfig: { Overrides: [{}] } }),
      defaults({ UpstreamConfig: { Overrides: [{ Name: '*' }] } }),
      defaults({ Destination: { Addresses: [], Port: 1 } }),
      resolver({ Subsets: { 'A b': {} } }),
      resolver({ Subsets: { v1: { Filter: '((' } } }),
      resolver({ Failover: { nope: { Service: 'y' } } }),
      resolver({ ConnectTimeout: 'x' }),
      router({ Match: { HTTP: { Methods: ['NOPE'] } } }),
      router({ Match: { HTTP: { Methods: ['GET', 'GET'] } } }),
      splitter({ Weight: 50 }, { Weight: 50 }),
      splitter({ Weight: 100, Service: 'plain-tcp' }),
      meshTls({ TLSMinVersion: 'TLSv1_3', TLSMaxVersion: 'TLSv1_2' }),
      entry('exported-services', 'x', { Services: [] }),
      exported({ Peer: '*' }),
    ]),
    ...known('refusal-status', [
      entry('mesh', 'x', {}),
      defaults({ BalanceInboundConnections: 'x' }),
      resolver({ LoadBalancer: { Policy: 'nope' } }),
      intentions({ Name: 'a', Action: 'nope' }),
      intentions({ Name: 'a', Type: 'nope', Action: 'allow' }),
      meshTls({ TLSMinVersion: 'x' }),
      { path: '/v1/config/nope/x' },
    ]),
    ...known('stricter', [
      entry('proxy-defaults', 'global', { MeshGateway: { Mode: 'x' } }),
      defaults({ Protocol: 'nope' }),
      defaults({ MaxInboundConnections: -1 }),
      { path: '/v1/config/' },
      { method: 'DELETE', path: '/v1/config/service-defaults/' },
    ]),
  ])
})

describeOracle('rules across config entries', oracle => {
  const resolver = (Name: string, fields: object): Step => write({ Kind: 'service-resolver', Name, ...fields })
  const remove = (path: string): Step => ({ method: 'DELETE', path: `/v1/config/${path}` })
  compareSteps(oracle, [
    resolver('a', { Redirect: { Service: 'b' } }),
    resolver('b', { Redirect: { Service: 'a' } }),
    resolver('self', { Redirect: { Service: 'self' } }),
    write({ Kind: 'service-defaults', Name: 'h', Protocol: 'http' }),
    write({ Kind: 'service-splitter', Name: 'h', Splits: [{ Weight: 100, ServiceSubset: 'v1' }] }),
    resolver('h', { Subsets: { v1: {} } }),
    write({ Kind: 'service-splitter', Name: 'h', Splits: [{ Weight: 100, ServiceSubset: 'v1' }] }),
    remove('service-resolver/h'),
    remove('service-defaults/h'),
    remove('service-splitter/h'),
    remove('service-resolver/h'),
    remove('service-defaults/h'),
    { path: '/v1/config/service-resolver' },
  ])
})

function known(name: string, steps: readonly Step[]): Step[] {
  return steps.map(step => ({ ...step, known: name }))
}
