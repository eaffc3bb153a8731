import { describe, expect, it } from 'vitest'
import type { CheckDefinition, Status } from './check.ts'
import { damp, dampingLimits, UNDAMPED } from './check-damping.ts'

const SHORT: Readonly<Record<string, Status>> = { p: 'passing', w: 'warning', c: 'critical' }

/** One letter per result in, one per shown status out; `-` where the status stays. */
function shown(definition: CheckDefinition, results: string): string {
  let state = UNDAMPED
  let out = ''
  for (const letter of results) {
    const damped = damp(dampingLimits(definition), state, SHORT[letter]!)
    state = damped.state
    out += damped.status?.[0] ?? '-'
  }
  return out
}

describe('the status of a check', () => {
  it('follows every result when nothing is damped', () => {
    expect(shown({}, 'pcwcp')).toBe('pcwcp')
  })

  it('takes one result as at once', () => {
    expect(shown({ SuccessBeforePassing: 1, FailuresBeforeCritical: 1 }, 'pcp')).toBe('pcp')
  })

  it('passes after enough results in a row that are not critical', () => {
    expect(shown({ SuccessBeforePassing: 3 }, 'ppcppppw')).toBe('--c--ppw')
  })

  it('counts a warning as a success', () => {
    expect(shown({ SuccessBeforePassing: 2 }, 'wwp')).toBe('-wp')
  })

  it('fails after enough failures in a row, without a warning in between', () => {
    expect(shown({ FailuresBeforeCritical: 3 }, 'pccpcccc')).toBe('p--p--cc')
  })

  it('warns before it fails when the limits say so', () => {
    expect(shown({ FailuresBeforeWarning: 2, FailuresBeforeCritical: 4 }, 'cccccpc')).toBe('-wwccp-')
  })

  it('warns at the first failure when only the limit of the failures is higher', () => {
    expect(shown({ FailuresBeforeWarning: 1, FailuresBeforeCritical: 3 }, 'ccc')).toBe('wwc')
  })
})
