// Envoy itself accepts the bootstraps that are built for it, handed over the way `connect envoy` does.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchEnvoy } from '../../src/cli/commands/connect/envoy/launch-envoy.ts'
import { buildBootstrap } from '../../src/core/bootstrap/bootstrap.ts'
import type { BootstrapInput } from '../../src/core/bootstrap/bootstrap-input.ts'
import { certificatePem } from '../../src/lib/x509/read-certificate.ts'
import { locateEnvoy } from '../../src/rim/envoy/locate-envoy.ts'
import { testRoot } from '../support/authority.ts'

const root = testRoot()
const caPem = certificatePem(root.certificate.der)

let binary: string
let folder: string

beforeAll(async () => {
  const found = await locateEnvoy()
  if (found === undefined) throw new Error('no Envoy: run `npm run setup`')
  binary = found.path
  folder = mkdtempSync(join(tmpdir(), 'isthmus-envoy-test-'))
  writeFileSync(join(folder, 'cert.pem'), caPem)
  writeFileSync(join(folder, 'key.pem'), root.keyPem)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const plain: BootstrapInput = {
  proxyId: 'web-sidecar-proxy',
  cluster: 'web',
  sourceService: 'web',
  namespace: 'default',
  partition: 'default',
  datacenter: 'dc1',
  token: 'c9a52720-bf6c-4aa6-b8bc-66881a5ade95',
  admin: { address: '127.0.0.1', port: 0, accessLogPath: '/dev/null' },
  grpc: { target: { address: '127.0.0.1', port: 8502 } },
  config: {},
  env: {},
  omitDeprecatedTags: false,
  prometheus: { scrapePath: '/metrics' },
}

const clusterJson = JSON.stringify({
  name: 'zipkin',
  type: 'STATIC',
  connect_timeout: '1s',
  load_assignment: {
    cluster_name: 'zipkin',
    endpoints: [
      { lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: 9411 } } } }] },
    ],
  },
})

const tracingJson = JSON.stringify({
  http: {
    name: 'envoy.tracers.zipkin',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.config.trace.v3.ZipkinConfig',
      collector_cluster: 'zipkin',
      collector_endpoint_version: 'HTTP_JSON',
      collector_endpoint: '/api/v1/spans',
    },
  },
})

/** Envoy's exit code after checking the bootstrap of `input`; it prints what it dislikes. */
async function validate(input: BootstrapInput): Promise<number> {
  const built = buildBootstrap(input)
  if (!built.ok) throw new Error(JSON.stringify(built.issues))
  return launchEnvoy(binary, JSON.stringify(built.bootstrap), ['--mode', 'validate', '-l', 'error'])
}

describe('Envoy accepts the bootstrap of', () => {
  test('a sidecar', async () => {
    expect(await validate(plain)).toBe(0)
  })

  test('a mesh gateway that trusts an authority', async () => {
    const grpc = { target: { address: '10.5.0.2', port: 8503 }, caPem }
    expect(await validate({ ...plain, proxyId: 'mesh-gateway', cluster: 'mesh-gateway', grpc })).toBe(0)
  })

  test('a proxy with an xDS server on a Unix socket', async () => {
    expect(await validate({ ...plain, grpc: { target: { socketPath: '/run/xds.sock' } } })).toBe(0)
  })

  test('a proxy that reports everywhere', async () => {
    const config = {
      envoy_statsd_url: 'udp://127.0.0.1:8125',
      envoy_dogstatsd_url: 'udp://127.0.0.1:8126',
      envoy_stats_tags: ['env=prod', 'canary'],
      envoy_stats_flush_interval: '10s',
      envoy_extra_static_clusters_json: clusterJson,
      envoy_tracing_json: tracingJson,
      envoy_prometheus_bind_addr: '127.0.0.1:20901',
      envoy_stats_bind_addr: '127.0.0.1:20902',
    }
    const tls = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem'), ca: { pem: caPem } }
    const prometheus = { scrapePath: '/metrics', backendPort: 20100, tls }
    const ready = { address: '127.0.0.1', port: 20903 }
    const telemetryCollectorSocket = '/run/collector.sock'
    expect(await validate({ ...plain, config, prometheus, ready, telemetryCollectorSocket })).toBe(0)
  })

  test.each(['stdout', 'stderr', 'file'] as const)('a proxy that logs to %s', async Type => {
    const accessLogs = { Enabled: true, Type, ...(Type === 'file' ? { Path: join(folder, 'access.log') } : {}) }
    expect(await validate({ ...plain, accessLogs })).toBe(0)
    expect(await validate({ ...plain, accessLogs: { ...accessLogs, TextFormat: '%START_TIME%\n' } })).toBe(0)
  })
})
