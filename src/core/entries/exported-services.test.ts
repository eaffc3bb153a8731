import { expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { exportedServices } from './exported-services.ts'

function decode(fields: object) {
  return exportedServices.decode({ Kind: 'exported-services', Name: 'default', ...fields })
}

function problem(fields: object): string {
  const decoded = decode(fields)
  return decoded.ok ? 'accepted' : describeIssues(decoded.issues)
}

it('takes peer_name for Peer', () => {
  const decoded = decode({ services: [{ name: 'web', consumers: [{ peer_name: 'east' }] }] })
  expect(decoded.ok && decoded.value.Services).toEqual([{ Name: 'web', Consumers: [{ Peer: 'east' }] }])
})

it('is named after its partition', () => {
  expect(problem({ Name: 'east' })).toContain('Name must be the same as the partition, "default", got "east"')
  expect(problem({ Name: 'east', Partition: 'east' })).toBe('accepted')
})

it.each([
  [{ Name: '*', Consumers: [{ Peer: 'east' }, { Partition: 'west' }] }, 'accepted'],
  [{ Consumers: [{ Peer: 'east' }] }, 'service name cannot be empty'],
  [{ Name: 'web' }, 'must have at least one consumer'],
  [{ Name: 'web', Consumers: [{}] }, 'must define exactly one of Peer, Partition, or SamenessGroup'],
  [{ Name: 'web', Consumers: [{ Peer: 'a', Partition: 'b' }] }, 'must define exactly one of Peer, Partition'],
  [{ Name: 'web', Consumers: [{ Partition: 'default' }] }, '"default" is the exporting partition itself'],
  [{ Name: 'web', Consumers: [{ Peer: '*' }] }, '(wildcard) is not supported'],
  [
    { Name: 'web', Consumers: [{ Peer: 'No Peer' }] },
    'Services[0].Consumers[0].Peer: "No Peer" is not the name of a peer',
  ],
  [{ Name: 'web', Namespace: '*', Consumers: [{ Peer: 'a' }] }, 'must be wildcard if namespace is wildcard'],
])('answers the service %j with %s', (service, message) => {
  expect(problem({ Services: [service] })).toContain(message)
})
