// The agent API: registrations of services and checks, what is shown of them, and what is refused.

import { compareSteps, describeOracle, type Step } from '../support/oracle.ts'

const REGISTER = '/v1/agent/service/register'

function register(body: string | object, more: Partial<Step> = {}): Step {
  return { method: 'PUT', path: REGISTER, body, ...more }
}

function put(path: string, body?: string | object, more: Partial<Step> = {}): Step {
  return { method: 'PUT', path, ...(body === undefined ? {} : { body }), ...more }
}

const SHOWN = [
  '/v1/agent/services',
  '/v1/agent/checks',
  '/v1/catalog/services',
  '/v1/catalog/node/n1',
  '/v1/catalog/node-services/n1',
  '/v1/health/node/n1',
].map(path => ({ path }))

describeOracle('services of an agent', oracle => {
  compareSteps(oracle, [
    ...SHOWN,
    register({ Name: 'plain' }),
    register({
      ID: 'web1',
      Name: 'web',
      Port: 9090,
      Tags: ['a', 'b'],
      Address: '127.0.0.9',
      Meta: { version: '1' },
      TaggedAddresses: { wan: { Address: '1.2.3.4', Port: 80 } },
      Weights: { Passing: 10, Warning: 2 },
      EnableTagOverride: true,
      Check: { TTL: '10m', Status: 'passing' },
      Connect: {
        SidecarService: {
          Proxy: {
            Config: { protocol: 'http', envoy_public_listener_json: '{}' },
            Upstreams: [
              { DestinationName: 'api', LocalBindPort: 9191 },
              {
                DestinationName: 'db',
                Datacenter: 'dc2',
                LocalBindAddress: '127.0.0.2',
                LocalBindPort: 9192,
                Config: { connect_timeout_ms: 100 },
                MeshGateway: { Mode: 'local' },
              },
            ],
          },
        },
      },
    }),
    register({
      name: 'snake',
      port: 1,
      enable_tag_override: true,
      tagged_addresses: { lan: { address: '10.0.0.2', port: 3 } },
      checks: [
        { ttl: '1h', status: 'passing', name: 'one' },
        { ttl: '1h', status: 'warning', notes: 'n', deregister_critical_service_after: '2h' },
      ],
      connect: {
        sidecar_service: {
          port: 1234,
          checks: [{ name: 'own', ttl: '1h', status: 'passing' }],
          proxy: {
            mesh_gateway: { mode: 'remote' },
            upstreams: [{ destination_name: 'x', local_bind_port: 1, mesh_gateway: { mode: 'none' } }],
            expose: { paths: [{ path: '/health', local_path_port: 8080, listener_port: 21500, protocol: 'http' }] },
          },
        },
      },
    }),
    register({
      Kind: 'mesh-gateway',
      Name: 'mesh-gateway',
      Port: 8443,
      TaggedAddresses: { lan: { Address: '10.0.0.3', Port: 8443 }, wan: { Address: '5.6.7.8', Port: 443 } },
      Meta: { 'consul-wan-federation': '1' },
      Proxy: { Config: { envoy_gateway_no_default_bind: true } },
    }),
    register({
      Kind: 'connect-proxy',
      ID: 'proxy-by-hand',
      Name: 'proxy',
      Port: 2222,
      Proxy: { DestinationServiceName: 'web', LocalServicePort: 9090 },
    }),
    register({ Name: 'native', Port: 1, Connect: { Native: true } }),
    ...SHOWN,
    { path: '/v1/agent/service/web1' },
    { path: '/v1/agent/service/web1-sidecar-proxy' },
    { path: '/v1/agent/service/proxy-by-hand' },
    { path: '/v1/agent/service/mesh-gateway' },
    { path: '/v1/agent/service/nope' },
    { path: '/v1/agent/services?filter=Service==web' },
    { path: '/v1/agent/services?filter=Meta.version==1' },
    { path: '/v1/agent/services?filter=Nope==1' },
    { path: '/v1/agent/services?filter=((', known: 'wording' },
    { path: '/v1/agent/checks?filter=Status==passing' },
    { path: '/v1/agent/health/service/id/web1', known: 'agent-health-checks' },
    { path: '/v1/agent/health/service/id/nope' },
    { path: '/v1/agent/health/service/name/web', known: 'agent-health-checks' },
    { path: '/v1/agent/health/service/name/nope' },
    { path: '/v1/agent/health/service/id/web1?format=text' },
    { path: '/v1/catalog/service/web' },
    { path: '/v1/catalog/service/web-sidecar-proxy' },
    { path: '/v1/catalog/connect/web' },
    { path: '/v1/catalog/connect/native' },
    { path: '/v1/health/connect/web' },
    { path: '/v1/health/connect/web?passing' },
    { path: '/v1/health/service/mesh-gateway' },
    { path: '/v1/catalog/gateway-services/mesh-gateway' },
    put('/v1/agent/service/maintenance/web1?enable=true&reason=because'),
    { path: '/v1/health/checks/web' },
    { path: '/v1/agent/health/service/id/web1', what: 'in maintenance', known: 'agent-health-checks' },
    put('/v1/agent/service/maintenance/web1?enable=false'),
    { path: '/v1/health/checks/web' },
    register({ ID: 'web1', Name: 'web', Port: 9091 }, { what: 'again, without a sidecar' }),
    ...SHOWN,
    put('/v1/agent/service/deregister/web1'),
    put('/v1/agent/service/deregister/snake'),
    put('/v1/agent/service/deregister/nope'),
    ...SHOWN,
  ])
})

