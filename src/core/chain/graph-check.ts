// Rules across entries, checked before a config entry is written or deleted: no chain may stop compiling, and what needs an
// HTTP-like protocol or the mesh's consent must have it.

import type { Issue } from '../../lib/schema.ts'
import type { NewEntry } from '../entries/define-entry.ts'
import type { ExportedServices } from '../entries/exported-services.ts'
import type { ConfigEntry } from '../entries/index.ts'
import type { SamenessGroup } from '../entries/sameness-group.ts'
import { resolverReferences } from '../entries/service-resolver.ts'
import { routerReferences } from '../entries/service-router.ts'
import { splitterReferences } from '../entries/service-splitter.ts'
import { joinKey } from '../model/tenancy.ts'
import { compileChain } from './assemble.ts'
import type { EntryGraph, ServiceId } from './entries.ts'
import { displayName, isHttpLike, serviceProtocol } from './protocol.ts'

/** The entry written, or the one that was deleted. */
type Changed = NewEntry<ConfigEntry>

/**
 * What a change of one entry would break. `graph` shows the entries as they would be after the change; `datacenter` is where
 * chains are judged.
 */
export function checkEntryWrite(graph: EntryGraph, changed: Changed, datacenter: string): Issue[] {
  switch (changed.Kind) {
    case 'service-router':
    case 'service-splitter':
    case 'service-resolver':
      return checkServices(graph, affectedBy(graph, changed), datacenter)
    case 'service-defaults':
      return [...checkServices(graph, affectedBy(graph, changed), datacenter), ...checkPermissive(graph, changed)]
    case 'proxy-defaults':
      return [...checkServices(graph, distinct(graph.services()), datacenter), ...checkPermissive(graph, changed)]
    case 'service-intentions':
      return checkServices(graph, [changed], datacenter)
    case 'exported-services':
      return unknownGroups(graph, changed)
    case 'sameness-group':
      return [
        ...checkServices(graph, distinct(graph.services()), datacenter),
        ...unknownGroups(graph, graph.exportedServices(changed.Partition)),
        ...checkOneDefault(graph, changed),
      ]
    case 'mesh':
      return []
  }
}

function checkServices(graph: EntryGraph, services: readonly ServiceId[], datacenter: string): Issue[] {
  const messages = new Set<string>()
  for (const service of services) {
    const { Name, Namespace, Partition } = service
    const request = {
      service: Name,
      namespace: Namespace,
      partition: Partition,
      datacenter,
      trustDomain: '',
      isJudged: true,
    }
    const compiled = compileChain(request, graph)
    if (!compiled.ok) messages.add(compiled.message)
    for (const problem of intentionProblems(graph, service)) messages.add(problem)
  }
  return [...messages].map(message => ({ path: '', message }))
}

/** The service itself and everyone whose chain may come to it. */
function affectedBy(graph: EntryGraph, changed: ServiceId): ServiceId[] {
  const referrers = new Map<string, ServiceId[]>()
  for (const service of distinct(graph.services())) {
    for (const reference of referencesOf(graph, service)) {
      const key = keyOf(reference)
      const known = referrers.get(key)
      if (known === undefined) referrers.set(key, [service])
      else known.push(service)
    }
  }
  const affected = new Map([[keyOf(changed), changed]])
  // A Map hands out entries that are added while it is walked, so this ends when nobody new was found.
  for (const key of affected.keys()) {
    for (const referrer of referrers.get(key) ?? []) affected.set(keyOf(referrer), referrer)
  }
  return [...affected.values()]
}

function referencesOf(graph: EntryGraph, service: ServiceId): ServiceId[] {
  const router = graph.router(service)
  const splitter = graph.splitter(service)
  const resolver = graph.resolver(service)
  return [
    ...(router ? routerReferences(router) : []),
    ...(splitter ? splitterReferences(splitter) : []),
    ...(resolver ? resolverReferences(resolver) : []),
  ]
}

function distinct(services: Iterable<ServiceId>): ServiceId[] {
  return [...new Map(Array.from(services, service => [keyOf(service), service])).values()]
}

function keyOf(service: ServiceId): string {
  return joinKey(service.Partition, service.Namespace, service.Name)
}

/** Rules about requests only make sense where there are requests. JWT providers do not exist as entries. */
function intentionProblems(graph: EntryGraph, service: ServiceId): string[] {
  const entry = graph.intentions(service)
  if (entry === undefined) return []
  const permissions = entry.Sources.flatMap(source => source.Permissions ?? [])
  const providers = [entry.JWT, ...permissions.map(permission => permission.JWT)].flatMap(jwt => jwt?.Providers ?? [])
  const unknown = [...new Set(providers.map(provider => provider.Name))]
  const problems = unknown.map(name => {
    return `service "${displayName(service)}" has intentions that refer to the JWT provider "${name}", which does not exist`
  })
  for (const { SamenessGroup: group } of entry.Sources) {
    if (group === undefined || graph.samenessGroup(group, service.Partition) !== undefined) continue
    const what = `the sameness group "${group}", which does not exist`
    problems.push(`service "${displayName(service)}" has intentions that refer to ${what}`)
  }
  const protocol = serviceProtocol(graph, service)
  if (isHttpLike(protocol) || (permissions.length === 0 && providers.length === 0)) return problems
  const what = 'which is incompatible with L7 intentions permissions'
  return [...problems, `service "${displayName(service)}" has protocol "${protocol}", ${what}`]
}

/** Groups that services are exported to although there are none of that name. */
function unknownGroups(graph: EntryGraph, exported: NewEntry<ExportedServices> | undefined): Issue[] {
  return (exported?.Services ?? []).flatMap(({ Consumers }, i) =>
    Consumers.flatMap(({ SamenessGroup: group }, j) => {
      if (group === undefined || graph.samenessGroup(group, exported?.Partition ?? '') !== undefined) return []
      const path = `Services[${i}].Consumers[${j}].SamenessGroup`
      const message = `Services[${i}].Consumers[${j}]: exported-services refers to the sameness group "${group}", which does not exist`
      return [{ path, message }]
    }),
  )
}

function checkOneDefault(graph: EntryGraph, changed: NewEntry<SamenessGroup>): Issue[] {
  const others = graph.samenessGroups(changed.Partition).filter(group => group.DefaultForFailover)
  const isThere = others.some(group => group.Name === changed.Name)
  const other = others.find(group => group.Name !== changed.Name)
  if (!isThere || other === undefined) return []
  const message = `sameness group "${other.Name}" is the default for failover of partition "${changed.Partition}" already; there can be one`
  return [{ path: 'DefaultForFailover', message }]
}

function checkPermissive(graph: EntryGraph, changed: Changed): Issue[] {
  const asks = 'MutualTLSMode' in changed && changed.MutualTLSMode === 'permissive'
  if (!asks || graph.mesh(changed.Partition)?.AllowEnablingPermissiveMutualTLS) return []
  const message =
    'cannot set MutualTLSMode=permissive because AllowEnablingPermissiveMutualTLS=false in the mesh config entry'
  return [{ path: 'MutualTLSMode', message }]
}
