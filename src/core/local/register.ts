// Changes of what this agent itself runs. Pure folds for the local committer.

import { describeIssues } from '../../lib/schema.ts'
import type { CheckDefinition, Status } from '../model/check.ts'
import { Fault, invalid } from '../model/fault.ts'
import { type LocalCheck, type LocalService, localCheckKey, localServiceKey } from '../model/local.ts'
import type { Unindexed } from '../model/row.ts'
import type { ServiceDefinition } from '../model/service.ts'
import { DEFAULT_NAMESPACE, joinKey } from '../model/tenancy.ts'
import { tenancyFault } from '../store/reduce-tenancy.ts'
import { done, put, type Reduced, refuse, remove } from '../store/reduced.ts'
import type { Write } from '../store/store.ts'
import type { State } from '../store/view.ts'
import { type CheckOwner, checkCheckDefinition, expandCheck } from './expand-check.ts'
import { type ExpandContext, type Expanded, expandService } from './expand-service.ts'

/** What a registration needs to know beyond the state. */
export interface RegisterOptions extends Omit<ExpandContext, 'portOf' | 'isPortTaken'> {
  /** Drops checks attached to the service that the definition does not name. */
  readonly replaceChecks: boolean
  /** False where nobody has said yet which partitions and namespaces there are. */
  readonly judgesTenancy?: boolean
}

/**
 * Registers a service with its nested sidecar and checks. A sidecar that was there stays, also when its parent has none any
 * more: only deregistering the parent, or the file that defined both, takes it away.
 */
export function registerService(state: State, definition: ServiceDefinition, options: RegisterOptions): Reduced {
  const expansion = expandService(definition, { ...options, ...portsOf(state) })
  if (!expansion.ok) return refuse(invalid('Invalid service', expansion.issues))
  const judged = options.judgesTenancy === false ? [] : expansion.expanded.services
  for (const { Instance } of judged) {
    const wrong = tenancyFault(state, Instance.Partition, Instance.Namespace)
    if (wrong !== undefined) return refuse(wrong)
  }
  return done(serviceWrites(state, expansion.expanded, options.replaceChecks))
}

function serviceWrites(state: State, expanded: Expanded, replaceChecks: boolean): readonly Write[] {
  const checkKeys = new Set(expanded.checks.map(localCheckKey))
  const before = replaceChecks ? expanded.services.flatMap(service => checksOf(state, service)) : []
  const stale = before.filter(check => !checkKeys.has(localCheckKey(check)))
  return [
    ...stale.flatMap(check => remove(state, 'localChecks', localCheckKey(check))),
    ...expanded.services.flatMap(service => put(state, 'localServices', localServiceKey(service.Instance), service)),
    ...expanded.checks.flatMap(check => put(state, 'localChecks', localCheckKey(check), keepStatus(state, check))),
  ]
}

/** A check registered again unchanged goes on from the status it has: nothing is taken out of service by a restart. */
function keepStatus(state: State, check: Unindexed<LocalCheck>): Unindexed<LocalCheck> {
  const before = state.get('localChecks', localCheckKey(check))
  if (before === undefined || before.Type !== check.Type || before.ServiceID !== check.ServiceID) return check
  return { ...check, Status: before.Status, Output: before.Output, ExposedPort: before.ExposedPort }
}

/** Removes a service, its sidecar and their checks. */
export function deregisterService(state: State, namespace: string, partition: string, id: string): Reduced {
  const service = state.get('localServices', localServiceKey({ Namespace: namespace, Partition: partition, ID: id }))
  if (service === undefined) return refuse(unknownService(id))
  const sidecars = state.list('localServices', 'parent', id)
  return done([...removal(state, service), ...sidecars.flatMap(sidecar => removal(state, sidecar))])
}

/** Removes every row that came from files and is not among `kept`. */
export function dropFileRows(state: State, kept: ReadonlySet<string>): Reduced {
  const services = state
    .list('localServices', 'all', '')
    .filter(row => row.Origin === 'file' && !kept.has(row.Instance.ID))
  const checks = state
    .list('localChecks', 'all', '')
    .filter(row => row.Origin === 'file' && row.ServiceID === '' && !kept.has(row.CheckID))
  return done([
    ...services.flatMap(service => removal(state, service)),
    ...checks.flatMap(check => remove(state, 'localChecks', localCheckKey(check))),
  ])
}

