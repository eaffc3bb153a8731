import { describe, expect, it } from 'vitest'
import type { Status } from '../model/check.ts'
import { type DnsInstance, nodeDnsName, nodeRecords, serviceRecords, usableInstances } from './records.ts'

const asked = (type: string) => ({ name: 'web.service.consul', type, ttl: 5, domain: 'consul', withMeta: false })

function instance(address: string, more: { status?: Status; node?: string; port?: number } = {}): DnsInstance {
  const { status = 'passing', node = '10.0.0.1', port = 80 } = more
  return {
    Node: { Node: 'n1', Address: node, Datacenter: 'dc1', Meta: { os: 'linux', 'rfc1035-note': 'v=1' } },
    Service: { Address: address, Port: port, Weights: { Passing: 10, Warning: 2 } },
    Checks: [{ Status: status }],
  }
}

describe('the records of a service', () => {
  it('are its addresses, each once', () => {
    const { answers } = serviceRecords([instance(''), instance('10.0.0.1'), instance('10.9.9.9')], asked('A'))
    expect(answers.map(({ type, data }) => [type, data])).toEqual([
      ['A', '10.0.0.1'],
      ['A', '10.9.9.9'],
    ])
  })

  it('are of the family asked for', () => {
    const both = [instance('10.9.9.9'), instance('2001:db8::1')]
    expect(serviceRecords(both, asked('AAAA')).answers.map(({ data }) => data)).toEqual(['2001:db8::1'])
    expect(serviceRecords(both, asked('ANY')).answers).toHaveLength(2)
    expect(serviceRecords(both, asked('MX')).answers).toEqual([])
  })

  it('are another name where the address is one', () => {
    const { answers } = serviceRecords([instance('db.example.com')], asked('A'))
    expect(answers).toEqual([{ name: 'web.service.consul', ttl: 5, type: 'CNAME', data: 'db.example.com.' }])
  })

  it('have ports, weights by health and targets that lead to the instance', () => {
    const all = [instance(''), instance('10.9.9.9', { status: 'warning', port: 81 }), instance('db.example.com')]
    const { answers, additionals } = serviceRecords(all, asked('SRV'))
    expect(answers.map(({ data }) => data)).toEqual([
      { priority: 1, weight: 10, port: 80, target: 'n1.node.dc1.consul.' },
      { priority: 1, weight: 2, port: 81, target: '0a090909.addr.dc1.consul.' },
      { priority: 1, weight: 10, port: 80, target: 'db.example.com.' },
    ])
    expect(additionals.map(({ name, data }) => [name, data])).toEqual([
      ['n1.node.dc1.consul.', '10.0.0.1'],
      ['0a090909.addr.dc1.consul.', '10.9.9.9'],
    ])
  })

  it('come with what is noted of nodes if that is wished', () => {
    const { additionals } = serviceRecords([instance(''), instance('')], { ...asked('SRV'), withMeta: true })
    const texts = additionals.filter(({ type }) => type === 'TXT').map(({ name, data }) => [name, data])
    expect(texts).toEqual([
      ['n1.node.dc1.consul.', ['os=linux']],
      ['n1.node.dc1.consul.', ['v=1']],
    ])
  })
})

it('critical instances get no traffic, and others with warnings only if that is allowed', () => {
  const all = (['passing', 'warning', 'critical'] as const).map(status => instance('', { status }))
  expect(usableInstances(all, false)).toEqual(all.slice(0, 2))
  expect(usableInstances(all, true)).toEqual(all.slice(0, 1))
})

describe('a node', () => {
  const { Node } = instance('')

  it('has an address and texts', () => {
    const data = (type: string, withMeta: boolean) => {
      const { answers, additionals } = nodeRecords(Node, { ...asked(type), withMeta })
      return [answers.map(each => each.type).join(), additionals.map(each => each.type).join()]
    }
    expect(data('A', false)).toEqual(['A', ''])
    expect(data('A', true)).toEqual(['A', 'TXT,TXT'])
    expect(data('TXT', true)).toEqual(['TXT,TXT', ''])
    expect(data('ANY', true)).toEqual(['A,TXT,TXT', ''])
    expect(data('AAAA', true)).toEqual(['', ''])
  })

  it('is named with its peer or its partition', () => {
    expect(nodeDnsName({ ...Node, PeerName: 'east' }, 'consul')).toBe('n1.node.east.peer.consul.')
    expect(nodeDnsName({ ...Node, Partition: 'finance' }, 'consul')).toBe('n1.node.finance.ap.dc1.dc.consul.')
    expect(nodeDnsName({ ...Node, Partition: 'default' }, 'consul')).toBe('n1.node.dc1.consul.')
  })
})
