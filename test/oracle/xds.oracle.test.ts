// What proxies are told over xDS for the same registrations and entries.

import { expect, it } from 'vitest'
import { describeOracle, type Oracle } from '../support/oracle.ts'
import { resourcesOf } from '../support/oracle-xds.ts'

type Entry = Readonly<Record<string, unknown>>

interface Case {
  readonly title: string
  readonly entries?: readonly Entry[]
  /** The sidecar's Proxy block, or a whole registration with its `Kind`. */
  readonly proxy: Entry
}

const API = {
  Name: 'api',
  Port: 8080,
  Address: '10.0.0.8',
  Connect: { SidecarService: { Port: 20000, Checks: [{ Name: 'up', TTL: '1h', Status: 'passing' }] } },
}
const HTTP = { Kind: 'service-defaults', Name: 'api', Protocol: 'http' }
const UPSTREAM = { DestinationName: 'api', LocalBindPort: 9191 }

const WITH_API = { Upstreams: [UPSTREAM] }
const resolver = (fields: Entry): Entry => ({ Kind: 'service-resolver', Name: 'api', ...fields })
const defaults = (fields: Entry): Entry => ({ Kind: 'service-defaults', Name: 'web', ...fields })
const everywhere = (fields: Entry): Entry => ({ Kind: 'proxy-defaults', Name: 'global', ...fields })
const intentions = (...Sources: readonly Entry[]): Entry => ({ Kind: 'service-intentions', Name: 'web', Sources })

