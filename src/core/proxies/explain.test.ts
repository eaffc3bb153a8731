import { describe, expect, it } from 'vitest'
import { type Scenario, scenarioStore } from '../../../test/support/scenario.ts'
import { serviceName } from '../model/tenancy.ts'
import { explainProxies } from './explain.ts'

const to = (name: string, partition: string, mode: string, more: object = {}) => ({
  ...{ destination_name: name, destination_partition: partition, local_bind_port: 9000, ...more },
  mesh_gateway: { mode },
})

function scenario(upstreams: readonly object[], more: Partial<Scenario> = {}): Scenario {
  const proxy = { destination_service_name: 'web', upstreams }
  return {
    title: '',
    partitions: ['finance'],
    ...more,
    services: [{ sidecarOf: 'web', at: '10.1.0.1:20000', definition: { proxy } }, ...(more.services ?? [])],
    proxy: 'web-sidecar-proxy',
  }
}

function explained(made: Scenario) {
  return scenarioStore(made).read(explainProxies, serviceName('web')).value
}

/** The problems of the one upstream. */
function problems(upstream: object, more: Partial<Scenario> = {}): readonly string[] {
  return explained(scenario([upstream], more))[0]?.upstreams[0]?.problems ?? ['nothing was explained']
}

const exported = {
  ...{ Kind: 'exported-services', Name: 'finance', Partition: 'finance' },
  Services: [{ Name: 'billing', Consumers: [{ Partition: 'default' }] }],
}
const billing = { sidecarOf: 'billing', at: '10.2.0.1:20000', partition: 'finance' }
const gateway = (partition: string) => ({ gateway: `gw-${partition}`, at: '10.3.0.1:8443', partition })

describe('an upstream that leads somewhere', () => {
  it('is shown with its targets, their instances and the gateways on the way', () => {
    const more = { services: [billing, gateway('finance')], entries: [exported] }
    expect(explained(scenario([to('billing', 'finance', 'remote')], more))).toEqual([
      {
        ...{ node: expect.any(String), id: 'web-sidecar-proxy', service: 'web', problems: [] },
        upstreams: [
          {
            id: 'finance/default/billing',
            targets: [{ id: 'billing.default.finance.dc1', mode: 'remote', instances: 1, healthy: 1, gateways: 1 }],
            problems: [],
          },
        ],
      },
    ])
  })
})

describe('an upstream that leads nowhere', () => {
  const nothingExported =
    'finance/default/billing is not exported to partition "default": add it to exported-services of "finance"'

  it('because nothing is exported is said to, and nothing is told of what is behind it', () => {
    const made = scenario([to('billing', 'finance', 'remote')], { services: [billing] })
    expect(explained(made)[0]?.upstreams[0]).toEqual({
      id: 'finance/default/billing',
      targets: [{ id: 'billing.default.finance.dc1', mode: 'remote', instances: undefined, healthy: undefined }],
      problems: [nothingExported],
    })
  })

  it.each<[string, object, Partial<Scenario>, string]>([
    ['there is no such partition', to('api', 'api', 'local'), {}, 'there is no partition "api": create it, or correct'],
    [
      'nothing is registered',
      to('billing', 'finance', 'none'),
      { entries: [exported] },
      'billing.default.finance.dc1: no instance with a sidecar is registered',
    ],
    [
      'no instance is healthy',
      to('billing', 'finance', 'none'),
      { entries: [exported], services: [{ ...billing, status: 'critical' }] },
      'billing.default.finance.dc1: none of its 1 instances passes its checks',
    ],
    [
      'the other partition has no gateway',
      to('billing', 'finance', 'remote'),
      { entries: [exported], services: [billing, gateway('default')] },
      'billing.default.finance.dc1: mode "remote" needs a mesh gateway of partition "finance", and none is in service',
    ],
    [
      'its own partition has no gateway',
      to('billing', 'finance', 'local'),
      { entries: [exported], services: [billing, gateway('finance')] },
      'billing.default.finance.dc1: mode "local" needs a mesh gateway of partition "default", and none is in service',
    ],
    [
      'it is in another datacenter, too',
      to('billing', 'finance', 'remote', { datacenter: 'dc2' }),
      { entries: [exported] },
      'only default partitions are federated',
    ],
  ])('because %s is said to', (_, upstream, more, expected) => {
    expect(problems(upstream, more)).toEqual([expect.stringContaining(expected)])
  })
})

it('the sidecar may be asked for by its own name; a service without one has nothing to explain', () => {
  const store = scenarioStore(scenario([]))
  expect(store.read(explainProxies, serviceName('web-sidecar-proxy')).value).toHaveLength(1)
  expect(store.read(explainProxies, serviceName('api')).value).toEqual([])
})
