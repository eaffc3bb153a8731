import { describe, expect, it } from 'vitest'
import { instanceOf, type ScenarioService } from '../../../../test/support/scenario.ts'
import type { Status } from '../../model/check.ts'
import type { CheckServiceNode } from '../../model/fact.ts'
import { gatewayEndpoints } from './gateway-endpoints.ts'

function gateway(wan: string, status: Status = 'passing'): CheckServiceNode {
  const service: ScenarioService = { gateway: 'gw', at: '10.0.0.1:8443', wan }
  const index = { CreateIndex: 1, ModifyIndex: 1 }
  const place = { Partition: 'default', PeerName: '', Node: 'n' }
  const node = { ...place, ...index, ID: '', Address: '10.0.0.1', Datacenter: 'dc2', TaggedAddresses: {}, Meta: {} }
  const about = { CheckID: 'c', Name: 'c', Status: status, Notes: '', Output: '', ServiceID: 'gw', ServiceName: 'gw' }
  const rest = {
    ServiceTags: [],
    Type: '',
    Interval: '',
    Timeout: '',
    ExposedPort: 0,
    Namespace: 'default',
    Definition: {},
  }
  return {
    Node: node,
    Service: { ...instanceOf(service), ...index },
    Checks: [{ ...place, ...index, ...about, ...rest }],
  }
}

function shown(gateways: readonly CheckServiceNode[], strictDns = false) {
  const { by, endpoints } = gatewayEndpoints(gateways, { wan: true, strictDns })
  return [by, ...endpoints.map(({ address, health }) => `${address} ${health?.healthy ? 'up' : 'down'}`)]
}

describe('gatewayEndpoints', () => {
  it('lists addresses of gateways that are not critical', () => {
    expect(shown([gateway('198.18.0.1:443'), gateway('198.18.0.2:443', 'critical')])).toEqual(['eds', '198.18.0.1 up'])
  })

  it('uses host names only, as soon as there is one', () => {
    expect(shown([gateway('198.18.0.1:443'), gateway('gw.example.com:443')])).toEqual(['dns', 'gw.example.com up'])
  })

  it('keeps the first healthy host name, or all of them when Envoy resolves each', () => {
    const gateways = [
      gateway('a.example.com:443', 'critical'),
      gateway('b.example.com:443'),
      gateway('c.example.com:443'),
    ]
    expect(shown(gateways)).toEqual(['dns', 'b.example.com up'])
    expect(shown(gateways, true)).toEqual(['dns', 'b.example.com up', 'c.example.com up'])
  })

  it('keeps the last host name, as down, when none is healthy', () => {
    const gateways = [gateway('a.example.com:443', 'critical'), gateway('b.example.com:443', 'critical')]
    expect(shown(gateways, true)).toEqual(['dns', 'b.example.com down'])
  })

  it('knows that there are none', () => {
    expect(shown([])).toEqual(['eds'])
  })
})
