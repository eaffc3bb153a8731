import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDnsName } from './question.ts'

const read = (name: string) => readDnsName(name, ['consul', 'mesh.example'])
const HERE = { datacenter: '', peer: '', namespace: '', partition: '' }
const service = (more: object) => ({ kind: 'service', name: 'web', tag: '', connect: false, place: HERE, ...more })

describe('a name of the domain', () => {
  it.each([
    ['web.service.consul', service({})],
    ['web.service.consul.', service({})],
    ['web.SERVICE.Consul', service({})],
    ['Web.service.mesh.example', service({ name: 'Web' })],
    ['v1.web.service.consul', service({ tag: 'v1' })],
    ['v1.2.web.service.consul', service({ tag: 'v1.2' })],
    ['web.service.dc2.consul', service({ place: { ...HERE, datacenter: 'dc2' } })],
    ['web.service.dc2.dc.consul', service({ place: { ...HERE, datacenter: 'dc2' } })],
    ['web.service.east.peer.consul', service({ place: { ...HERE, peer: 'east' } })],
    [
      'web.service.shop.ns.finance.ap.dc2.dc.consul',
      service({ place: { datacenter: 'dc2', peer: '', namespace: 'shop', partition: 'finance' } }),
    ],
    ['_web._tcp.consul', service({})],
    ['_web._tcp.service.dc2.consul', service({ place: { ...HERE, datacenter: 'dc2' } })],
    ['_web._v1.service.consul', service({ tag: 'v1' })],
    ['web.connect.consul', service({ connect: true })],
    ['web.virtual.east.consul', { kind: 'virtual', name: 'web', place: { ...HERE, peer: 'east' } }],
    ['a.b.node.consul', { kind: 'node', name: 'a.b', place: HERE }],
    ['node.node.consul', { kind: 'node', name: 'node', place: HERE }],
    ['0a000001.addr.dc1.consul', { kind: 'address', address: '10.0.0.1' }],
    ['20010db8000000000000000000000001.addr.consul', { kind: 'address', address: '2001:db8::1' }],
    ['1.0.0.10.in-addr.arpa', { kind: 'reverse', address: '10.0.0.1' }],
    [`${'0.'.repeat(31)}1.ip6.arpa`, { kind: 'reverse', address: '1000::' }],
    ['consul', { kind: 'apex' }],
  ])('%s', (name, question) => expect(read(name)).toEqual(question))

  it.each([
    'web.consul',
    'service.consul',
    'web.service.a.b.consul',
    'web.service.a.dc.b.dc.consul',
    'web.service.dc2.dc.east.peer.consul',
    'web.service.x.constructor.consul',
    'web.connect.east.peer.consul',
    'v1.web.virtual.consul',
    '0a0000.addr.consul',
    'zz000001.addr.consul',
  ])('%s means nothing', name => expect(read(name)).toEqual({ kind: 'nothing' }))

  it.each(['example.com', 'consul.example.com', 'xconsul', '', '1.0.0.10.in-addr', '300.0.0.x.in-addr.arpa'])(
    '%s is of others',
    name => expect(read(name)).toEqual({ kind: 'foreign' }),
  )

  it('may be anything without harm', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('web', 'service', 'node', 'addr', '_a', 'dc', 'ap', '', '\u0000', 'consul')),
        labels => {
          expect(read(labels.join('.'))).toHaveProperty('kind')
        },
      ),
    )
  })
})
