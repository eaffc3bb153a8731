// What the catalog endpoints ask: nodes, service names, instances without their health, datacenters.

import { type CatalogNode, nodeKey } from '../model/node.ts'
import type { ServiceInstance } from '../model/service.ts'
import { isInNamespace, joinKey, type ServiceName, serviceKey, type Tenancy } from '../model/tenancy.ts'
import { defineQuery, type View } from '../store/view.ts'
import { hasNodeMeta, type NodeMeta } from './node-meta.ts'
import { mergedProxyConfig } from './service-config.ts'

export interface NodesArg {
  readonly partition: string
  readonly peer: string
  readonly nodeMeta: NodeMeta
}

/** All nodes of a partition, or of a peer. */
export const catalogNodes = defineQuery<NodesArg, readonly CatalogNode[]>({
  name: 'catalog-nodes',
  key: arg => joinKey(arg.partition, arg.peer, JSON.stringify(arg.nodeMeta)),
  run: (view, arg) =>
    view.list('nodes', 'all', joinKey(arg.partition, arg.peer)).filter(node => hasNodeMeta(node.Meta, arg.nodeMeta)),
})

export interface ServicesArg extends Tenancy {
  readonly peer: string
  readonly nodeMeta: NodeMeta
}

/** The name of a service and the tags its instances carry. */
export type TaggedName = readonly [string, readonly string[]]

/** The names of all services with their tags, sorted by name. */
export const catalogServices = defineQuery<ServicesArg, readonly TaggedName[]>({
  name: 'catalog-services',
  key: servicesKey,
  run: (view, arg) => taggedNames(servicesOf(view, arg).filter(service => isOnNode(view, service, arg.nodeMeta))),
})

const allInstances = defineQuery<ServicesArg, readonly InstanceOnNode[]>({
  name: 'catalog-all-instances',
  key: servicesKey,
  run: (view, arg) => onNodes(view, servicesOf(view, arg), { tags: [], nodeMeta: arg.nodeMeta, isMerged: false }),
})

/** Names as they are; or, for a filter over instances, the instances to make them of. */
export type ServicesFound =
  | { readonly names: readonly TaggedName[] }
  | { readonly instances: readonly InstanceOnNode[] }

export const servicesFound = defineQuery<ServicesArg & { readonly isFiltered: boolean }, ServicesFound>({
  name: 'services-found',
  key: arg => joinKey(servicesKey(arg), String(arg.isFiltered)),
  run: (view, arg) =>
    arg.isFiltered ? { instances: view.derive(allInstances, arg) } : { names: view.derive(catalogServices, arg) },
})

function servicesKey(arg: ServicesArg): string {
  return joinKey(arg.Partition, arg.Namespace, arg.peer, JSON.stringify(arg.nodeMeta))
}

function servicesOf(view: View, arg: ServicesArg): readonly ServiceInstance[] {
  const services = view.list('services', 'all', joinKey(arg.Partition, arg.peer))
  return services.filter(service => isInNamespace(service.Namespace, arg.Namespace))
}

/** The names of some instances with all their tags, sorted by name. */
export function taggedNames(services: readonly ServiceInstance[]): readonly TaggedName[] {
  const tagsOf = new Map<string, Set<string>>()
  for (const service of services) {
    let tags = tagsOf.get(service.Service)
    if (tags === undefined) tagsOf.set(service.Service, (tags = new Set()))
    for (const tag of service.Tags) tags.add(tag)
  }
  return [...tagsOf].map(([name, tags]) => [name, [...tags]] as const).sort(byName)
}

function isOnNode(view: View, service: ServiceInstance, nodeMeta: NodeMeta): boolean {
  if (nodeMeta.length === 0) return true
  const node = view.get('nodes', nodeKey(service))
  return node !== undefined && hasNodeMeta(node.Meta, nodeMeta)
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1
}

