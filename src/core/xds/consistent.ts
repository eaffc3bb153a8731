// Whether the resources of one proxy belong together: every name one of them uses is another one's name. For tests and development.

import { isMessage, type Message } from '@bufbuild/protobuf'
import { RouteActionSchema, WeightedClusterSchema } from '../../gen/envoy/config/route/v3/route_components_pb.ts'
import { ClusterConfigSchema } from '../../gen/envoy/extensions/clusters/aggregate/v3/cluster_pb.ts'
import { RdsSchema } from '../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import {
  TcpProxy_WeightedClusterSchema,
  TcpProxySchema,
} from '../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts'
import type { Issue } from '../../lib/schema.ts'
import { messageOf, schemaOf } from '../envoy/make-resource.ts'
import { type Resource, type ResourceSet, type ResourceType, resourceTypes } from '../envoy/resource.ts'
import { walkMessages } from '../envoy/walk.ts'

/** What a set may rightly lack. */
export interface Exceptions {
  /** EDS clusters whose endpoints are not known yet, which is something else than having none. */
  readonly unknownEndpoints?: ReadonlySet<string>
  /** Clusters Envoy has from its bootstrap configuration. */
  readonly bootstrapClusters?: ReadonlySet<string>
}

/**
 * Everything that does not fit: repeated names, resources Envoy would refuse, EDS clusters without endpoints, route
 * configurations and clusters that are used but not there. Paths start like `listener public:0.0.0.0:20000`.
 */
export function consistent(set: ResourceSet, exceptions: Exceptions = {}): Issue[] {
  const names = (type: ResourceType) => new Set(set[type].map(resource => resource.name))
  const known: Known = {
    endpoints: new Set([...names('endpoints'), ...(exceptions.unknownEndpoints ?? [])]),
    cluster: new Set([...names('cluster'), ...(exceptions.bootstrapClusters ?? [])]),
    route: names('route'),
  }
  const all = resourceTypes.flatMap(type => set[type])
  return [...repeatedNames(set), ...all.flatMap(ownIssues), ...all.flatMap(resource => danglingNames(resource, known))]
}

type Known = Readonly<Record<'endpoints' | 'cluster' | 'route', ReadonlySet<string>>>

function repeatedNames(set: ResourceSet): Issue[] {
  return resourceTypes.flatMap(type => {
    const seen = new Set<string>()
    const repeated = set[type].filter(({ name }) => seen.size === seen.add(name).size)
    return repeated.map(resource => ({ path: label(resource), message: 'name is used twice' }))
  })
}

function ownIssues(resource: Resource): Issue[] {
  return resource.issues.map(({ path, message }) => ({ path: `${label(resource)} ${path}`, message }))
}

function danglingNames(resource: Resource, known: Known): Issue[] {
  const issues: Issue[] = []
  const need = (type: keyof Known, name: string, path: string): void => {
    if (!known[type].has(name))
      issues.push({ path: `${label(resource)}${path && ` ${path}`}`, message: `no ${type} ${name}` })
  }
  if (resource.type === 'cluster') for (const name of resource.children) need('endpoints', name, '')
  if (resource.type === 'secret' || resource.type === 'endpoints') return issues

  walkMessages(schemaOf(resource.type), messageOf(resource), (message, path) => {
    for (const name of clustersUsed(message)) need('cluster', name, path)
    if (isMessage(message, RdsSchema)) need('route', message.routeConfigName, path)
  })
  return issues
}

/** Names of clusters a single message uses, itself, not through messages inside it. */
function clustersUsed(message: Message): readonly string[] {
  if (isMessage(message, TcpProxySchema)) return clusterChoice(message.clusterSpecifier)
  if (isMessage(message, RouteActionSchema)) {
    return [...clusterChoice(message.clusterSpecifier), ...message.requestMirrorPolicies.map(({ cluster }) => cluster)]
  }
  if (isMessage(message, TcpProxy_WeightedClusterSchema)) return message.clusters.map(({ name }) => name)
  if (isMessage(message, WeightedClusterSchema)) return message.clusters.map(({ name }) => name)
  return isMessage(message, ClusterConfigSchema) ? message.clusters : []
}

/** An empty cluster name means that a filter before chooses, as `sni_cluster` does. */
function clusterChoice(choice: { readonly case: string | undefined; readonly value?: unknown }): readonly string[] {
  return choice.case === 'cluster' && typeof choice.value === 'string' && choice.value !== '' ? [choice.value] : []
}

function label(resource: Resource): string {
  return `${resource.type} ${resource.name}`
}
