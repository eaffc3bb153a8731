import { describe, expect, it } from 'vitest'
import { checkRow, deregistering, nodeRow, registering, serviceRow } from '../../../test/support/catalog-rows.ts'
import { decode } from '../../lib/schema.ts'
import { expandService } from '../local/expand-service.ts'
import { serviceDefinition } from '../model/service.ts'
import type { RegisterCommand } from '../store/commands.ts'
import { decodeDeregistration, decodeRegistration } from './decode-registration.ts'
import type { RouteRequest } from './define-route.ts'
import { registrationRequests } from './encode-registration.ts'

/** What a server makes of a body after it has travelled. */
function received(body: unknown): RouteRequest {
  return {
    method: 'PUT',
    params: {},
    query: new URLSearchParams(),
    tenancy: { Partition: 'default', Namespace: 'default' },
    datacenter: 'dc1',
    body: JSON.parse(JSON.stringify(body)),
    now: 0,
    freshId: '',
  }
}

const decoded = (command: RegisterCommand) =>
  registrationRequests(command).map(({ body }) => decodeRegistration(received(body)))

describe('a registration that travels to a server', () => {
  it('arrives as it was sent, each service with its checks', () => {
    const node = nodeRow('n', { ID: '11111111-2222-3333-4444-555555555555', Meta: { a: 'b' }, Partition: 'finance' })
    const where = { Partition: 'finance', Namespace: 'team' }
    const web = serviceRow('n', 'web', { ...where, Tags: ['x'], Meta: { m: '1' } })
    const own = checkRow('n', 'c1', { ...where, ServiceID: 'web', ServiceName: 'web', ServiceTags: ['x'] })
    const other = checkRow('n', 'c2', { Partition: 'finance' })
    const [nodeItself, service] = decoded(registering(node, [web], [own, other]))
    expect(nodeItself).toEqual(registering(node, [], [other]))
    expect(service).toEqual(registering(node, [web], [own]))
  })

  it('arrives as it was sent with everything a sidecar can be told', () => {
    const definition = decode(
      serviceDefinition,
      {
        name: 'web',
        port: 80,
        tagged_addresses: { lan: { address: '10.0.0.1', port: 1 } },
        connect: {
          sidecar_service: {
            proxy: {
              mode: 'direct',
              mesh_gateway: { mode: 'local' },
              access_logs: { enabled: true },
              config: { envoy_local_cluster_json: '{"a": null}', limits: { max_connections: 3 }, list: [1, { a: [] }] },
              expose: { checks: true, paths: [{ path: '/m', local_path_port: 1, listener_port: 2 }] },
              upstreams: [
                {
                  destination_name: 'api',
                  destination_partition: 'other',
                  destination_namespace: 'x',
                  datacenter: 'dc2',
                  local_bind_port: 9,
                  mesh_gateway: { mode: 'remote' },
                  config: { connect_timeout_ms: 1, passive_health_check: { interval: '10s' } },
                },
              ],
            },
          },
        },
      },
      { weak: true },
    )
    if (!definition.ok) throw new Error(JSON.stringify(definition.issues))
    const expansion = expandService(definition.value, {
      ...{ node: 'n', partition: 'default', origin: 'file', scripts: false, sidecarPorts: { min: 1, max: 9 } },
      portOf: () => undefined,
      isPortTaken: () => false,
    })
    if (!expansion.ok) throw new Error(JSON.stringify(expansion.issues))
    const services = expansion.expanded.services.map(service => service.Instance)
    const arrived = decoded(registering(nodeRow('n'), services)).flatMap(command => command.services)
    expect(arrived).toEqual(services)
  })

  it('is one request for the node when there is nothing on it', () => {
    expect(decoded(registering(nodeRow('n')))).toEqual([registering(nodeRow('n'))])
  })
})

describe('a deregistration that travels to a server', () => {
  it('arrives as it was sent', () => {
    for (const command of [
      deregistering('n'),
      deregistering('n', { serviceId: 's' }),
      deregistering('n', { checkId: 'c' }),
    ]) {
      expect(registrationRequests(command).map(({ body }) => decodeDeregistration(received(body)))).toEqual([command])
    }
  })
})
