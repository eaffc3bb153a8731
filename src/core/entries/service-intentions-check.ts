// The rules inside one service-intentions entry. That L7 rules need an HTTP-like destination is for the discovery chain.

import type { Issue } from '../../lib/schema.ts'
import { DEFAULT_NAMESPACE } from '../model/tenancy.ts'
import type { NewEntry } from './define-entry.ts'
import { checkMethods } from './http-method.ts'
import { pathForms } from './http-path.ts'
import { patternProblem } from './http-pattern.ts'
import type {
  IntentionHeaderMatch,
  IntentionHttpMatch,
  IntentionJwt,
  IntentionPermission,
  IntentionSource,
  ServiceIntentions,
} from './service-intentions.ts'

type Intentions = NewEntry<ServiceIntentions>

type Report = (field: string, problem: string) => void

/** Everything wrong with one entry. Fields named Legacy... may only come from the intention API (`legacy`). */
export function checkIntentions(entry: Intentions, options: { legacy?: boolean } = {}): Issue[] {
  const issues = checkDestination(entry)
  if (entry.Sources.length === 0) issues.push({ path: 'Sources', message: 'At least one source is required.' })
  const seen = new Set<string>()
  for (const [i, source] of entry.Sources.entries()) {
    const report: Report = (field, problem) => {
      const path = `Sources[${i}]${field && `.${field}`}`
      issues.push({ path, message: `${path}${problem.startsWith(':') ? '' : ' '}${problem}` })
    }
    checkSourceName(source, report)
    checkAction(entry, source, report)
    if (!options.legacy) checkNoLegacy(source, report)
    if ((source.Description ?? '').length > MAX_DESCRIPTION) report('Description', 'exceeds maximum length 512')
    const identity = JSON.stringify(sourceIdentity(source, entry))
    if (seen.has(identity)) report('', `defines "${source.Name}" more than once`)
    seen.add(identity)
  }
  return [...issues, ...checkJwt('JWT', entry.JWT)]
}

const MAX_DESCRIPTION = 512

/** What identifies a source within an entry. */
export type SourceIdentity = Pick<IntentionSource, 'Name' | 'Namespace' | 'Partition' | 'Peer' | 'SamenessGroup'>

/** What makes two sources the same one: where they are and what they are called. */
export function sourceIdentity(source: SourceIdentity, entry: Pick<Intentions, 'Partition'>): readonly string[] {
  const { Peer = '', SamenessGroup = '', Namespace = DEFAULT_NAMESPACE, Name } = source
  const partition = Peer === '' ? (source.Partition ?? entry.Partition) : ''
  return [SamenessGroup, Peer, partition, Namespace, Name]
}

function checkDestination(entry: Intentions): Issue[] {
  const issues: Issue[] = []
  for (const field of ['Name', 'Namespace'] as const) {
    if (isPartialWildcard(entry[field])) issues.push({ path: field, message: `${field}${PARTIAL_WILDCARD}` })
  }
  if (entry.Namespace === '*' && entry.Name !== '*') {
    issues.push({ path: 'Name', message: 'Name: exact value cannot follow wildcard namespace' })
  }
  return issues
}

const PARTIAL_WILDCARD = ": wildcard character '*' cannot be used with partial values"

function isPartialWildcard(text: string): boolean {
  return text !== '*' && text.includes('*')
}

function checkSourceName(source: IntentionSource, report: Report): void {
  if (source.Name === '') report('Name', 'is required')
  for (const field of ['Name', 'Namespace'] as const) {
    if (isPartialWildcard(source[field] ?? '')) report(field, PARTIAL_WILDCARD)
  }
  if (source.Namespace === '*' && source.Name !== '*') report('Name', 'exact value cannot follow wildcard namespace')
  const places = (['Peer', 'Partition', 'SamenessGroup'] as const).filter(field => source[field] !== undefined)
  for (const field of ['Partition', 'SamenessGroup'] as const) {
    if (source[field]?.includes('*')) report(field, 'cannot use or contain wildcard')
  }
  if (isPartialWildcard(source.Peer ?? '')) report('Peer', PARTIAL_WILDCARD)
  if (places.length > 1) report('', `cannot set ${places.join(' and ')} at the same time`)
}