const CASES: readonly Case[] = [
  { title: 'a sidecar without upstreams', proxy: {} },
  { title: 'a tcp upstream', proxy: WITH_API },
  { title: 'an http upstream', entries: [HTTP], proxy: WITH_API },
  { title: 'a grpc upstream', entries: [{ ...HTTP, Protocol: 'grpc' }], proxy: WITH_API },
  { title: 'an http2 service', entries: [defaults({ Protocol: 'http2' })], proxy: {} },
  { title: 'an http service', entries: [defaults({ Protocol: 'http' })], proxy: {} },
  {
    title: 'an upstream that nobody offers',
    proxy: { Upstreams: [{ DestinationName: 'nobody', LocalBindPort: 9192 }] },
  },
  {
    title: 'an upstream on another address with limits',
    proxy: {
      Upstreams: [
        {
          ...UPSTREAM,
          LocalBindAddress: '127.0.0.7',
          Config: {
            connect_timeout_ms: 1234,
            limits: { max_connections: 3, max_pending_requests: 4, max_concurrent_requests: 5 },
            passive_health_check: { interval: '7s', max_failures: 2, enforcing_consecutive_5xx: 10 },
          },
        },
      ],
    },
  },
  {
    title: 'an upstream on a socket',
    proxy: {
      Upstreams: [{ DestinationName: 'api', LocalBindSocketPath: '/tmp/api.sock', LocalBindSocketMode: '0644' }],
    },
  },
  {
    title: 'upstream defaults and overrides',
    entries: [
      defaults({
        UpstreamConfig: {
          Defaults: { ConnectTimeoutMs: 77, Limits: { MaxConnections: 9 } },
          Overrides: [
            {
              Name: 'api',
              PassiveHealthCheck: { Interval: '3s', MaxFailures: 1, MaxEjectionPercent: 20, BaseEjectionTime: '9s' },
            },
          ],
        },
      }),
    ],
    proxy: WITH_API,
  },
  {
    title: 'timeouts and limits of the service',
    entries: [
      defaults({
        Protocol: 'http',
        LocalConnectTimeoutMs: 11,
        LocalRequestTimeoutMs: 22,
        MaxInboundConnections: 33,
        BalanceInboundConnections: 'exact_balance',
      }),
    ],
    proxy: {},
  },
  {
    title: 'keys of the proxy itself',
    proxy: {
      Config: {
        bind_address: '127.0.0.8',
        bind_port: 21999,
        local_connect_timeout_ms: 44,
        local_idle_timeout_ms: 55,
        max_inbound_connections: 66,
        protocol: 'http',
      },
    },
  },
  {
    title: 'proxy-defaults with access logs',
    entries: [everywhere({ Config: { protocol: 'http' }, AccessLogs: { Enabled: true } })],
    proxy: WITH_API,
  },
  {
    title: 'access logs in a file as text',
    entries: [
      everywhere({
        AccessLogs: {
          Enabled: true,
          DisableListenerLogs: true,
          Type: 'file',
          Path: '/tmp/x',
          TextFormat: 'x %START_TIME%',
        },
      }),
    ],
    proxy: WITH_API,
  },
  {
    title: 'exposed paths',
    proxy: { Expose: { Paths: [{ Path: '/health', LocalPathPort: 8080, ListenerPort: 21500, Protocol: 'http' }] } },
  },
  {
    title: 'exposed paths over http2',
    proxy: { Expose: { Paths: [{ Path: '/grpc', LocalPathPort: 8081, ListenerPort: 21501, Protocol: 'http2' }] } },
  },
  {
    title: 'intentions about connections',
    entries: [intentions({ Name: 'a', Action: 'allow' }, { Name: '*', Action: 'deny' })],
    proxy: {},
  },
  { title: 'an intention that only denies', entries: [intentions({ Name: 'bad', Action: 'deny' })], proxy: {} },
  {
    title: 'intentions about requests',
    entries: [
      defaults({ Protocol: 'http' }),
      intentions(
        {
          Name: 'a',
          Permissions: [
            { Action: 'allow', HTTP: { PathPrefix: '/v1', Methods: ['GET', 'PUT'] } },
            { Action: 'deny', HTTP: { PathRegex: '/x.*' } },
          ],
        },
        {
          Name: 'b',
          Permissions: [
            {
              Action: 'deny',
              HTTP: {
                PathExact: '/admin',
                Header: [
                  { Name: 'x', Exact: 'y' },
                  { Name: 'z', Present: true, Invert: true },
                ],
              },
            },
          ],
        },
        { Name: 'c', Action: 'deny' },
      ),
    ],
    proxy: {},
  },
  {
    title: 'an intention of a peer',
    entries: [intentions({ Name: 'a', Peer: 'p', Action: 'deny' }, { Name: 'b', Action: 'deny' })],
    proxy: {},
  },
  {
    title: 'subsets',
    entries: [
      resolver({
        DefaultSubset: 'v1',
        Subsets: { v1: { Filter: 'Service.Meta.version == "1"' }, v2: { OnlyPassing: true } },
      }),
    ],
    proxy: WITH_API,
  },
  { title: 'a redirect to another service', entries: [resolver({ Redirect: { Service: 'web' } })], proxy: WITH_API },
  {
    title: 'failover to another service',
    entries: [resolver({ Failover: { '*': { Service: 'web' } }, ConnectTimeout: '9s' })],
    proxy: WITH_API,
  },
  { title: 'a request timeout', entries: [HTTP, resolver({ RequestTimeout: '8s' })], proxy: WITH_API },
  {
    title: 'a ring of hashes',
    entries: [
      HTTP,
      resolver({
        LoadBalancer: {
          Policy: 'ring_hash',
          RingHashConfig: { MinimumRingSize: 7, MaximumRingSize: 70 },
          HashPolicies: [
            { Field: 'header', FieldValue: 'x' },
            { Field: 'cookie', FieldValue: 'c', CookieConfig: { TTL: '8s', Path: '/p' } },
            { SourceIP: true, Terminal: true },
            { Field: 'query_parameter', FieldValue: 'q' },
          ],
        },
      }),
    ],
    proxy: WITH_API,
  },
  {
    title: 'least requests',
    entries: [resolver({ LoadBalancer: { Policy: 'least_request', LeastRequestConfig: { ChoiceCount: 4 } } })],
    proxy: WITH_API,
  },
  { title: 'maglev', entries: [resolver({ LoadBalancer: { Policy: 'maglev' } })], proxy: WITH_API },
  { title: 'random', entries: [resolver({ LoadBalancer: { Policy: 'random' } })], proxy: WITH_API },
  {
    title: 'a splitter',
    entries: [
      HTTP,
      { ...HTTP, Name: 'web' },
      {
        Kind: 'service-splitter',
        Name: 'api',
        Splits: [
          { Weight: 60, RequestHeaders: { Set: { a: 'b' }, Add: { c: 'd' }, Remove: ['e'] } },
          { Weight: 40, Service: 'web', ResponseHeaders: { Set: { f: 'g' } } },
        ],
      },
    ],
    proxy: WITH_API,
  },
  {
    title: 'a router',
    entries: [
      HTTP,
      { ...HTTP, Name: 'web' },
      {
        Kind: 'service-router',
        Name: 'api',
        Routes: [
          {
            Match: { HTTP: { PathExact: '/exact', CaseInsensitive: true } },
            Destination: {
              Service: 'web',
              RequestTimeout: '3s',
              IdleTimeout: '4s',
              NumRetries: 5,
              RetryOn: ['reset', 'gateway-error'],
              RetryOnConnectFailure: true,
              RetryOnStatusCodes: [502, 503],
            },
          },
          {
            Match: { HTTP: { PathPrefix: '/prefix' } },
            Destination: { PrefixRewrite: '/', RequestHeaders: { Set: { a: 'b' } } },
          },
          { Match: { HTTP: { PathRegex: '/r[0-9]+', Methods: ['GET', 'PUT'] } } },
          {
            Match: {
              HTTP: {
                Header: [
                  { Name: 'x', Exact: '1' },
                  { Name: 'y', Regex: '2.*', Invert: true },
                  { Name: 'z', Present: true },
                  { Name: 'p', Prefix: '3' },
                  { Name: 's', Suffix: '4' },
                ],
              },
            },
            Destination: { Service: 'web' },
          },
          {
            Match: {
              HTTP: {
                QueryParam: [
                  { Name: 'q', Exact: 'v' },
                  { Name: 'r', Regex: 'w+' },
                  { Name: 's', Present: true },
                ],
              },
            },
            Destination: { Service: 'web' },
          },
        ],
      },
    ],
    proxy: WITH_API,
  },
  {
    title: 'TLS versions of the mesh',
    entries: [
      {
        Kind: 'mesh',
        TLS: {
          Incoming: {
            TLSMinVersion: 'TLSv1_2',
            TLSMaxVersion: 'TLSv1_2',
            CipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
          },
          Outgoing: { TLSMinVersion: 'TLSv1_3' },
        },
      },
    ],
    proxy: WITH_API,
  },
  {
    title: 'no forwarded client certificates',
    entries: [defaults({ Protocol: 'http' }), { Kind: 'mesh', HTTP: { SanitizeXForwardedClientCert: true } }],
    proxy: {},
  },
  {
    title: 'escape hatches',
    proxy: {
      Config: {
        envoy_local_cluster_json:
          '{"@type":"type.googleapis.com/envoy.config.cluster.v3.Cluster","name":"local_app","connect_timeout":"5s"}',
      },
      Upstreams: [
        {
          ...UPSTREAM,
          Config: {
            envoy_cluster_json:
              '{"@type":"type.googleapis.com/envoy.config.cluster.v3.Cluster","name":"mine","connect_timeout":"6s"}',
          },
        },
      ],
    },
  },
  {
    title: 'a mesh gateway',
    proxy: {
      Kind: 'mesh-gateway',
      Name: 'mgw',
      Port: 8443,
      TaggedAddresses: { lan: { Address: '127.0.0.2', Port: 8443 }, wan: { Address: '127.0.0.3', Port: 443 } },
    },
  },
  {
    title: 'a mesh gateway with options',
    proxy: {
      Kind: 'mesh-gateway',
      Name: 'mgw',
      Port: 8443,
      Address: '127.0.0.4',
      TaggedAddresses: { wan: { Address: '127.0.0.3', Port: 443 } },
      Proxy: {
        Config: {
          envoy_gateway_bind_tagged_addresses: true,
          envoy_gateway_no_default_bind: true,
          envoy_gateway_bind_addresses: { extra: { address: '127.0.0.9', port: 8444 } },
          connect_timeout_ms: 99,
        },
      },
    },
  },
  {
    title: 'a mesh gateway with subsets to carry',
    entries: [resolver({ Subsets: { v1: { Filter: 'Service.Meta.version == "1"' }, v2: { OnlyPassing: true } } })],
    proxy: { Kind: 'mesh-gateway', Name: 'mgw', Port: 8443 },
  },
  {
    title: 'a mesh gateway for servers',
    proxy: { Kind: 'mesh-gateway', Name: 'mgw', Port: 8443, Meta: { 'consul-wan-federation': '1' } },
  },
  {
    title: 'a mesh gateway with access logs',
    entries: [everywhere({ AccessLogs: { Enabled: true } })],
    proxy: { Kind: 'mesh-gateway', Name: 'mgw', Port: 8443 },
  },
]

