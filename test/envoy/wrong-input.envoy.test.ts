// What Envoys do when something is wrong: the agent says so once, and what worked goes on working.

import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { locateEnvoy } from '../../src/rim/envoy/locate-envoy.ts'
import { planAgent, startAgent } from '../../src/sandbox/agent.ts'
import type { Endpoint } from '../../src/sandbox/loopback.ts'
import type { Datacenter } from '../support/datacenter.ts'
import { type Mesh, startSingle } from '../support/mesh.ts'
import type { Service } from '../support/service.ts'
import { until } from '../support/until.ts'

let mesh: Mesh
let onprem: Datacenter
let web: Service

beforeAll(async () => {
  const single = await startSingle()
  mesh = single.mesh
  onprem = single.onprem
  await onprem.startService('api')
  web = await onprem.startService('web', { upstreams: { api: {} } })
  await web.reaches('api', { service: 'api' })
})

afterAll(() => mesh?.stop())

const logged = (pattern: RegExp) => onprem.agent.child.lines.filter(line => pattern.test(line))

test('`connect envoy` refuses a proxy that is not registered', async () => {
  const running = mesh.program.run(['connect', 'envoy', '-proxy-id', 'ghost'], onprem.agent.env)
  await expect(running).rejects.toThrow(/ghost/)
})

test('an Envoy whose proxy is not registered keeps trying, and the log says why once', async () => {
  const args = ['connect', 'envoy', '-proxy-id', 'web-sidecar-proxy', '-bootstrap', '-admin-bind', '127.0.0.1:0']
  const bootstrap = await mesh.program.run(args, onprem.agent.env)
  const file = join(mesh.supervisor.folder, 'ghost.json')
  writeFileSync(file, bootstrap.replaceAll('"web-sidecar-proxy"', '"ghost"'))
  const envoy = await locateEnvoy()
  const options = ['--config-path', file, '--disable-hot-restart', '--log-level', 'warning']
  const ghost = mesh.supervisor.start({ name: 'ghost', command: envoy?.path ?? 'envoy', args: options })
  await until('Envoy was refused three times', () => {
    ghost.expectAlive()
    expect(ghost.lines.filter(line => /ghost/.test(line)).length).toBeGreaterThanOrEqual(3)
  })
  expect(logged(/ghost/), logged(/ghost/).join('\n')).toHaveLength(1)
  await ghost.stop()
})

/** A listener of the user's own in place of the one for api. */
async function handmadeListener(at: Endpoint): Promise<string> {
  const cluster = `api.default.onprem.internal.${await onprem.trustDomain()}`
  const type = (name: string) => `type.googleapis.com/envoy.${name}`
  const proxy = { '@type': type('extensions.filters.network.tcp_proxy.v3.TcpProxy'), stat_prefix: 'handmade', cluster }
  return JSON.stringify({
    '@type': type('config.listener.v3.Listener'),
    name: 'handmade',
    address: { socket_address: { address: at.address, port_value: at.port } },
    filter_chains: [{ filters: [{ name: 'envoy.filters.network.tcp_proxy', typed_config: proxy }] }],
  })
}

test('what Envoy rejects is logged with its name, and the last good configuration stays', async () => {
  const at = web.upstreamAt.get('api')!
  await web.register({ upstreams: { api: { Config: { envoy_listener_json: await handmadeListener(at) } } } })
  await until('the listener is there', async () => expect(await web.sidecar.admin.listeners()).toContain('handmade'))
  await web.reaches('api', { service: 'api' })

  const taken = createServer()
  const port = await mesh.loopback.port(at.address, 10500)
  await new Promise<void>(resolve => taken.listen({ host: at.address, port, exclusive: true }, resolve))
  const bad = await handmadeListener({ ...at, port })
  await web.register({ upstreams: { api: { Config: { envoy_listener_json: bad } } } })
  await until('the rejection is in the log', () => expect(logged(/(WARN|ERROR).*handmade/)).not.toEqual([]))
  expect(await web.ask('api')).toMatchObject({ service: 'api' })

  const before = logged(/handmade/).length
  await onprem.startService('other')
  expect(await web.ask('api')).toMatchObject({ service: 'api' })
  expect(logged(/handmade/)).toHaveLength(before)
  await new Promise(resolve => taken.close(resolve))
})

test('put right, everything follows', async () => {
  await web.register()
  await until('the handmade listener is gone', async () => {
    expect(await web.sidecar.admin.listeners()).not.toContain('handmade')
  })
  await web.reaches('api', { service: 'api' })
})

test('services may have names that mean something to JavaScript', async () => {
  await onprem.write({ Kind: 'service-defaults', Name: '__proto__', Protocol: 'tcp' })
  await onprem.startService('constructor')
  const odd = await onprem.startService('__proto__', { upstreams: { constructor: {} } })
  await odd.reaches('constructor', { service: 'constructor' })
})

test('an agent whose port is in use says which, and ends', async () => {
  const { http, server, serfWan } = onprem.agent.plan
  const ports = ['-server-port', `${server.port + 1}`, '-serf-wan-port', `${serfWan.port + 1}`, '-grpc-port', '-1']
  const running = mesh.program.run(
    ['agent', '-dev', '-bind', server.address, '-client', http.address, '-http-port', `${http.port}`, ...ports],
    {},
  )
  await expect(running).rejects.toThrow(new RegExp(`${http.address}.*${http.port}`))
  expect(await onprem.agent.call('GET', '/v1/status/leader')).not.toBe('')
})

test('an agent whose primary is out of reach starts, says so and keeps trying', async () => {
  const plan = await planAgent(mesh.loopback, await mesh.loopback.address(120, 2), {
    datacenter: 'cloud',
    primary: 'nowhere',
    joins: ['127.0.0.1:1'],
  })
  const cloud = startAgent(mesh.program, plan, mesh.supervisor.folder)
  await until('it says so', () => {
    cloud.child.expectAlive()
    expect(cloud.child.lines.filter(line => /WARN.*primary datacenter cannot be reached/.test(line))).toHaveLength(1)
    expect(cloud.child.lines.filter(line => /WARN.*127\.0\.0\.1:1/.test(line))).toHaveLength(1)
  })
  expect(await cloud.call('GET', '/v1/catalog/datacenters')).toEqual(['cloud'])
  await cloud.child.stop()
})
