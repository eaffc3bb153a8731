// What a peer says, carried out. The name of the peering comes from its row and is stamped on every row here, so that nothing a
// peer sends can reach rows of this cluster or of another peer.

import { checkKey, type HealthCheck } from '../model/check.ts'
import { Fault, unreachable } from '../model/fault.ts'
import { nodeKey } from '../model/node.ts'
import { isDialer, isOpen, type Peering, peeringKey, trustBundleKey } from '../model/peering.ts'
import type { Unindexed } from '../model/row.ts'
import { instanceKey, nameOf, type ServiceInstance } from '../model/service.ts'
import { joinKey, serviceKey } from '../model/tenancy.ts'
import type {
  ImportAddressesCommand,
  ImportBundleCommand,
  ImportCommand,
  ImportedInstance,
  ImportedServiceName,
  ImportListCommand,
  ImportServiceCommand,
  PurgeImportsCommand,
} from './import-commands.ts'
import { peeringById, trustDomainHolder } from './reduce-peerings.ts'
import { done, put, type Reduced, refuse, remove } from './reduced.ts'
import type { Write } from './store.ts'
import { instanceChecksKey } from './tables.ts'
import type { State } from './view.ts'

/** Folds what a peer says. */
export function reduceImport(state: State, command: ImportCommand): Reduced {
  const peering = peeringById(state, command.id)
  if (command.type === 'purge-imports') return done(peering === undefined ? [] : purge(state, peering, command))
  if (peering === undefined || !isOpen(peering)) return refuse(new Fault('conflict', 'the peering was deleted'))
  switch (command.type) {
    case 'import-service':
      return done(importService(state, peering, command))
    case 'import-list':
      return done(importList(state, peering, command))
    case 'import-bundle':
      return importBundle(state, peering, command)
    case 'import-addresses':
      return done(importAddresses(state, peering, command))
    default:
      return unreachable(command)
  }
}

interface Owner {
  readonly Partition: string
  readonly PeerName: string
}

function importService(state: State, peering: Peering, { service, instances }: ImportServiceCommand): readonly Write[] {
  const owner: Owner = { Partition: peering.Partition, PeerName: peering.Name }
  const before = state.list('services', 'name', serviceKey({ ...service, ...owner, Peer: owner.PeerName }))
  const rows = instances.map(instance => stampedService(instance, service, owner))
  const kept = new Set(rows.map(instanceKey))
  return [
    ...removeInstances(
      state,
      before.filter(row => !kept.has(instanceKey(row))),
      new Set(rows.map(nodeKey)),
    ),
    ...instances.flatMap((instance, i) => writeInstance(state, instance, rows[i]!, owner)),
  ]
}

function stampedService(
  { node, service }: ImportedInstance,
  { Name, Namespace }: ImportedServiceName,
  owner: Owner,
): Unindexed<ServiceInstance> {
  return { ...service, ...owner, Node: node.Node, Service: Name, Namespace }
}

function writeInstance(
  state: State,
  { node, checks }: ImportedInstance,
  row: Unindexed<ServiceInstance>,
  owner: Owner,
): readonly Write[] {
  const checkRows = checks.map(check => stampedCheck(check, row))
  const kept = new Set(checkRows.map(checkKey))
  const before = state.list('checks', 'instance', instanceChecksKey(row, row.Namespace, row.ID))
  const stale = before.map(checkKey).filter(key => !kept.has(key))
  const stamped = { ...node, ...owner, Node: row.Node }
  return [
    ...put(state, 'nodes', nodeKey(stamped), stamped),
    ...put(state, 'services', instanceKey(row), row),
    ...stale.map(key => ({ table: 'checks' as const, key, row: undefined })),
    ...checkRows.flatMap(check => put(state, 'checks', checkKey(check), check)),
  ]
}

