import { describe, expect, it } from 'vitest'
import { envoyId, listenerName, pipeListenerName, statName, upstreamLabels } from './names.ts'

const db = { name: 'db', namespace: 'default', partition: 'default', peer: '', datacenter: '' }

describe('envoyId', () => {
  it.each([
    ['the bare name in the default tenancy', db, 'db'],
    ['a datacenter that is named', { ...db, datacenter: 'dc2' }, 'db?dc=dc2'],
    ['a peer, whatever the datacenter', { ...db, peer: 'cloud', datacenter: 'dc2' }, 'db?peer=cloud'],
    ['another namespace', { ...db, namespace: 'team' }, 'team/db'],
    ['another partition, with its namespace', { ...db, partition: 'billing' }, 'billing/default/db'],
  ])('shows %s', (_, upstream, id) => {
    expect(envoyId(upstream)).toBe(id)
  })
})

describe('listenerName', () => {
  it('puts an IPv6 address into brackets', () => {
    expect(listenerName('default', '::1', 8443)).toBe('default:[::1]:8443')
    expect(listenerName('default', '127.0.0.1', 8443)).toBe('default:127.0.0.1:8443')
  })

  it('names a unix socket by its path', () => {
    expect(pipeListenerName('db', '/tmp/db.sock')).toBe('db:/tmp/db.sock')
  })
})

it('keeps colons out of statistics names', () => {
  expect(statName('upstream.a:b')).toBe('upstream.a_b')
})

it('labels the statistics of an upstream with service, namespace, partition and datacenter', () => {
  const chain = { ServiceName: 'db', Namespace: 'ns1', Partition: 'ap1', Datacenter: 'dc1' }
  expect(upstreamLabels(chain)).toBe('db.ns1.ap1.dc1')
})
