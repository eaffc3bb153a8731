// One route of a service-router: which requests it takes, and what happens to them besides going to a cluster.

import {
  type HeaderMatcher,
  type QueryParameterMatcher,
  QueryParameterMatcherSchema,
  type RetryPolicy,
  RetryPolicySchema,
  type RouteMatch,
  RouteMatchSchema,
} from '../../gen/envoy/config/route/v3/route_components_pb.ts'
import type { RouteDestination, RouteHeaderMatch, RouteHttpMatch, RouteQueryMatch } from '../entries/service-router.ts'
import type { TextMatch } from '../intentions/rules.ts'
import { create } from './create-message.ts'
import { millisecondsOf, protoDuration } from './duration.ts'
import { matchAll } from './route.ts'
import { headerMatcher, methodMatcher, textMatcher } from './text-match.ts'

/** The match of a route; everything when it does not say. */
export function routeMatch(http: RouteHttpMatch | undefined): RouteMatch {
  if (http === undefined) return matchAll()
  const methods = http.Methods?.length ? [methodMatcher(http.Methods)] : []
  return create(RouteMatchSchema, {
    pathSpecifier: pathSpecifier(http),
    caseSensitive: http.CaseInsensitive ? false : undefined,
    headers: [...(http.Header ?? []).map(headerOf), ...methods],
    queryParameters: (http.QueryParam ?? []).map(queryOf),
  })
}

function pathSpecifier({ PathExact, PathPrefix, PathRegex }: RouteHttpMatch) {
  if (PathExact) return { case: 'path', value: PathExact } as const
  if (PathRegex) return { case: 'safeRegex', value: { regex: PathRegex } } as const
  return { case: 'prefix', value: PathPrefix || '/' } as const
}

function headerOf({ Name, Exact, Prefix, Suffix, Regex, Invert = false }: RouteHeaderMatch): HeaderMatcher {
  const match = text('exact', Exact) ?? text('prefix', Prefix) ?? text('suffix', Suffix) ?? text('regex', Regex)
  return headerMatcher({ name: Name, match, invert: Invert })
}

function queryOf({ Name, Exact, Regex }: RouteQueryMatch): QueryParameterMatcher {
  const match = text('exact', Exact) ?? text('regex', Regex)
  return create(QueryParameterMatcherSchema, {
    name: Name,
    queryParameterMatchSpecifier:
      match === undefined ? { case: 'presentMatch', value: true } : { case: 'stringMatch', value: textMatcher(match) },
  })
}

function text(form: TextMatch['form'], value: string | undefined): TextMatch | undefined {
  return value ? { form, text: value, ignoreCase: false } : undefined
}

/** Rewriting, timeouts and retries of a route's destination; a negative timeout means none at all. */
export function destinationAction(destination: RouteDestination | undefined) {
  return {
    prefixRewrite: destination?.PrefixRewrite ?? '',
    timeout: timeoutOf(destination?.RequestTimeout),
    idleTimeout: timeoutOf(destination?.IdleTimeout),
    retryPolicy: destination && retryPolicy(destination),
  }
}

function timeoutOf(duration: string | undefined) {
  const milliseconds = millisecondsOf(duration)
  return milliseconds === undefined || milliseconds === 0 ? undefined : protoDuration(Math.max(0, milliseconds))
}

function retryPolicy(destination: RouteDestination): RetryPolicy | undefined {
  const { NumRetries = 0, RetryOnConnectFailure = false, RetryOn = [], RetryOnStatusCodes = [] } = destination
  if (NumRetries === 0 && !RetryOnConnectFailure && RetryOn.length === 0 && RetryOnStatusCodes.length === 0) {
    return undefined
  }
  const conditions = [
    ...RetryOn,
    ...(RetryOnConnectFailure ? ['connect-failure'] : []),
    ...(RetryOnStatusCodes.length > 0 ? ['retriable-status-codes'] : []),
  ]
  return create(RetryPolicySchema, {
    numRetries: NumRetries > 0 ? NumRetries : undefined,
    retryOn: conditions.join(','),
    retriableStatusCodes: [...RetryOnStatusCodes],
  })
}
