// What the health endpoints ask: instances with their checks, and checks by node, service and state.

import type { HealthCheck, Status } from '../model/check.ts'
import type { CheckServiceNode } from '../model/fact.ts'
import { nodeKey } from '../model/node.ts'
import { isInNamespace, joinKey, serviceKey, type Tenancy } from '../model/tenancy.ts'
import { defineQuery, type View } from '../store/view.ts'
import { hasTags, type InstancesArg, instancesKey, type NodeArg, withCentralConfig } from './catalog.ts'
import { aggregateStatus, connectInstances, serviceInstances } from './instances.ts'
import { hasNodeMeta, type NodeMeta } from './node-meta.ts'

export interface HealthArg extends InstancesArg {
  /** Only instances whose every check passes. */
  readonly passing: boolean
}

function healthKey(arg: HealthArg): string {
  return arg.passing ? joinKey(instancesKey(arg), 'passing') : instancesKey(arg)
}

/** The instances of a service with their health. */
export const healthyInstances = defineQuery<HealthArg, readonly CheckServiceNode[]>({
  name: 'health-instances',
  key: healthKey,
  run: (view, arg) => select(view, view.derive(serviceInstances, arg.name), arg),
})

/** What is dialled to reach a service over mTLS, with its health. */
export const healthyConnectInstances = defineQuery<HealthArg, readonly CheckServiceNode[]>({
  name: 'health-connect-instances',
  key: healthKey,
  run: (view, arg) => select(view, view.derive(connectInstances, arg.name), arg),
})

function select(view: View, instances: readonly CheckServiceNode[], arg: HealthArg): readonly CheckServiceNode[] {
  const { tags, nodeMeta, passing, isMerged } = arg
  if (tags.length === 0 && nodeMeta.length === 0 && !passing && !isMerged) return instances
  const selected = instances.filter(
    ({ Node, Service, Checks }) =>
      hasTags(Service.Tags, tags) &&
      hasNodeMeta(Node.Meta, nodeMeta) &&
      (!passing || aggregateStatus(Checks) === 'passing'),
  )
  return isMerged ? selected.map(each => ({ ...each, Service: withCentralConfig(view, each.Service) })) : selected
}

/** The checks of a node and of all its instances. */
export const nodeChecks = defineQuery<NodeArg, readonly HealthCheck[]>({
  name: 'node-checks',
  key: arg => joinKey(arg.Partition, arg.Namespace, arg.peer, arg.node),
  run: (view, arg) =>
    view
      .list('checks', 'node', nodeKey({ Partition: arg.Partition, PeerName: arg.peer, Node: arg.node }))
      .filter(check => isShownIn(check, arg.Namespace)),
})

/** The checks of all instances of a service. */
export const serviceChecks = defineQuery<InstancesArg, readonly HealthCheck[]>({
  name: 'service-checks',
  key: instancesKey,
  run: (view, arg) =>
    view.list('checks', 'serviceName', serviceKey(arg.name)).filter(check => isOnNode(view, check, arg.nodeMeta)),
})

export interface StateArg extends Tenancy {
  readonly state: Status | 'any'
  readonly peer: string
  readonly nodeMeta: NodeMeta
}

/** All checks that are in a state. */
export const stateChecks = defineQuery<StateArg, readonly HealthCheck[]>({
  name: 'state-checks',
  key: arg => joinKey(arg.Partition, arg.Namespace, arg.peer, arg.state, JSON.stringify(arg.nodeMeta)),
  run: (view, arg) =>
    view
      .list('checks', 'all', joinKey(arg.Partition, arg.peer))
      .filter(
        check =>
          (arg.state === 'any' || check.Status === arg.state) &&
          isShownIn(check, arg.Namespace) &&
          isOnNode(view, check, arg.nodeMeta),
      ),
})

/** Checks of nodes belong to no namespace and are shown in each. */
function isShownIn(check: HealthCheck, namespace: string): boolean {
  return check.ServiceID === '' || isInNamespace(check.Namespace, namespace)
}

function isOnNode(view: View, check: HealthCheck, nodeMeta: NodeMeta): boolean {
  if (nodeMeta.length === 0) return true
  const node = view.get('nodes', nodeKey(check))
  return node !== undefined && hasNodeMeta(node.Meta, nodeMeta)
}
