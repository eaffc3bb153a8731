// Registrations as requests of the catalog API: how an agent that is no server has its own rows written. The server decodes and
// judges them as it does those of any other client.

import type { HealthCheck } from '../model/check.ts'
import type { Unindexed } from '../model/row.ts'
import type { ServiceInstance } from '../model/service.ts'
import type { DeregisterCommand, RegisterCommand } from '../store/commands.ts'
import type { Method } from './define-route.ts'

export interface ApiRequest {
  readonly method: Method
  readonly path: string
  readonly body: unknown
}

/** Requests that together do what the command does, in any order. A service and its checks arrive in one. */
export function registrationRequests(command: RegisterCommand | DeregisterCommand): readonly ApiRequest[] {
  if (command.type === 'deregister') return [deregistration(command)]
  const { services, checks } = command
  const attached = services.map(service => checks.filter(check => isOf(check, service)))
  const others = checks.filter(check => !services.some(service => isOf(check, service)))
  const requests = services.map((service, i) => registration(command, withoutNode(service), attached[i] ?? []))
  return services.length > 0 && others.length === 0 ? requests : [registration(command, undefined, others), ...requests]
}

function isOf(check: Unindexed<HealthCheck>, service: Unindexed<ServiceInstance>): boolean {
  return check.ServiceID === service.ID && check.Namespace === service.Namespace
}

function withoutNode(service: Unindexed<ServiceInstance>): Omit<Unindexed<ServiceInstance>, 'Node'> {
  const { Node, ...rest } = service
  return rest
}

function registration(
  { node, skipNodeUpdate }: RegisterCommand,
  Service: Omit<Unindexed<ServiceInstance>, 'Node'> | undefined,
  Checks: readonly Unindexed<HealthCheck>[],
): ApiRequest {
  const { ID, Node, Address, Datacenter, Partition, TaggedAddresses, Meta } = node
  const of = { ID, Node, Address, Datacenter, Partition, TaggedAddresses, NodeMeta: Meta }
  const body = { ...of, SkipNodeUpdate: skipNodeUpdate, ...(Service && { Service }), Checks }
  return { method: 'PUT', path: '/v1/catalog/register', body }
}

function deregistration(command: DeregisterCommand): ApiRequest {
  const { node: Node, partition: Partition, namespace: Namespace, serviceId: ServiceID, checkId: CheckID } = command
  return { method: 'PUT', path: '/v1/catalog/deregister', body: { Node, Partition, Namespace, ServiceID, CheckID } }
}
