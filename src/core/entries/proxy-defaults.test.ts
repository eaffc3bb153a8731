import { expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { proxyDefaults } from './proxy-defaults.ts'

function problem(fields: object): string {
  const decoded = proxyDefaults.decode({ Kind: 'proxy-defaults', Name: 'global', ...fields })
  return decoded.ok ? 'accepted' : describeIssues(decoded.issues)
}

it('reads the entry of the tutorial, HCL blocks as lists of objects', () => {
  const decoded = proxyDefaults.decode({ Kind: 'proxy-defaults', Name: 'global', MeshGateway: [{ Mode: 'local' }] })
  expect(decoded).toMatchObject({ ok: true, value: { Name: 'global', MeshGateway: { Mode: 'local' } } })
})

it('keeps what stands in Config as it is', () => {
  const config = { protocol: 'http', handshake_timeout_ms: '1000', nested: { zero: 0, empty: '' } }
  const decoded = proxyDefaults.decode({ Kind: 'proxy-defaults', Config: config })
  expect(decoded.ok && decoded.value.Config).toEqual(config)
})

it.each([
  [{ protocol: 5 }, 'Config["protocol"]: expected a string, got 5'],
  [{ local_connect_timeout_ms: 'soon' }, 'Config["local_connect_timeout_ms"]: expected a number, got "soon"'],
  [{ local_connect_timeout_ms: '1000' }, 'accepted'],
  [{ envoy_telemetry_collector_bind_socket_dir: 'd'.repeat(200) }, 'is longer than 57 characters'],
  [{ something_else: [1, 2] }, 'accepted'],
])('answers the config %j with %s', (config, message) => {
  expect(problem({ Config: config })).toContain(message)
})

it.each([
  [{ Enabled: true, Type: 'file', Path: '/var/log/access' }, 'accepted'],
  [{ Type: 'file' }, 'path must be specified when using file type access logs'],
  [{ Type: 'stdout', Path: '/x' }, 'path is only valid for file type access logs'],
  [{ JSONFormat: '{}', TextFormat: 'x' }, 'cannot specify both access log JSONFormat and TextFormat'],
  [{ JSONFormat: '{"a":' }, 'invalid access log json'],
  [{ Type: 'syslog' }, 'AccessLogs.Type: invalid value "syslog"'],
])('answers the access logs %j with %s', (logs, message) => {
  expect(problem({ AccessLogs: logs })).toContain(message)
})