describeOracle('what an agent refuses', oracle => {
  compareSteps(oracle, [
    register(''),
    register('{', { known: 'wording' }),
    register('null', { known: 'wording' }),
    register('[]', { known: 'wording' }),
    register('"x"', { known: 'wording' }),
    register({}),
    register({ Name: 'x', Foo: 1 }),
    register({ Name: 'x', Port: 'y' }, { known: 'wording' }),
    register({ Name: 'x', Port: -1 }, { known: 'stricter' }),
    register({ Name: 'x', Port: 99999 }, { known: 'stricter' }),
    register({ Name: 'x', Tags: 'y' }, { known: 'wording' }),
    register({ Name: 'x', Address: '0.0.0.0' }),
    register({ Name: 'x', Address: '::' }),
    register({ Name: 'a/b' }),
    register({ Name: 'a b' }),
    register({ Name: 'x', Kind: 'nope' }, { known: 'stricter' }),
    register({ Name: 'x', Meta: { 'consul-x': 'y' } }),
    register({ Name: 'x', Meta: { 'a b': 'y' } }),
    register({ Name: 'x', Meta: { a: 1 } }, { known: 'wording' }),
    register({ Name: 'x', Weights: { Passing: 0, Warning: 1 } }),
    register({ Name: 'x', Weights: { Passing: 1, Warning: -1 } }),
    register({ Name: 'x', Check: {} }),
    register({ Name: 'x', Check: { HTTP: 'http://x' } }),
    register({ Name: 'x', Check: { TTL: '10s', Interval: '10s' } }),
    register({ Name: 'x', Check: { HTTP: 'http://x', Interval: 'abc' } }, { known: 'wording' }),
    register({ Name: 'x', Check: { Args: ['x'], Interval: '10s' } }, { known: 'refusal-status' }),
    register({ Name: 'x', Check: { TTL: '10s', Status: 'fine' } }, { known: 'wording' }),
    register({ Name: 'x', Kind: 'connect-proxy', Port: 1 }),
    register({ Name: 'x', Kind: 'connect-proxy', Proxy: { DestinationServiceName: 'y' } }),
    register({ Name: 'x', Kind: 'connect-proxy', Port: 1, Proxy: { DestinationServiceName: '*' } }),
    register({ Name: 'x', Kind: 'mesh-gateway' }),
    register({ Name: 'x', Kind: 'mesh-gateway', Port: 1, Proxy: { DestinationServiceName: 'y' } }),
    register({ Name: 'x', Kind: 'mesh-gateway', Port: 1, Proxy: { Upstreams: [{ DestinationName: 'y' }] } }),
    register({ Name: 'x', Kind: 'mesh-gateway', Port: 1, Connect: { SidecarService: {} } }),
    register({ Name: 'x', Connect: { SidecarService: { Connect: { SidecarService: {} } } } }, { known: 'wording' }),
    register(upstreams([{ DestinationName: 'y' }])),
    register(upstreams([{ LocalBindPort: 1 }])),
    register(
      upstreams([
        { DestinationName: 'y', LocalBindPort: 1 },
        { DestinationName: 'z', LocalBindPort: 1 },
      ]),
      { known: 'wording' },
    ),
    register(
      upstreams([
        { DestinationName: 'y', LocalBindPort: 1 },
        { DestinationName: 'y', LocalBindPort: 2 },
      ]),
      { known: 'wording' },
    ),
    register(upstreams([{ DestinationName: 'y', LocalBindPort: 1, MeshGateway: { Mode: 'locl' } }]), {
      known: 'stricter',
    }),
    { path: '/v1/agent/services', known: 'stricter' },
    put('/v1/agent/check/register', {}),
    put('/v1/agent/check/register', { Name: 'x' }, { known: 'wording' }),
    put('/v1/agent/check/register', { Name: 'x', TTL: '10s', Status: 'fine' }, { known: 'wording' }),
    put('/v1/agent/check/register', { Name: 'x', TTL: '10s', ServiceID: 'nope' }),
    put('/v1/agent/check/register', { Name: 'x', TTL: '10s', Foo: 1 }),
    put('/v1/agent/check/pass/nope'),
    put('/v1/agent/check/update/nope', { Status: 'passing' }),
    put('/v1/agent/check/update/nope', { Status: 'fine' }),
    put('/v1/agent/check/deregister/nope'),
    put('/v1/agent/maintenance'),
    put('/v1/agent/maintenance?enable=x'),
    put('/v1/agent/service/maintenance/nope?enable=true'),
    put('/v1/agent/service/maintenance/'),
    { path: '/v1/agent/service/register' },
    { method: 'POST', path: REGISTER, body: {} },
    { method: 'DELETE', path: '/v1/agent/services' },
    { method: 'OPTIONS', path: '/v1/agent/services' },
    { method: 'HEAD', path: '/v1/agent/services' },
    { path: '/v1/nope', known: 'unknown-path' },
    { path: '/nope', known: 'unknown-path' },
    { method: 'POST', path: '/v1/agent/connect/authorize', body: {} },
    { method: 'POST', path: '/v1/agent/connect/authorize', body: { Target: 'x', ClientCertURI: 'y' } },
    { method: 'POST', path: '/v1/agent/connect/authorize', body: { Target: 'x', ClientCertURI: 'spiffe://x/y' } },
    {
      method: 'POST',
      path: '/v1/agent/connect/authorize',
      body: { Target: 'x', ClientCertURI: 'spiffe://x/ns/default/dc/dc1/svc/web' },
    },
  ])

  function upstreams(Upstreams: readonly object[]): object {
    return { Name: 'x', Kind: 'connect-proxy', Port: 1, Proxy: { DestinationServiceName: 'w', Upstreams } }
  }
})

