// The difference between what this agent runs and what the catalog says of it, as the commands that remove it.

import { deepEqual } from '../../lib/deep-equal.ts'
import { checkKey, type HealthCheck, SERF_HEALTH } from '../model/check.ts'
import type { LocalCheck } from '../model/local.ts'
import type { CatalogNode } from '../model/node.ts'
import { nodeKey } from '../model/node.ts'
import type { Unindexed } from '../model/row.ts'
import { instanceKey, type ServiceInstance } from '../model/service.ts'
import { splitKey } from '../model/tenancy.ts'
import type { Command } from '../store/commands.ts'
import type { Write } from '../store/store.ts'
import type { State } from '../store/view.ts'

/** The commands that bring one batch of local changes into the catalog; the cost is that of the batch. */
export function syncChanges(state: State, node: Unindexed<CatalogNode>, writes: readonly Write[]): readonly Command[] {
  const owner = { type: 'deregister' as const, node: node.Node, partition: node.Partition, peer: '' }
  const services: Unindexed<ServiceInstance>[] = []
  const checks: Unindexed<HealthCheck>[] = []
  const removed: Command[] = []
  for (const { table, key } of writes) {
    if (table === 'localServices') {
      const row = state.get('localServices', key)
      const [, namespace = '', serviceId = ''] = splitKey(key)
      if (row === undefined) removed.push({ ...owner, namespace, serviceId, checkId: '' })
      else services.push(row.Instance)
    }
    if (table === 'localChecks') {
      const row = state.get('localChecks', key)
      const [, namespace = '', checkId = ''] = splitKey(key)
      if (row === undefined) removed.push({ ...owner, namespace, serviceId: '', checkId })
      else checks.push(toCatalogCheck(row, node))
    }
  }
  if (services.length === 0 && checks.length === 0) return removed
  return [...removed, { type: 'register', node, skipNodeUpdate: false, services, checks }]
}

/** What an agent shows of itself, beside the services and checks registered with it. */
export interface OwnRows {
  readonly node: Unindexed<CatalogNode>
  readonly services: readonly Unindexed<ServiceInstance>[]
  /** Whether the agent itself says that it is alive. Of a client agent its server says so. */
  readonly saysAlive: boolean
}

/** The commands that make the catalog's rows of a node equal to the local ones; empty when they are. Reads all of them. */
export function syncAll(state: State, { node, services: own, saysAlive }: OwnRows): readonly Command[] {
  const services = [...own, ...state.list('localServices', 'all', '').map(row => row.Instance)]
  const alive = serfHealth(node)
  const checks = [
    ...(saysAlive ? [alive] : []),
    ...state.list('localChecks', 'all', '').map(check => toCatalogCheck(check, node)),
  ]
  const stale = services.filter(service => differs(state.get('services', instanceKey(service)), service))
  const staleChecks = checks.filter(check => differs(state.get('checks', checkKey(check)), check))
  const removed = removals(state, node, new Set(services.map(instanceKey)), new Set([alive, ...checks].map(checkKey)))
  const nodeChanged = differs(state.get('nodes', nodeKey(node)), node)
  if (!nodeChanged && stale.length === 0 && staleChecks.length === 0) return removed
  return [...removed, { type: 'register', node, skipNodeUpdate: false, services: stale, checks: staleChecks }]
}

function removals(
  state: State,
  node: Unindexed<CatalogNode>,
  services: ReadonlySet<string>,
  checks: ReadonlySet<string>,
): Command[] {
  const owner = { type: 'deregister' as const, node: node.Node, partition: node.Partition, peer: '' }
  const goneServices = state.list('services', 'node', nodeKey(node)).filter(row => !services.has(instanceKey(row)))
  const gone = new Set(goneServices.map(row => row.ID))
  const goneChecks = state
    .list('checks', 'node', nodeKey(node))
    .filter(row => !checks.has(checkKey(row)) && !(row.ServiceID !== '' && gone.has(row.ServiceID)))
  return [
    ...goneServices.map(row => ({ ...owner, namespace: row.Namespace, serviceId: row.ID, checkId: '' })),
    ...goneChecks.map(row => ({ ...owner, namespace: row.Namespace, serviceId: '', checkId: row.CheckID })),
  ]
}

/** The check that says this agent is alive. */
export function serfHealth(node: Pick<CatalogNode, 'Node' | 'Partition'>): Unindexed<HealthCheck> {
  return {
    Node: node.Node,
    CheckID: SERF_HEALTH,
    Name: 'Serf Health Status',
    Status: 'passing',
    Notes: '',
    Output: 'Agent alive and reachable',
    ServiceID: '',
    ServiceName: '',
    ServiceTags: [],
    Type: '',
    Interval: '',
    Timeout: '',
    ExposedPort: 0,
    Partition: node.Partition,
    Namespace: 'default',
    PeerName: '',
    Definition: {},
  }
}

/** A local check as the catalog shows it. */
export function toCatalogCheck(check: LocalCheck, node: Pick<CatalogNode, 'Node'>): Unindexed<HealthCheck> {
  return {
    Node: node.Node,
    CheckID: check.CheckID,
    Name: check.Name,
    Status: check.Status,
    Notes: check.Notes,
    Output: check.Output,
    ServiceID: check.ServiceID,
    ServiceName: check.ServiceName,
    ServiceTags: check.ServiceTags,
    Type: check.Type,
    Interval: check.Definition.Interval ?? '',
    Timeout: check.Definition.Timeout ?? '',
    ExposedPort: check.ExposedPort,
    Partition: check.Partition,
    Namespace: check.Namespace,
    PeerName: '',
    Definition: {},
  }
}

function differs(before: object | undefined, wanted: object): boolean {
  if (before === undefined) return true
  const { CreateIndex, ModifyIndex, ...rest }: Record<string, unknown> = { ...before }
  return !deepEqual(rest, { ...wanted })
}