export interface InstancesArg {
  readonly name: ServiceName
  /** Only instances that carry all of these, in any letter case. */
  readonly tags: readonly string[]
  readonly nodeMeta: NodeMeta
  /** Proxy blocks are shown with central configuration merged in. */
  readonly isMerged: boolean
}

/** The key of a question about the instances of a service. */
export function instancesKey(arg: InstancesArg): string {
  const name = serviceKey(arg.name)
  if (arg.tags.length === 0 && arg.nodeMeta.length === 0 && !arg.isMerged) return name
  return joinKey(name, JSON.stringify([arg.tags, arg.nodeMeta, arg.isMerged]))
}

export interface InstanceOnNode {
  readonly Node: CatalogNode
  readonly Service: ServiceInstance
}

/** The instances of a service with their nodes. */
export const catalogInstances = defineQuery<InstancesArg, readonly InstanceOnNode[]>({
  name: 'catalog-instances',
  key: instancesKey,
  run: (view, arg) => onNodes(view, view.list('services', 'name', serviceKey(arg.name)), arg),
})

/** What is dialled to reach a service over mTLS, with nodes. */
export const catalogConnectInstances = defineQuery<InstancesArg, readonly InstanceOnNode[]>({
  name: 'catalog-connect-instances',
  key: instancesKey,
  run: (view, arg) => onNodes(view, view.list('services', 'connect', serviceKey(arg.name)), arg),
})

function onNodes(
  view: View,
  services: readonly ServiceInstance[],
  arg: Omit<InstancesArg, 'name'>,
): readonly InstanceOnNode[] {
  return services.flatMap(service => {
    if (!hasTags(service.Tags, arg.tags)) return []
    const node = view.get('nodes', nodeKey(service))
    if (node === undefined || !hasNodeMeta(node.Meta, arg.nodeMeta)) return []
    return [{ Node: node, Service: arg.isMerged ? withCentralConfig(view, service) : service }]
  })
}

/** A proxy or gateway with central configuration merged into its Proxy block; other instances as they are. */
export function withCentralConfig(view: View, service: ServiceInstance): ServiceInstance {
  return service.Kind === '' ? service : { ...service, Proxy: mergedProxyConfig(view, service) }
}

/** Whether all wanted tags are there, in any letter case. */
export function hasTags(tags: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every(tag => tags.some(other => other.toLowerCase() === tag.toLowerCase()))
}

export interface NodeArg extends Tenancy {
  readonly node: string
  readonly peer: string
  readonly isMerged: boolean
}

export interface NodeServices {
  readonly Node: CatalogNode
  readonly Services: readonly ServiceInstance[]
}

/** A node with all that is registered on it; undefined when there is no such node. */
export const nodeServices = defineQuery<NodeArg, NodeServices | undefined>({
  name: 'node-services',
  key: arg => joinKey(arg.Partition, arg.Namespace, arg.peer, arg.node, arg.isMerged ? 'merged' : ''),
  run(view, arg) {
    const key = nodeKey({ Partition: arg.Partition, PeerName: arg.peer, Node: arg.node })
    const node = view.get('nodes', key)
    if (node === undefined) return undefined
    const services = view.list('services', 'node', key).filter(service => service.Namespace === arg.Namespace)
    return { Node: node, Services: arg.isMerged ? services.map(each => withCentralConfig(view, each)) : services }
  },
})

/** The services that a gateway's config entry links to it. Mesh gateways carry all services and have no such entry. */
export const gatewayServices = defineQuery<{ readonly gateway: string }, readonly never[]>({
  name: 'gateway-services',
  key: arg => arg.gateway,
  run: () => [],
})

/** All datacenters: our own first, then the others of the federation by name. Failed ones stay until they have left. */
export const datacenters = defineQuery<undefined, readonly string[]>({
  name: 'datacenters',
  key: () => '',
  run(view) {
    const own = view.self.datacenter
    const members = view.list('members', 'all', '').filter(member => member.Status !== 'left')
    const others = new Set(members.map(member => member.Datacenter).filter(name => name !== own))
    return [own, ...[...others].sort()]
  },
})
