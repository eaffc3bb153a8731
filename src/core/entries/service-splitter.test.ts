import { expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { serviceSplitter } from './service-splitter.ts'

function decode(splits: readonly object[]) {
  return serviceSplitter.decode({ Kind: 'service-splitter', Name: 'web', Splits: splits })
}

function problem(splits: readonly object[]): string {
  const decoded = decode(splits)
  return decoded.ok ? 'accepted' : describeIssues(decoded.issues)
}

it.each([
  [[{ Weight: 100 }], 'accepted'],
  [
    [
      { Weight: 99.99, ServiceSubset: 'v1' },
      { Weight: 0.01, ServiceSubset: 'v2' },
    ],
    'accepted',
  ],
  [[], 'no splits configured'],
  [[{ Weight: 60 }, { Weight: 30, Service: 'b' }], 'the sum of all split weights must be 100, not 90.000000'],
  [[{ Weight: 101 }], 'Splits[0].Weight: invalid weight 101; allowed is 0 to 100'],
  [
    [{ Weight: 50 }, { Weight: 50, Service: 'web' }],
    'split destination occurs more than once: service="web", subset="", namespace="default", partition="default"',
  ],
])('answers the splits %j with %s', (splits, message) => {
  expect(problem(splits)).toContain(message)
})

it('rounds weights to hundredths of a percent and keeps weights of zero', () => {
  const decoded = decode([{ Weight: 33.333 }, { Weight: '66.667', Service: 'b' }, { Weight: 0, Service: 'c' }])
  expect(decoded.ok && decoded.value.Splits.map(split => split.Weight)).toEqual([33.33, 66.67, 0])
})
