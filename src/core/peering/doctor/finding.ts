// What a diagnosis of a peering consists of: one finding for each thing that was looked at.

/** `ok`: works. `warn`: works, or is not needed, but somebody should know. `failed`: this is why something does not work. */
export type FindingResult = 'ok' | 'warn' | 'failed'

/** The hops that are looked at, in the order in which a peering needs them. */
export const CHECKS = [
  'state',
  'names',
  'connect',
  'tls',
  'servers',
  'secret',
  'heartbeat',
  'trust',
  'gateways here',
  'exports',
  'gateways there',
  'imports',
  'upstreams',
] as const

export type Check = (typeof CHECKS)[number]

export interface Finding {
  readonly check: Check
  /** What it is about, such as an address or a service; '' where the check says enough. */
  readonly subject: string
  readonly result: FindingResult
  readonly message: string
  /** What to try; '' where nothing has to be done. */
  readonly fix: string
}

export function ok(check: Check, subject: string, message: string): Finding {
  return { check, subject, result: 'ok', message, fix: '' }
}

export function warn(check: Check, subject: string, message: string, fix = ''): Finding {
  return { check, subject, result: 'warn', message, fix }
}

export function failed(check: Check, subject: string, message: string, fix: string): Finding {
  return { check, subject, result: 'failed', message, fix }
}

/** Findings in the order of the hops; those of one hop keep theirs. */
export function inOrder<T extends Pick<Finding, 'check'>>(findings: readonly T[]): readonly T[] {
  return findings.toSorted((a, b) => CHECKS.indexOf(a.check) - CHECKS.indexOf(b.check))
}

const MOST = 20

/** At most so many of a kind: who has broken a thousand services has done it in one place. */
export function cut(findings: readonly Finding[]): readonly Finding[] {
  const [first] = findings
  if (first === undefined || findings.length <= MOST) return findings
  const rest = findings.length - MOST
  return [...findings.slice(0, MOST), { ...first, subject: '', message: `and ${rest} more`, fix: '' }]
}
