// Rows and commands of peerings for tests.

import type { NewPeering } from '../../src/core/model/peering.ts'
import type { Command } from '../../src/core/store/commands.ts'
import type { ImportedInstance } from '../../src/core/store/import-commands.ts'
import { reduce } from '../../src/core/store/reduce.ts'
import type { Reduced } from '../../src/core/store/reduced.ts'
import { Store } from '../../src/core/store/store.ts'
import { TEST_SELF } from './catalog-rows.ts'

export const PEER_DOMAIN = '99999999-2222-3333-4444-555555555555.consul'

/** The side that made a token. */
export function acceptorRow(name: string, change: Partial<NewPeering> = {}): NewPeering {
  return {
    ...{ ID: `id-${name}`, Name: name, Partition: 'default', Meta: {}, State: 'PENDING', DeletedAt: '', PeerID: '' },
    ...{ PeerCAPems: [], PeerServerName: '', PeerServerAddresses: [], ManualServerAddresses: [] },
    ...{ TokenServerAddresses: [], Remote: { Partition: '', Datacenter: '' } },
    ...change,
  }
}

/** The side that took one. */
export function dialerRow(name: string, change: Partial<NewPeering> = {}): NewPeering {
  return acceptorRow(name, {
    ...{ State: 'ESTABLISHING', PeerID: `theirs-${name}`, PeerServerName: `server.dc1.peering.${PEER_DOMAIN}` },
    ...{ PeerServerAddresses: ['10.0.0.1:8503'], TokenServerAddresses: ['10.0.0.1:8503'] },
    ...change,
  })
}

/** Generates, exchanges and opens: the peering has a stream, under id `id-<name>`. */
export function acceptedPeering(name: string): readonly Command[] {
  const id = `id-${name}`
  return [
    { type: 'generate-peering', peering: acceptorRow(name), establishment: 'token' },
    { type: 'exchange-secret', id, establishment: 'token', attempt: 'a', pending: 'stream' },
    { type: 'open-stream', id, secret: 'stream', remote: { Partition: 'default', Datacenter: 'east' } },
  ]
}

export function importedInstance(
  service: string,
  node: string,
  change: Partial<ImportedInstance> = {},
): ImportedInstance {
  return {
    node: { ID: '', Node: node, Address: '10.1.0.1', Datacenter: 'east', TaggedAddresses: {}, Meta: {} },
    service: {
      ...{ Node: node, Kind: '', ID: `${service}-1`, Service: service, Namespace: 'default', Tags: [], Meta: {} },
      ...{ Address: '', Port: 80, SocketPath: '', TaggedAddresses: {}, Weights: { Passing: 1, Warning: 1 } },
      ...{ EnableTagOverride: false, Proxy: { MeshGateway: {}, Expose: {} }, Connect: { Native: false } },
    },
    checks: [
      {
        ...{ CheckID: `${service}-1:overall-check`, Name: 'overall-check', Status: 'passing' as const },
        ...{ Notes: '', Output: '', Type: '' },
      },
    ],
    ...change,
  }
}

/** A command that imports one service of a peer, one instance per node. */
export function importing(id: string, service: string, ...nodes: readonly string[]): Command {
  const instances = nodes.map(node => importedInstance(service, node))
  return { type: 'import-service', id, service: { Name: service, Namespace: 'default' }, instances }
}

export function storeAfter(...commands: readonly Command[]): Store {
  const store = new Store(TEST_SELF)
  for (const command of commands) applyTo(store, command)
  return store
}

/** Carries a command out; throws when it is refused. */
export function applyTo(store: Store, command: Command): void {
  const reduced = reduce(store, command)
  if (!reduced.ok) throw reduced.fault
  store.apply(reduced.writes, store.revision + 1)
}

/** Why a command is refused; 'accepted' when it is not. */
export function refusalOf(reduced: Reduced): string {
  return reduced.ok ? 'accepted' : `${reduced.fault.code}: ${reduced.fault.message}`
}