describeOracle('resources', oracle => {
  for (const each of CASES) {
    it(`for ${each.title}`, async () => {
      await put(oracle, '/v1/agent/service/register', API)
      for (const entry of each.entries ?? []) await put(oracle, '/v1/config', entry)
      const proxy = await register(oracle, each.proxy)
      const [ours, theirs] = await Promise.all([
        resourcesOf(`http://${oracle.ours.settings.clientAddresses[0]}:8502`, proxy),
        resourcesOf(`http://${oracle.address}:8502`, proxy),
      ])
      for (const entry of (each.entries ?? []).toReversed()) {
        await oracle.ask({ method: 'DELETE', path: `/v1/config/${entry.Kind}/${entry.Name ?? 'mesh'}` })
      }
      await oracle.ask({ method: 'PUT', path: `/v1/agent/service/deregister/${proxy.replace('-sidecar-proxy', '')}` })
      expect(Object.keys(theirs.listener)).not.toEqual([])
      expect(ours).toEqual(theirs)
    })
  }
})

async function register(oracle: Oracle, proxy: Entry): Promise<string> {
  if (proxy.Kind !== undefined) {
    await put(oracle, '/v1/agent/service/register', proxy)
    return String(proxy.Name)
  }
  const sidecar = { Port: 21000, Proxy: proxy }
  await put(oracle, '/v1/agent/service/register', { Name: 'web', Port: 9090, Connect: { SidecarService: sidecar } })
  return 'web-sidecar-proxy'
}

async function put(oracle: Oracle, path: string, body: Entry): Promise<void> {
  const { ours, theirs } = await oracle.ask({ method: 'PUT', path, body })
  expect([ours.status, theirs.status]).toEqual([200, 200])
}
