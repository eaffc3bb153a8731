// Regular expressions in routes and intentions. A proxy refuses its whole configuration for one it cannot read.

import { compileRegex } from '../../lib/regex/regex.ts'

/** Why a pattern (RE2) cannot be used; undefined when it can, or when there is none. */
export function patternProblem(pattern: string | undefined): string | undefined {
  if (pattern === undefined) return undefined
  const compiled = compileRegex(pattern)
  return compiled.ok ? undefined : `is not a valid regular expression: ${compiled.message}`
}
