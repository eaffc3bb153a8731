// service-router: which requests of a service go where, by path, headers, query and method. Needs an HTTP-like protocol,
// which the discovery chain checks. A last route, everything to the service itself, is implied.

import { bool, duration, type Infer, int, list, string, withDefault } from '../../lib/schema.ts'
import { canRead, canWrite } from '../acl/permission.ts'
import { defineEntry, type EntryOf, type NewEntry } from './define-entry.ts'
import { headerModifiers } from './http-headers.ts'
import { readsOf, referencedServices, type ServiceId } from './references.ts'
import { checkRouter } from './service-router-check.ts'
import { sparse } from './sparse.ts'

const header = sparse({
  Name: withDefault(string(), ''),
  Present: bool(),
  Exact: string(),
  Prefix: string(),
  Suffix: string(),
  Regex: string(),
  Invert: bool(),
})

export type RouteHeaderMatch = Infer<typeof header>

const queryParam = sparse({ Name: withDefault(string(), ''), Present: bool(), Exact: string(), Regex: string() })

export type RouteQueryMatch = Infer<typeof queryParam>

const httpMatch = sparse({
  PathExact: string(),
  PathPrefix: string(),
  PathRegex: string(),
  CaseInsensitive: bool(),
  Header: list(header),
  QueryParam: list(queryParam),
  Methods: list(string()),
})

export type RouteHttpMatch = Infer<typeof httpMatch>

const destination = sparse({
  Service: string(),
  ServiceSubset: string(),
  Namespace: string(),
  Partition: string(),
  PrefixRewrite: string(),
  RequestTimeout: duration(),
  IdleTimeout: duration(),
  NumRetries: int({ min: 0, max: 2 ** 32 - 1 }),
  RetryOnConnectFailure: bool(),
  RetryOnStatusCodes: list(int({ min: 100, max: 599 })),
  RetryOn: list(string()),
  RequestHeaders: headerModifiers,
  ResponseHeaders: headerModifiers,
})

export type RouteDestination = Infer<typeof destination>

const route = sparse({ Match: sparse({ HTTP: httpMatch }), Destination: destination })

export type ServiceRoute = Infer<typeof route>

const fields = { Routes: list(route) } as const

export type ServiceRouter = EntryOf<'service-router', typeof fields>

export const serviceRouter = defineEntry({
  kind: 'service-router',
  fields,
  normalize,
  check: checkRouter,
  read: name => canRead('service', name),
  write: name => canWrite('service', name),
  writeAlso: (entry: NewEntry<ServiceRouter>) => readsOf(entry, routerReferences(entry)),
})

/** The services a router sends requests to, itself included by the implied last route. */
export function routerReferences(entry: NewEntry<ServiceRouter>): ServiceId[] {
  return referencedServices(entry, [...(entry.Routes ?? []).map(each => each.Destination ?? {}), {}])
}

function normalize(entry: NewEntry<ServiceRouter>): NewEntry<ServiceRouter> {
  if (entry.Routes === undefined) return entry
  return { ...entry, Routes: entry.Routes.map(upperMethods) }
}

function upperMethods(each: ServiceRoute): ServiceRoute {
  const methods = each.Match?.HTTP?.Methods
  if (methods === undefined) return each
  const http = { ...each.Match?.HTTP, Methods: methods.map(method => method.toUpperCase()) }
  return { ...each, Match: { ...each.Match, HTTP: http } }
}