function checkAction(entry: Intentions, source: IntentionSource, report: Report): void {
  if (source.Permissions === undefined) {
    if (source.Action === undefined) report('Action', "must be set to 'allow' or 'deny'")
    return
  }
  if (source.Action !== undefined) report('Action', 'must be omitted if Permissions are specified')
  if (entry.Name === '*' || entry.Namespace === '*') {
    report('Permissions', 'cannot be specified on intentions with wildcarded destinations')
  }
  for (const [i, permission] of source.Permissions.entries()) checkPermission(permission, `Permissions[${i}]`, report)
}

function checkPermission(permission: IntentionPermission, at: string, report: Report): void {
  if (permission.Action === undefined) report(`${at}.Action`, "must be set to 'allow' or 'deny'")
  if (permission.HTTP === undefined && permission.JWT === undefined) report(`${at}.HTTP`, 'or JWT is required')
  if (permission.HTTP !== undefined) checkHttp(permission.HTTP, `${at}.HTTP`, report)
  for (const issue of checkJwt(`${at}.JWT`, permission.JWT)) report(issue.path, issue.message)
}

function checkHttp(http: IntentionHttpMatch, at: string, report: Report): void {
  if (pathForms(http).length > 1) {
    report(at, 'should only contain at most one of PathExact, PathPrefix, or PathRegex')
  }
  for (const field of ['PathExact', 'PathPrefix'] as const) {
    const value = http[field]
    if (value !== undefined && !value.startsWith('/')) report(`${at}.${field}`, `doesn't start with '/': "${value}"`)
  }
  const pattern = patternProblem(http.PathRegex)
  if (pattern !== undefined) report(`${at}.PathRegex`, pattern)
  for (const [i, header] of (http.Header ?? []).entries()) {
    const problem = headerProblem(header) ?? patternProblem(header.Regex)
    if (problem !== undefined) report(`${at}.Header[${i}]`, problem)
  }
  for (const issue of checkMethods(`${at}.Methods`, http.Methods ?? [])) report(issue.path, issue.message)
  if (Object.keys(http).length === 0) report(at, 'should not be empty')
}

function headerProblem(header: IntentionHeaderMatch): string | undefined {
  if (header.Name === '') return 'missing required Name field'
  const forms = ['Present', 'Exact', 'Prefix', 'Suffix', 'Contains', 'Regex'] as const
  const set = forms.filter(form => header[form] !== undefined)
  if (set.length !== 1) return 'should only contain one of Present, Exact, Prefix, Suffix, Contains, or Regex'
  const cannotIgnoreCase = set[0] === 'Present' || set[0] === 'Regex'
  return header.IgnoreCase && cannotIgnoreCase
    ? 'should set one of Exact, Prefix, Suffix, or Contains when using IgnoreCase'
    : undefined
}

function checkNoLegacy(source: IntentionSource, report: Report): void {
  for (const field of ['LegacyID', 'LegacyMeta', 'LegacyCreateTime', 'LegacyUpdateTime'] as const) {
    if (source[field] !== undefined) report(field, 'must be omitted')
  }
}

function checkJwt(path: string, jwt: IntentionJwt | undefined): Issue[] {
  return (jwt?.Providers ?? []).flatMap((provider, i) => {
    const at = `${path}.Providers[${i}]`
    const issues = provider.Name === '' ? [{ path: `${at}.Name`, message: 'JWT provider name is required' }] : []
    const claims = (provider.VerifyClaims ?? []).flatMap((claim, j) => {
      return claim.Path.length > 0 ? [] : [{ path: `${at}.VerifyClaims[${j}].Path`, message: 'claim path is required' }]
    })
    return [...issues, ...claims]
  })
}
