// The endpoints of a target as one Envoy resource, shared by every proxy that reaches the target in the same way.
// Here is decided whether that is the instances themselves or mesh gateways on the way to them.

import { isIpAddress } from '../envoy/address.ts'
import { type Endpoint, loadAssignment } from '../envoy/load-assignment.ts'
import { makeResource } from '../envoy/make-resource.ts'
import type { Resource } from '../envoy/resource.ts'
import { bestAddress } from '../model/address.ts'
import { type CheckServiceNode, remoteConnectKey, remoteGatewaysKey } from '../model/fact.ts'
import type { MeshGatewayMode } from '../model/mesh-gateway-mode.ts'
import { joinKey, type ServiceName, serviceKey } from '../model/tenancy.ts'
import { defineQuery, type View } from '../store/view.ts'
import { endpointHealth, usableGateways } from './instance-health.ts'
import { connectInstances, kindInstances } from './instances.ts'
import { isExportedTo, isOutOfReach } from './partition-exports.ts'
import { subsetInstances } from './subset-instances.ts'

export interface EndpointsArg {
  readonly clusterName: string
  readonly service: ServiceName
  readonly datacenter: string
  /** Which of the instances, as a filter expression; '' for all. */
  readonly filter: string
  /** Instances with a warning count as failed. */
  readonly onlyPassing: boolean
  readonly mode: MeshGatewayMode
  /** Where the proxy is; its datacenter is the agent's. */
  readonly partition: string
}

/**
 * The endpoints, or undefined while what they depend on is not known. A set that is known to be empty is a resource too.
 * Rules: inside one datacenter and partition, and in mode none, the instances; in mode remote the gateways of the target's
 * side, in mode local those of the proxy's own, all with the health of the target: healthy if one of its instances is.
 */
export const targetEndpoints = defineQuery<EndpointsArg, Resource | undefined>({
  name: 'target-endpoints',
  key: endpointsKey,
  run(view, arg) {
    const endpoints = endpointsOf(view, arg)
    return endpoints && makeResource('endpoints', loadAssignment(arg.clusterName, endpoints))
  },
  equal: sameResource,
})

/** All that decides which endpoints a target has. */
export function endpointsKey(arg: EndpointsArg): string {
  const { clusterName, service, datacenter, filter, onlyPassing, mode, partition } = arg
  return joinKey(clusterName, serviceKey(service), datacenter, filter, onlyPassing ? '1' : '0', mode, partition)
}

/** True when Envoy could not tell the two apart. */
export function sameResource(before: Resource | undefined, after: Resource | undefined): boolean {
  return before === after || (before?.version === after?.version && before?.name === after?.name)
}

function endpointsOf(view: View, arg: EndpointsArg): readonly Endpoint[] | undefined {
  // Another partition shows only what it exports, and only inside its datacenter.
  if (isOutOfReach(view, arg.service, arg) || !isExportedTo(view, arg.service, arg.partition)) return []
  const instances = targetInstances(view, arg)
  if (instances === undefined) return undefined
  const chosen = subsetInstances(instances, arg.filter)
  if (goesDirectly(view, arg)) {
    return dialled(chosen, !isNear(view, arg)).map(([instance, at]) => ({
      ...at,
      health: endpointHealth(instance, arg.onlyPassing),
    }))
  }
  const gateways = gatewaysOnTheWay(view, arg)
  if (gateways === undefined) return undefined
  const healthy = chosen.some(instance => endpointHealth(instance, arg.onlyPassing).healthy)
  return throughGateways(gateways, { wan: arg.mode === 'remote', healthy })
}

function isNear(view: View, arg: EndpointsArg): boolean {
  return arg.datacenter === view.self.datacenter && arg.service.Partition === arg.partition
}

/** True when the instances themselves are dialled. */
export function goesDirectly(view: View, arg: EndpointsArg): boolean {
  return isNear(view, arg) || arg.mode === '' || arg.mode === 'none'
}

/** Gateways as endpoints of what lies behind them: whether that is healthy is what their health says. */
export function throughGateways(
  gateways: readonly CheckServiceNode[],
  { wan, healthy }: { readonly wan: boolean; readonly healthy: boolean },
): readonly Endpoint[] {
  return dialled(usableGateways(gateways), wan).map(([gateway, at]) => {
    return { ...at, health: { healthy, weight: endpointHealth(gateway, false).weight } }
  })
}

/** Instances of the target here, or as its own datacenter last reported them. */
export function targetInstances(
  view: View,
  { service, datacenter }: EndpointsArg,
): readonly CheckServiceNode[] | undefined {
  if (datacenter === view.self.datacenter) return view.derive(connectInstances, service)
  return view.want('remote-connect', remoteConnectKey(datacenter, service))?.value
}

/** The gateways that a mode leads through, healthy or not; undefined while they are not known. */
export function gatewaysOnTheWay(view: View, arg: EndpointsArg): readonly CheckServiceNode[] | undefined {
  const partition = arg.mode === 'local' ? arg.partition : arg.service.Partition
  const datacenter = arg.mode === 'local' ? view.self.datacenter : arg.datacenter
  return meshGateways(view, datacenter, partition)
}

/** The mesh gateways of a datacenter and partition, healthy or not; undefined while they are not known. */
export function meshGateways(
  view: View,
  datacenter: string,
  partition: string,
): readonly CheckServiceNode[] | undefined {
  if (datacenter === view.self.datacenter)
    return view.derive(kindInstances, { kind: 'mesh-gateway', partition, peer: '' })
  return view.want('remote-gateways', remoteGatewaysKey(datacenter, partition))?.value
}

/** Where each instance is dialled. Host names are left out: Envoy refuses a set of endpoints that has one. */
function dialled(
  instances: readonly CheckServiceNode[],
  wan: boolean,
): readonly (readonly [CheckServiceNode, { readonly address: string; readonly port: number }])[] {
  return instances.flatMap(instance => {
    const { Address, Port } = bestAddress(instance.Node, instance.Service, wan)
    return isIpAddress(Address) ? [[instance, { address: Address, port: Port }] as const] : []
  })
}
