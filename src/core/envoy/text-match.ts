// Comparing texts and headers, in Envoy's matchers.

import { type HeaderMatcher, HeaderMatcherSchema } from '../../gen/envoy/config/route/v3/route_components_pb.ts'
import { type StringMatcher, StringMatcherSchema } from '../../gen/envoy/type/matcher/v3/string_pb.ts'
import type { TextMatch } from '../intentions/rules.ts'
import { create } from './create-message.ts'

export function textMatcher({ form, text, ignoreCase }: TextMatch): StringMatcher {
  const matchPattern =
    form === 'regex' ? ({ case: 'safeRegex', value: { regex: text } } as const) : ({ case: form, value: text } as const)
  // Regular expressions say for themselves whether case counts; Envoy refuses the flag on them.
  return create(StringMatcherSchema, { matchPattern, ignoreCase: form === 'regex' ? false : ignoreCase })
}

export interface HeaderMatch {
  readonly name: string
  /** Absent: the header only has to be there. */
  readonly match?: TextMatch | undefined
  readonly invert: boolean
}

export function headerMatcher({ name, match, invert }: HeaderMatch): HeaderMatcher {
  return create(HeaderMatcherSchema, {
    name,
    invertMatch: invert,
    headerMatchSpecifier:
      match === undefined ? { case: 'presentMatch', value: true } : { case: 'stringMatch', value: textMatcher(match) },
  })
}

/** Requests with one of the methods. */
export function methodMatcher(methods: readonly string[]): HeaderMatcher {
  const match: TextMatch = { form: 'regex', text: methods.join('|'), ignoreCase: false }
  return headerMatcher({ name: ':method', match, invert: false })
}
