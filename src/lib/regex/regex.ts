// Regular expressions in Go's syntax (RE2), matched in time linear in the text whatever the pattern, so that patterns
// from users cannot hang the process. Answers yes or no; captures and positions are not here.

import { parseRegex } from './parse-regex.ts'
import { compileProgram, type Instruction, isMatch } from './program.ts'
import { RegexFault } from './regex-fault.ts'

/** A compiled pattern. */
export interface Regex {
  readonly source: string
  readonly program: readonly Instruction[]
}

export type RegexResult =
  | { readonly ok: true; readonly regex: Regex }
  | { readonly ok: false; readonly message: string }

const LONGEST_PATTERN = 1000

/**
 * Compiles a pattern in RE2 syntax: no backreferences and no lookaround. Refused are patterns of more than 1000 characters
 * and those whose counted repeats grow beyond 4000 steps, because a match takes up to one step of each per character.
 */
export function compileRegex(pattern: string): RegexResult {
  if (pattern.length > LONGEST_PATTERN) {
    return { ok: false, message: `pattern is longer than ${LONGEST_PATTERN} characters` }
  }
  try {
    return { ok: true, regex: { source: pattern, program: compileProgram(parseRegex(pattern)) } }
  } catch (fault) {
    if (fault instanceof RegexFault) return { ok: false, message: fault.message }
    throw fault
  }
}

/** Whether the pattern occurs anywhere in `text`; use ^ and $ to match it whole. */
export function regexMatches(regex: Regex, text: string): boolean {
  return isMatch(regex.program, text)
}
