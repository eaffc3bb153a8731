// The rules inside one service-router.

import type { Issue } from '../../lib/schema.ts'
import type { NewEntry } from './define-entry.ts'
import { checkMethods } from './http-method.ts'
import { pathForms } from './http-path.ts'
import { patternProblem } from './http-pattern.ts'
import type {
  RouteDestination,
  RouteHeaderMatch,
  RouteHttpMatch,
  RouteQueryMatch,
  ServiceRoute,
  ServiceRouter,
} from './service-router.ts'

/** Everything wrong with one router. */
export function checkRouter(entry: NewEntry<ServiceRouter>): Issue[] {
  return (entry.Routes ?? []).flatMap((route, i) => [
    ...checkMatch(`Route[${i}]`, `Routes[${i}].Match.HTTP`, route.Match?.HTTP ?? {}),
    ...checkDestination(i, route),
  ])
}

function checkMatch(name: string, path: string, match: RouteHttpMatch): Issue[] {
  const issues: Issue[] = []
  const report = (field: string, problem: string) => issues.push({ path: path + field, message: `${name} ${problem}` })
  if (pathForms(match).length > 1) report('', 'should only contain at most one of PathExact, PathPrefix, or PathRegex')
  for (const field of ['PathExact', 'PathPrefix'] as const) {
    const value = match[field]
    if (value !== undefined && !value.startsWith('/'))
      report(`.${field}`, `${field} doesn't start with '/': "${value}"`)
  }
  const pattern = patternProblem(match.PathRegex)
  if (pattern !== undefined) report('.PathRegex', `PathRegex ${pattern}`)
  for (const [i, header] of (match.Header ?? []).entries()) {
    const problem = headerProblem(header) ?? patternProblem(header.Regex)
    if (problem !== undefined) report(`.Header[${i}]`, `Header[${i}] ${problem}`)
  }
  for (const [i, param] of (match.QueryParam ?? []).entries()) {
    const problem = queryProblem(param) ?? patternProblem(param.Regex)
    if (problem !== undefined) report(`.QueryParam[${i}]`, `QueryParam[${i}] ${problem}`)
  }
  return [...issues, ...checkMethods(`${path}.Methods`, match.Methods ?? [])]
}

function headerProblem(header: RouteHeaderMatch): string | undefined {
  if (header.Name === '') return 'missing required Name field'
  const set = (['Present', 'Exact', 'Prefix', 'Suffix', 'Regex'] as const).filter(form => header[form] !== undefined)
  return set.length === 1 ? undefined : 'should only contain one of Present, Exact, Prefix, Suffix, or Regex'
}

function queryProblem(param: RouteQueryMatch): string | undefined {
  if (param.Name === '') return 'missing required Name field'
  const set = (['Present', 'Exact', 'Regex'] as const).filter(form => param[form] !== undefined)
  return set.length === 1 ? undefined : 'should only contain one of Present, Exact, or Regex'
}

const RETRY_CONDITIONS = [
  '5xx',
  'gateway-error',
  'reset',
  'connect-failure',
  'envoy-ratelimited',
  'retriable-4xx',
  'refused-stream',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
]

function checkDestination(i: number, route: ServiceRoute): Issue[] {
  const destination: RouteDestination = route.Destination ?? {}
  const path = `Routes[${i}].Destination`
  const match = route.Match?.HTTP
  const issues = (destination.RetryOn ?? []).flatMap((condition, j) => {
    if (RETRY_CONDITIONS.includes(condition)) return []
    const allowed = RETRY_CONDITIONS.join(', ')
    const message = `Route[${i}] contains an invalid retry condition: "${condition}"; allowed are ${allowed}`
    return [{ path: `${path}.RetryOn[${j}]`, message }]
  })
  if (destination.PrefixRewrite && !match?.PathExact && !match?.PathPrefix) {
    const message = `Route[${i}] cannot make use of PrefixRewrite without configuring either PathExact or PathPrefix`
    issues.push({ path: `${path}.PrefixRewrite`, message })
  }
  return issues
}