function stampedCheck(
  check: ImportedInstance['checks'][number],
  service: Unindexed<ServiceInstance>,
): Unindexed<HealthCheck> {
  const { Node, Partition, Namespace, PeerName } = service
  return {
    ...check,
    ...{ Node, Partition, Namespace, PeerName },
    ServiceID: service.ID,
    ServiceName: service.Service,
    ServiceTags: service.Tags,
    Interval: '',
    Timeout: '',
    ExposedPort: 0,
    Definition: {},
  }
}

function importList(state: State, peering: Peering, { services }: ImportListCommand): readonly Write[] {
  const owner = joinKey(peering.Partition, peering.Name)
  const exported = new Set(
    services.map(service => serviceKey({ ...service, Partition: peering.Partition, Peer: peering.Name })),
  )
  const gone = state.list('services', 'all', owner).filter(row => !exported.has(serviceKey(nameOf(row))))
  return removeInstances(state, gone, new Set())
}

/** Removes instances with their checks, and nodes that then hold nothing, except those in `busy`. */
function removeInstances(state: State, gone: readonly ServiceInstance[], busy: ReadonlySet<string>): readonly Write[] {
  const keys = new Set(gone.map(instanceKey))
  const nodes = new Set(gone.map(nodeKey))
  const idle = [...nodes].filter(
    node => !busy.has(node) && state.list('services', 'node', node).every(row => keys.has(instanceKey(row))),
  )
  return [
    ...gone.flatMap(row => removeChecks(state, instanceChecksKey(row, row.Namespace, row.ID))),
    ...[...keys].map(key => ({ table: 'services' as const, key, row: undefined })),
    ...idle.flatMap(node => remove(state, 'nodes', node)),
  ]
}

function removeChecks(state: State, instance: string): readonly Write[] {
  return state
    .list('checks', 'instance', instance)
    .map(check => ({ table: 'checks', key: checkKey(check), row: undefined }))
}

/** The roots also take the place of the authorities that the peer's servers are verified by: those of the token may be over. */
function importBundle(state: State, peering: Peering, { bundle }: ImportBundleCommand): Reduced {
  const { Name, Partition } = peering
  const { TrustDomain } = bundle
  if (TrustDomain === state.get('caRoots', '')?.TrustDomain) {
    return refuse(new Fault('invalid', `TrustDomain: ${TrustDomain} is this cluster's own`))
  }
  const holder = trustDomainHolder(state, TrustDomain, { Name, Partition })
  if (holder !== undefined) {
    return refuse(new Fault('invalid', `TrustDomain: ${TrustDomain} is that of peering "${holder}" already`))
  }
  const row = { ...bundle, PeerName: Name, Partition }
  const { CreateIndex, ModifyIndex, ...rest } = peering
  return done([
    ...put(state, 'peerTrustBundles', trustBundleKey(row), row),
    ...put(state, 'peerings', peeringKey(peering), { ...rest, PeerCAPems: bundle.RootPEMs }),
  ])
}

function importAddresses(state: State, peering: Peering, { addresses }: ImportAddressesCommand): readonly Write[] {
  if (!isDialer(peering)) return []
  const { CreateIndex, ModifyIndex, ...row } = peering
  return put(state, 'peerings', peeringKey(peering), { ...row, PeerServerAddresses: addresses })
}

/** Nodes with all they hold. Only what nobody can add to any more is purged. */
function purge(state: State, peering: Peering, { limit }: PurgeImportsCommand): readonly Write[] {
  if (isOpen(peering)) return []
  const nodes = state.list('nodes', 'all', joinKey(peering.Partition, peering.Name)).slice(0, limit)
  return nodes
    .map(nodeKey)
    .flatMap(node => [
      ...state
        .list('checks', 'node', node)
        .map(row => ({ table: 'checks' as const, key: checkKey(row), row: undefined })),
      ...state
        .list('services', 'node', node)
        .map(row => ({ table: 'services' as const, key: instanceKey(row), row: undefined })),
      { table: 'nodes', key: node, row: undefined },
    ])
}