describeOracle('checks of an agent', oracle => {
  compareSteps(oracle, [
    put('/v1/agent/check/register', { Name: 'ttl', TTL: '10m' }),
    put('/v1/agent/check/register', {
      ID: 'http',
      Name: 'http check',
      HTTP: 'http://127.0.0.1:1/',
      Method: 'POST',
      Header: { A: ['b'] },
      Body: 'x',
      Interval: '10h',
      Timeout: '3s',
      Status: 'warning',
      Notes: 'notes',
      SuccessBeforePassing: 2,
      FailuresBeforeCritical: 3,
    }),
    put('/v1/agent/check/register', { Name: 'tcp', TCP: '127.0.0.1:1', Interval: '10h', Status: 'passing' }),
    { path: '/v1/agent/checks' },
    { path: '/v1/health/node/n1' },
    put('/v1/agent/check/pass/ttl?note=fine'),
    put('/v1/agent/check/pass/http'),
    { path: '/v1/agent/checks?filter=CheckID==ttl' },
    put('/v1/agent/check/update/ttl', { Status: 'warning', Output: 'hm' }),
    { path: '/v1/health/state/warning' },
    put('/v1/agent/check/fail/ttl'),
    { path: '/v1/health/state/critical' },
    put('/v1/agent/maintenance?enable=true'),
    { path: '/v1/health/node/n1' },
    put('/v1/agent/maintenance?enable=false'),
    put('/v1/agent/check/deregister/http'),
    put('/v1/agent/check/deregister/tcp'),
    { path: '/v1/health/node/n1' },
    { path: '/v1/health/state/any' },
    { path: '/v1/health/state/nope', known: 'stricter' },
    { path: '/v1/health/node/nope' },
    { path: '/v1/health/checks/nope' },
  ])
})
