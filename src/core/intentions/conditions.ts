// Conditions on requests and tokens, from what permissions and JWT requirements say.

import type { IntentionHeaderMatch, IntentionHttpMatch, IntentionJwt } from '../entries/service-intentions.ts'
import { Fault } from '../model/fault.ts'
import {
  allOf,
  anyOf,
  type ClaimCondition,
  type Condition,
  type HeaderCondition,
  type PathCondition,
  type Permission,
  type TextMatch,
} from './rules.ts'

/** Path, headers and methods of a permission, all of which must hold; anything when there is none. */
export function httpCondition(http: IntentionHttpMatch | undefined): Permission {
  if (http === undefined) return { kind: 'any' }
  const path = pathCondition(http)
  return allOf([
    ...(path === undefined ? [] : [path]),
    ...(http.Header ?? []).map(headerCondition),
    ...(http.Methods === undefined ? [] : [{ kind: 'method', anyOf: http.Methods } as const]),
  ])
}

function pathCondition({ PathExact, PathPrefix, PathRegex }: IntentionHttpMatch): PathCondition | undefined {
  if (PathExact !== undefined) return { kind: 'path', match: text('exact', PathExact) }
  if (PathPrefix !== undefined) return { kind: 'path', match: text('prefix', PathPrefix) }
  return PathRegex === undefined ? undefined : { kind: 'path', match: text('regex', PathRegex) }
}

function headerCondition(header: IntentionHeaderMatch): HeaderCondition {
  const match = headerMatch(header)
  return { kind: 'header', name: header.Name, ...(match ? { match } : {}), invert: header.Invert ?? false }
}

function headerMatch({ Exact, Prefix, Suffix, Contains, Regex, IgnoreCase = false }: IntentionHeaderMatch) {
  if (Exact !== undefined) return text('exact', Exact, IgnoreCase)
  if (Prefix !== undefined) return text('prefix', Prefix, IgnoreCase)
  if (Suffix !== undefined) return text('suffix', Suffix, IgnoreCase)
  if (Contains !== undefined) return text('contains', Contains, IgnoreCase)
  return Regex === undefined ? undefined : text('regex', Regex)
}

function text(form: TextMatch['form'], value: string, ignoreCase = false): TextMatch {
  return { form, text: value, ignoreCase }
}

/**
 * A token of one of the providers, with all claims asked of it; undefined when no provider is named. Throws
 * Fault('invalid') for a provider there is none of: leaving the condition out would let callers in.
 */
export function jwtCondition(
  jwt: IntentionJwt,
  issuers: ReadonlyMap<string, string>,
): Condition<ClaimCondition> | undefined {
  const [first, ...rest] = jwt.Providers.map(({ Name, VerifyClaims = [] }) => {
    const issuer = issuers.get(Name)
    if (issuer === undefined)
      throw new Fault('invalid', `an intention refers to the JWT provider "${Name}", which does not exist`)
    const claims = [{ Path: ['iss'], Value: issuer }, ...VerifyClaims]
    return allOf(
      claims.map(({ Path, Value }): ClaimCondition => ({ kind: 'claim', provider: Name, path: Path, value: Value })),
    )
  })
  return first === undefined ? undefined : anyOf([first, ...rest])
}
