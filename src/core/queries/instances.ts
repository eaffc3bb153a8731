// Instances of services with their node and checks: the one source for health answers, endpoints and exports.

import { checkKey, type HealthCheck, SERF_HEALTH, type Status, worstStatus } from '../model/check.ts'
import type { CheckServiceNode } from '../model/fact.ts'
import { nodeKey } from '../model/node.ts'
import type { ServiceInstance, ServiceKind } from '../model/service.ts'
import { joinKey, type ServiceName, serviceKey } from '../model/tenancy.ts'
import { instanceChecksKey } from '../store/tables.ts'
import { defineQuery, type View } from '../store/view.ts'

/** Instances registered under a name, in node and id order. */
export const serviceInstances = defineQuery<ServiceName, readonly CheckServiceNode[]>({
  name: 'service-instances',
  key: serviceKey,
  run: (view, name) => withNodes(view, view.list('services', 'name', serviceKey(name))),
})

/** What is dialled to reach a service over mTLS: its sidecars and instances that speak mTLS themselves. */
export const connectInstances = defineQuery<ServiceName, readonly CheckServiceNode[]>({
  name: 'connect-instances',
  key: serviceKey,
  run: (view, name) => withNodes(view, view.list('services', 'connect', serviceKey(name))),
})

export interface KindArg {
  readonly kind: ServiceKind
  readonly partition: string
  readonly peer: string
}

/** All instances of a kind, such as every mesh gateway of a partition. */
export const kindInstances = defineQuery<KindArg, readonly CheckServiceNode[]>({
  name: 'kind-instances',
  key: arg => joinKey(arg.partition, arg.peer, arg.kind),
  run: (view, arg) => withNodes(view, view.list('services', 'kind', joinKey(arg.partition, arg.peer, arg.kind))),
})

/** The worst status of the node's and the instance's checks. */
export function aggregateStatus(checks: readonly HealthCheck[]): Status {
  return worstStatus(checks.map(check => check.Status))
}

function withNodes(view: View, services: readonly ServiceInstance[]): readonly CheckServiceNode[] {
  return services.flatMap(service => {
    const node = view.get('nodes', nodeKey(service))
    return node === undefined ? [] : [{ Node: node, Service: service, Checks: checksOf(view, service) }]
  })
}

function checksOf(view: View, service: ServiceInstance): readonly HealthCheck[] {
  const nodeChecks = view.list('checks', 'instance', instanceChecksKey(service, '', ''))
  const own = view.list('checks', 'instance', instanceChecksKey(service, service.Namespace, service.ID))
  return [...nodeChecks, ...own]
}

/** The key of the check that says whether a node's agent is alive. */
export function serfHealthKey(node: { Partition: string; PeerName: string; Node: string }): string {
  return checkKey({ ...node, Namespace: 'default', CheckID: SERF_HEALTH })
}