/** Registers a check of a service or, without ServiceID, of the node. */
export function registerCheck(state: State, definition: CheckDefinition, options: RegisterOptions): Reduced {
  if (!definition.Name) return refuse(new Fault('invalid', 'Missing check name'))
  const issues = checkCheckDefinition(definition, '', options.scripts)
  if (issues.length > 0) return refuse(new Fault('invalid', describeIssues(issues), { issues }))
  const owner = ownerOf(state, definition, options)
  if (owner === undefined) return refuse(new Fault('not-found', `ServiceID "${definition.ServiceID}" does not exist`))
  const named = { ...definition, CheckID: definition.CheckID || definition.Name }
  const check = expandCheck(named, owner, undefined)
  return done(put(state, 'localChecks', localCheckKey(check), keepStatus(state, check)))
}

function ownerOf(state: State, definition: CheckDefinition, options: RegisterOptions): CheckOwner | undefined {
  const Partition = definition.Partition || options.partition
  const Namespace = definition.Namespace || DEFAULT_NAMESPACE
  const shared = { Namespace, Partition, origin: options.origin, token: definition.Token ?? '' }
  if (!definition.ServiceID) return { ServiceID: '', ServiceName: '', ServiceTags: [], ...shared }
  const service = state.get('localServices', localServiceKey({ Partition, Namespace, ID: definition.ServiceID }))
  if (service === undefined) return undefined
  const { ID, Service, Tags } = service.Instance
  return { ServiceID: ID, ServiceName: Service, ServiceTags: Tags, ...shared }
}

/** Removes a check. */
export function deregisterCheck(state: State, namespace: string, partition: string, id: string): Reduced {
  const key = localCheckKey({ Namespace: namespace, Partition: partition, CheckID: id })
  if (state.get('localChecks', key) === undefined) return refuse(unknownCheck(id))
  return done(remove(state, 'localChecks', key))
}

/** Records what a check found; nothing happens if it is gone meanwhile. */
export function setCheckStatus(state: State, key: string, status: Status, output: string): Reduced {
  const check = state.get('localChecks', key)
  if (check === undefined) return done([])
  const { CreateIndex, ModifyIndex, ...row } = check
  return done(put(state, 'localChecks', key, { ...row, Status: status, Output: output }))
}

export const NODE_MAINTENANCE = '_node_maintenance'

export interface Maintenance {
  /** '' for the node. */
  readonly serviceId: string
  /** Of the service. */
  readonly namespace: string
  readonly enable: boolean
  readonly reason: string
}

/** Maintenance mode of a service, or of the node when `serviceId` is '': a critical check that stays until it is ended. */
export function setMaintenance(state: State, options: RegisterOptions, change: Maintenance): Reduced {
  const { serviceId, namespace, enable, reason } = change
  const owner = ownerOf(state, serviceId === '' ? {} : { ServiceID: serviceId, Namespace: namespace }, options)
  if (owner === undefined) return refuse(unknownService(serviceId))
  const CheckID = serviceId === '' ? NODE_MAINTENANCE : `_service_maintenance:${serviceId}`
  const key = localCheckKey({ ...owner, CheckID })
  if (!enable) return done(remove(state, 'localChecks', key))
  const what = serviceId === '' ? 'node' : 'service'
  const check: Unindexed<LocalCheck> = {
    ...expandCheck({ CheckID }, owner, undefined),
    Name: serviceId === '' ? 'Node Maintenance Mode' : 'Service Maintenance Mode',
    Type: 'maintenance',
    Notes:
      reason || `Maintenance mode is enabled for this ${what}, but no reason was provided. This is a default message.`,
    Status: 'critical',
  }
  return done(put(state, 'localChecks', key, check))
}

/** The answer for a service id this agent does not have. */
export function unknownService(id: string): Fault {
  const text = `Unknown service ID "${id}". Ensure that the service ID is passed, not the service name.`
  return new Fault('not-found', text)
}

/** The answer for a check id this agent does not have. */
export function unknownCheck(id: string): Fault {
  return new Fault('not-found', `Unknown check ID "${id}". Ensure that the check ID is passed, not the check name.`)
}

function removal(state: State, service: Unindexed<LocalService>): readonly Write[] {
  const checks = checksOf(state, service).flatMap(check => remove(state, 'localChecks', localCheckKey(check)))
  return [...remove(state, 'localServices', localServiceKey(service.Instance)), ...checks]
}

function checksOf(state: State, service: Unindexed<LocalService>): readonly LocalCheck[] {
  const { Partition, Namespace, ID } = service.Instance
  return state.list('localChecks', 'service', joinKey(Partition, Namespace, ID))
}

function portsOf(state: State): Pick<ExpandContext, 'portOf' | 'isPortTaken'> {
  return {
    portOf: service => state.get('localServices', localServiceKey(service))?.Instance.Port || undefined,
    isPortTaken(port, service) {
      const key = localServiceKey(service)
      return state.list('localServices', 'port', String(port)).some(row => localServiceKey(row.Instance) !== key)
    },
  }
}
